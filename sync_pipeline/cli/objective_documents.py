"""What `status` says of objectives: of thirty days, what was reached, and what may still go wrong."""

from collections.abc import Mapping
from typing import Any

from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.objectives import DAYS, Budget, Budgets, Past, budgets, of_everybody
from sync_pipeline.workplace import Workplace


def objectives_entry(workplace: Workplace, customer: Customer, past: Past | None) -> dict[str, Any] | None:
    """None for who has never run."""
    return None if past is None else _document(budgets(customer, past, workplace.clock.now()))


def fleet_objectives(workplace: Workplace, customers: Mapping[str, Customer]) -> dict[str, Any]:
    """Of everybody together, and who has nothing left."""
    pasts, now = workplace.state.objectives.past(), workplace.clock.now()
    each = {name: budgets(customer, pasts[name], now) for name, customer in customers.items() if name in pasts}
    used_up = sorted(name for name, one in each.items() if one.is_used_up)
    return {**_document(of_everybody(each.values())), "used_up": used_up}


def _document(told: Budgets) -> dict[str, Any]:
    return {"days": DAYS, "completion": _budget(told.completion), "freshness": _budget(told.freshness)}


def _budget(budget: Budget) -> dict[str, Any]:
    return {
        "objective": round(budget.objective, 4),
        "reached": None if budget.reached is None else round(budget.reached, 4),
        "total": round(budget.total, 1),
        "spent": round(budget.spent, 1),
        "left": round(budget.left, 1),
    }
