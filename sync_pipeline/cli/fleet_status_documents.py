"""What `status --fleet` answers: when the next nights begin, hour by hour, and what they took last time."""

from collections import Counter
from datetime import datetime
from typing import Any

from sync_pipeline.cli.objective_documents import fleet_objectives
from sync_pipeline.cli.output import moment_text
from sync_pipeline.domain.platforms import PlatformState
from sync_pipeline.domain.slots import next_slot
from sync_pipeline.workplace import Workplace

LANES = ("premium", "standard")


def fleet_status_document() -> dict[str, Any]:
    """The planned load of the fleet until every customer's next slot has come.

    `requests` are those of each customer's newest finished night; a customer without one counts for none.

    Raises:
        ConfigurationError: the customers' folder cannot be read.
    """
    workplace = Workplace()
    try:
        fleet, now = workplace.fleet(), workplace.clock.now()
        facts = workplace.state.fleet.facts(())
        requests = workplace.state.days.requests_of_last_nights()
        down = workplace.state.platforms.down()
        objectives = fleet_objectives(workplace, fleet.customers)
    finally:
        workplace.close()
    running = [customer for customer in fleet.customers.values() if customer.id not in facts.paused]
    begin: Counter[tuple[datetime, str]] = Counter()
    asked: Counter[datetime] = Counter()
    for customer in running:
        hour = next_slot(customer, now).replace(minute=0, second=0, microsecond=0)
        begin[hour, customer.lane] += 1
        asked[hour] += requests.get(customer.id, 0)
    return {
        "customers": len(fleet.customers),
        "paused": sorted(facts.paused & fleet.customers.keys()),
        "broken": sorted(fleet.broken),
        "platforms_down": {name: _platform(state) for name, state in sorted(down.items())},
        "objectives": objectives,
        "without_a_night": sum(customer.id not in requests for customer in running),
        "hours": [
            {"hour": hour.isoformat(), **{lane: begin[hour, lane] for lane in LANES}, "requests": asked[hour]}
            for hour in sorted({hour for hour, _ in begin})
        ],
    }


def _platform(state: PlatformState) -> dict[str, Any]:
    return {
        "trouble": state.trouble.value,
        "since": state.since.isoformat(),
        "tried_next_at": moment_text(state.probe_at),
        "failed_first": list(state.failing),
    }
