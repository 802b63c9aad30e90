"""A fleet of many customers, whose histories are copies of one that was really synced: each as somebody else's."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Table, insert, select

from sync_pipeline.adapters.sql.permits import Budget
from sync_pipeline.adapters.sql.tables import breakers, destinations, ledger, positions, quota_events, runs
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.stages.context import destination_name
from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, Deployment

PLACES = ("river", "harbor", "maple-street", "saint-elizabeth-of-the-valley", "north", "lakeside", "old-mill", "kin")
PURPOSES = ("food-bank", "shelter", "library", "community-kitchen-and-garden", "hospice", "animal-rescue", "arts")
DEAD_OF_EVERY, PAUSED_OF_EVERY, NEVER_OF_EVERY = 9, 17, 23
MOST_REQUESTS = 60
NEWEST_RUNS = 40


def crowd(deployment: Deployment, size: int) -> dict[str, Customer]:
    """So many customers: some need a person, some are paused, some were never synced."""
    name = destination_name(deployment.customer)
    now = deployment.clock.now()
    rows: dict[Table, list[dict[str, Any]]] = {}
    with deployment.workplace.state.database.write() as connection:
        kept = {
            table: [dict(row) for row in connection.execute(select(table)).mappings() if row["customer_id"] == CUSTOMER]
            for table in (runs, positions, ledger)
        }
        history = [row for row in kept[runs] if row["layer"] == "nightly" and row["completed_at"]][-NEWEST_RUNS:]
        dead = [row for row in kept[ledger] if row["state"] == "dead"][:3]
        for number, customer_id in enumerate(names(size)):
            mine = {"customer_id": customer_id}
            if number % NEVER_OF_EVERY == NEVER_OF_EVERY - 1:
                continue
            run = history[-1 - number % len(history)]
            began = now - timedelta(minutes=37 * (number % 30) + 5)
            took = (run["completed_at"] - run["started_at"]) * (1 + number % 13 * 9)
            rows.setdefault(runs, []).append(
                run | mine | {"run_id": f"nightly-{number}", "started_at": began, "completed_at": began + took}
            )
            age = timedelta(hours=number % 19 * 3)
            rows.setdefault(positions, []).extend(
                row | mine | {"accounted_at": now - age} for row in kept[positions] if row["accounted_at"]
            )
            if number % DEAD_OF_EVERY == 1:
                without_id = [{name: value for name, value in row.items() if name != "operation_id"} for row in dead]
                rows.setdefault(ledger, []).extend(row | mine for row in without_id)
            if number % PAUSED_OF_EVERY == 2:
                reason = "3 runs in a row failed"
                state = {"consecutive_failures": 3, "paused_until": None, "reason": reason, "needs_person": True}
                rows.setdefault(breakers, []).append(mine | state | {"updated_at": now})
            place = {"host": name.host, "organization_id": 7_000 + number, "organization_name": customer_id}
            rows.setdefault(destinations, []).append(mine | place)
            key = Budget(replace(name, customer_id=customer_id), 7_000 + number).key
            asked = {"destination": key, "run_id": f"nightly-{number}", "endpoint": "POST /api/Contact/Batch"}
            rows.setdefault(quota_events, []).extend(
                mine | asked | {"at": began + took * part / MOST_REQUESTS} for part in range(number * 7 % MOST_REQUESTS)
            )
        for table, added in rows.items():
            connection.execute(insert(table), added)
    template = deployment.customer
    return {template.id: template, **{one: template.model_copy(update={"id": one}) for one in names(size)}}


def names(size: int) -> list[str]:
    """Ids as nonprofits have them: short and long."""
    pairs = [f"{place}-{purpose}" for purpose in PURPOSES for place in PLACES]
    return [f"{pairs[number % len(pairs)]}{number // len(pairs) or ''}" for number in range(size - 1)]


def first(customers: Mapping[str, Customer], number: int) -> dict[str, Customer]:
    return dict(list(customers.items())[:number])
