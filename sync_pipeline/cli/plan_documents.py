"""What `plan` answers, as a plain document."""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sync_pipeline.adapters.logs import configure_logs
from sync_pipeline.adapters.parquet.scratch import ScratchStore
from sync_pipeline.adapters.scratch_folders import scratch_folder
from sync_pipeline.adapters.sql.frozen import FrozenState
from sync_pipeline.domain.change import ChangeCounts
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.errors import SyncError
from sync_pipeline.stages.context import destination_name, quota_rule
from sync_pipeline.stages.plan import Plan, Stored, StreamPlan, make_plan
from sync_pipeline.stages.plan.sample import FieldChange, SampledChange
from sync_pipeline.telemetry import span
from sync_pipeline.workplace import Workplace

SHORTEST_SHOWN = 3  # of a shorter value, such as a month of birth, its first character would say too much


def plan_document(customer_id: str, *, show_values: bool, recipe: Path | None = None) -> dict[str, Any]:
    """The plan of a customer in the words of DESIGN section 8; `error` when a stream could not be planned.

    Raises:
        ConfigurationError: there is no such customer, its files have problems, or it does not use this recipe.
    """
    configure_logs()
    with scratch_folder() as scratch:
        return document_of(planned(Workplace(), customer_id, scratch, recipe), show_values=show_values)


def planned(workplace: Workplace, customer_id: str, scratch: Path, recipe: Path | None = None) -> Plan:
    """Plan a customer; everything that has to be written on the way goes into `scratch`."""
    customer = workplace.customer(customer_id, recipe)
    with workplace.frozen(scratch) as state:
        return asyncio.run(plan_from(workplace, state, customer, scratch))


async def plan_from(workplace: Workplace, state: FrozenState, customer: Customer, scratch: Path) -> Plan:
    stored = Stored(
        positions=state.positions,
        cuts=state.cuts,
        operations=state.open_operations(customer.id),
        picture=state.quota.picture(destination_name(customer), quota_rule(customer)),
        different_since=state.held.different_since,
        crm_ids=state.crm_ids,
        accepted_people=partial(state.accepted_people, customer.id),
    )
    snapshots = ScratchStore(workplace.settings.data_folder, scratch / "data")
    open_source = partial(workplace.open_source, customer, memory=state.pace_memory)
    with span("plan", customer=customer.id):
        return await make_plan(customer, stored, snapshots, open_source, workplace.clock)


def document_of(plan: Plan, *, show_values: bool) -> dict[str, Any]:
    """`requests_total` counts like the run report's: requests to Virtuous and to the sources."""
    requests = plan.requests_by_endpoint
    document = {
        "customer_id": plan.customer_id,
        "changes": changes(plan.counts),
        "unchanged": plan.counts.unchanged,
        "held": plan.held,
        "requests": requests,
        "requests_total": sum(requests.values()) + plan.source_requests,
        "source_requests": plan.source_requests,
        "hours": round(plan.forecast.hours, 4),
        "starts_at": plan.forecast.starts_at.isoformat(),
        "finishes_at": plan.forecast.finishes_at.isoformat(),
        "waiting_after_slot": plan.forecast.waiting_after_slot,
        "sample": [sample_entry(change, show_values=show_values) for change in plan.sample],
        "backlog": plan.backlog,
        "streams": {stream.stream: stream_entry(stream) for stream in plan.streams},
    }
    return document if plan.error is None else {**document, "error": error_entry(plan.error)}


def changes(counts: ChangeCounts) -> dict[str, int]:
    return {"create": counts.creates, "update": counts.updates, "delete": counts.deletes}


def stream_entry(stream: StreamPlan) -> dict[str, Any]:
    """`rows` are those of this read; `complete`: it held every record there is, so that a missing one is gone.

    `held` is there when a person would have to approve the changes first: no request for them is in the plan.
    """
    entry: dict[str, Any] = {
        "changes": changes(stream.counts),
        "unchanged": stream.counts.unchanged,
        "rows": 0 if stream.read is None else stream.read.rows,
        "complete": stream.read is not None and stream.read.proven,
    }
    if stream.held is not None:
        entry["held"] = stream.held
    return entry if stream.error is None else {**entry, "error": error_entry(stream.error)}


def error_entry(error: SyncError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "remedy": error.remedy}


def sample_entry(change: SampledChange, *, show_values: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {"stream": change.stream, "key": change.key, "kind": change.kind.value}
    if change.problem is not None:
        entry["problem"] = change.problem
    shown = {name: field_entry(field, show_values=show_values) for name, field in change.fields.items()}
    return {**entry, "fields": shown}


def field_entry(field: FieldChange, *, show_values: bool) -> dict[str, Any]:
    masked = field.is_personal and not show_values
    values = {"old": field.old, "new": field.new} if field.is_known else {"new": field.new}
    return {name: mask(value) if masked else value for name, value in values.items()}


def mask(value: object) -> str | None:
    """The first character and the length: enough to recognise a value one knows. None stays None."""
    if value is None:
        return None
    text = ";".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)
    return f"{text[:1] if len(text) >= SHORTEST_SHOWN else ''}…({len(text)})"
