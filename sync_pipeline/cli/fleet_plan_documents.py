"""What `plan --all` answers, as a plain document."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sync_pipeline.adapters.logs import configure_logs
from sync_pipeline.adapters.scratch_folders import scratch_folder
from sync_pipeline.adapters.sql.frozen import FrozenState
from sync_pipeline.cli.plan_documents import changes, error_entry, plan_from
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.errors import ConfigurationError, SyncError
from sync_pipeline.stages.context import destination_name, quota_rule
from sync_pipeline.stages.plan.fleet import PlannedHour, PlannedNight, hours_of, night_of
from sync_pipeline.workplace import Workplace

AT_ONCE = 4
"""Customers whose sources are read at the same time; their comparisons come one after the other."""


def fleet_plan_document() -> dict[str, Any]:
    """The next night of every customer, and of the fleet hour by hour; `error` when some could not be planned.

    Raises:
        ConfigurationError: the folder has no customer.
    """
    configure_logs()
    workplace = Workplace()
    fleet = workplace.fleet()
    if not fleet.customers and not fleet.broken:
        raise ConfigurationError(
            f"There is no customer in {workplace.settings.customers}.", "Add a file, or set SYNC_CUSTOMERS."
        )
    now = workplace.clock.now()
    with (
        scratch_folder() as scratch,
        workplace.frozen(scratch) as state,
    ):
        planned = asyncio.run(_nights(workplace, state, fleet.customers.values(), scratch, now))
    nights = sorted((night for night in planned if isinstance(night, PlannedNight)), key=lambda night: night.starts_at)
    failed = {
        **{customer_id: _broken(customer_id) for customer_id in fleet.broken},
        **{
            customer_id: night
            for customer_id, night in zip(fleet.customers, planned, strict=True)
            if isinstance(night, SyncError)
        },
    }
    entries = [
        *(night_entry(night) for night in nights),
        *({"customer_id": customer_id, "error": error_entry(error)} for customer_id, error in failed.items()),
    ]
    document = {
        "planned_at": now.isoformat(),
        "requests": sum(len(night.plan.requests) for night in nights),
        "source_requests": sum(night.plan.source_requests for night in nights),
        "finishes_at": max((night.finishes_at for night in nights), default=now).isoformat(timespec="seconds"),
        "hours": [hour_entry(hour) for hour in hours_of(nights)],
        "customers": entries,
    }
    errors = [entry["error"] for entry in entries if "error" in entry]
    return document if not errors else {**document, "error": errors[0]}


async def _nights(
    workplace: Workplace, state: FrozenState, customers: Iterable[Customer], scratch: Path, now: datetime
) -> list[PlannedNight | SyncError]:
    """All of them from one moment of the state store; one customer's trouble is told in its own entry."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def night(customer: Customer) -> PlannedNight | SyncError:
        async with gate:
            try:
                with TemporaryDirectory(dir=scratch) as mine:
                    plan = await plan_from(workplace, state, customer, Path(mine))
            except SyncError as error:
                return error
        picture = state.quota.picture(destination_name(customer), quota_rule(customer))
        return night_of(customer, plan, picture, now)

    return await asyncio.gather(*(night(customer) for customer in customers))


def _broken(customer_id: str) -> SyncError:
    return ConfigurationError(
        f"The files of {customer_id} have problems.",
        f"`sync-pipeline customers validate {customer_id}` names them all.",
    )


def hour_entry(hour: PlannedHour) -> dict[str, Any]:
    return {
        "hour": hour.hour.isoformat(),
        "starting": hour.starting,
        "unfinished": hour.unfinished,
        "requests": hour.requests,
    }


def night_entry(night: PlannedNight) -> dict[str, Any]:
    plan = night.plan
    entry = {
        "customer_id": plan.customer_id,
        "starts_at": night.starts_at.isoformat(timespec="seconds"),
        "finishes_at": night.finishes_at.isoformat(timespec="seconds"),
        "changes": changes(plan.counts),
        "requests": len(plan.requests),
        "source_requests": plan.source_requests,
        "held": plan.held,
    }
    return entry if plan.error is None else {**entry, "error": error_entry(plan.error)}
