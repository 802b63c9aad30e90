"""What `status` and `report` answer, as plain documents."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping

from sync_pipeline.cli.change_set_documents import OPEN, change_set_entry
from sync_pipeline.cli.objective_documents import objectives_entry
from sync_pipeline.cli.output import moment_text
from sync_pipeline.cli.page_documents import fresh_page, known_page
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.domain.positions import CutState
from sync_pipeline.domain.report import FAILURE_DETAILS, exit_code
from sync_pipeline.domain.run import RunStatus
from sync_pipeline.domain.slots import next_slot
from sync_pipeline.ports import PaceMemory, WaitingGroup
from sync_pipeline.stages.context import destination_name, quota_rule
from sync_pipeline.stages.run_report import reading_progress
from sync_pipeline.workplace import Workplace


def status_document(customer_id: str | None) -> dict[str, Any]:
    """The entry of one customer, or `customers` with one entry each (DESIGN section 8).

    Raises:
        ConfigurationError: there is no such customer, or its files have problems.
    """
    workplace = Workplace()
    try:
        if customer_id is not None:
            return _entries(workplace, [workplace.customer(customer_id)])[0]
        return {"customers": _entries(workplace, list(workplace.fleet().customers.values()))}
    finally:
        workplace.close()


def _entries(workplace: Workplace, customers: Sequence[Customer]) -> list[dict[str, Any]]:
    pasts = workplace.state.objectives.past([customer.id for customer in customers])
    return [
        status_entry(workplace, customer)
        | {"objectives": objectives_entry(workplace, customer, pasts.get(customer.id))}
        for customer in customers
    ]


def status_entry(workplace: Workplace, customer: Customer) -> dict[str, Any]:
    state, now = workplace.state, workplace.clock.now()
    positions = {
        name: state.positions.position(customer.id, stream.source, name) for name, stream in customer.streams.items()
    }
    ages = [position.accounted_at for position in positions.values()]
    last = state.runs.run(customer.id)
    breaker = state.breakers.breaker(customer.id)
    picture = state.quota.picture(destination_name(customer), quota_rule(customer))
    return {
        "customer_id": customer.id,
        "checkpoint": {name: position.reached for name, position in positions.items()},
        "read_position": {name: moment_text(position.read_position) for name, position in positions.items()},
        "checkpoint_age_seconds": (
            None
            if not ages or any(age is None for age in ages)
            else round(max((now - age).total_seconds() for age in ages if age is not None), 1)
        ),
        "last_run": None
        if last is None
        else {
            "run_id": last["run_id"],
            "layer": last["layer"],
            "status": status_now(workplace, last),
            "started_at": moment_text(last["started_at"]),
            "completed_at": moment_text(last["completed_at"]),
            "resume_at": moment_text(last["resume_at"]),
            "stage_failures": (last["report"] or {}).get("stage_failures", []),
            "warnings": (last["report"] or {}).get("warnings", []),
        },
        "reading": reading_entry(workplace, last),
        "ledger": state.ledger_counts(customer.id),
        "held": [change_set_entry(row) for row in state.held.rows(customer.id, OPEN)],
        "waiting": [waiting_entry(group) for group in state.waiting_groups(customer.id)],
        "needs_a_person": state.standing_failures(customer.id, FAILURE_DETAILS),
        "quota": {"used": picture.used, "limit": picture.limit, "resets_at": moment_text(picture.resets_at)},
        "source_quota": {name: pace_entry(state.pace_memory(customer.id, name)) for name in customer.sources},
        "breaker": {
            "consecutive_failures": breaker.consecutive_failures,
            "paused": breaker.is_paused(now),
            "reason": breaker.reason,
            "needs_person": breaker.needs_person,
        },
        "paused_until": moment_text(breaker.paused_until) if breaker.is_paused(now) else None,
        "next_slot": moment_text(next_slot(customer, now)),
    }


def reading_entry(workplace: Workplace, last: RowMapping | None) -> dict[str, Any]:
    """How far the reads of a run are that is at work or parked; what a failed one has left is nothing to wait for."""
    if last is None or status_now(workplace, last) not in (RunStatus.RUNNING, RunStatus.PARKED):
        return {}
    cuts, _, _ = workplace.state.cuts.cuts_of_run(last["customer_id"], last["run_id"])
    return reading_progress(cuts, workplace.clock.now())


def pace_entry(memory: PaceMemory) -> dict[str, Any] | None:
    """What is known about how fast a source may be asked; None when nothing ever limited it."""
    record = memory.recall()
    if record is None:
        return None
    return {
        "requests": record.pace.requests,
        "window_seconds": record.pace.window.total_seconds(),
        "blocked_until": moment_text(record.pace.blocked_until),
    }


def waiting_entry(group: WaitingGroup) -> dict[str, Any]:
    """`examples` name a few of the records waited for, by their reference."""
    return {
        "kind": group.kind,
        "action": group.action,
        "waits_for": group.waits_for,
        "operations": group.operations,
        "since": moment_text(group.since),
        "examples": list(group.examples),
    }


def status_now(workplace: Workplace, run: RowMapping) -> str:
    """A run whose process was killed stays `running` in the store until the next one closes it."""
    dead = run["status"] == RunStatus.RUNNING and not workplace.state.leases.is_held(run["customer_id"])
    return RunStatus.FAILED.value if dead else run["status"]


def status_exit_code(entry: dict[str, Any]) -> int:
    """The exit code of `status CUSTOMER`; a customer that never ran has work left."""
    if entry["breaker"]["paused"]:
        return exit_code(RunStatus.PAUSED, entry["ledger"])
    last = entry["last_run"]
    if last is None:
        return exit_code(RunStatus.PARKED, entry["ledger"])
    if last["status"] == RunStatus.RUNNING:
        return exit_code(RunStatus.BUSY, entry["ledger"])
    status = RunStatus(last["status"])
    if status == RunStatus.HELD and all(held["state"] != CutState.HELD for held in entry["held"]):
        # A person has decided since: what was approved is sent by the next run, what was discarded is over.
        status = RunStatus.PARKED if entry["held"] else RunStatus.DONE
    return exit_code(status, entry["ledger"])


def report_document(customer_id: str, run_id: str | None, *, with_page: bool = False) -> dict[str, Any]:
    """The stored report of a run, and where its page is; `with_page` makes one where it is missing or out of date.

    Raises:
        ConfigurationError: there is no such run, it has not ended yet, or its page cannot be written.
    """
    workplace = Workplace()
    try:
        customer = workplace.customer(customer_id)
        row = workplace.state.runs.run(customer_id, run_id)
        if row is None:
            raise ConfigurationError(
                f"{customer_id} has no run {run_id}." if run_id else f"{customer_id} has never run.",
                f"`sync-pipeline status {customer_id}` names the newest run; `sync-pipeline run {customer_id}` "
                "starts one.",
            )
        if row["report"] is None:
            raise ConfigurationError(
                f"The run {row['run_id']} left no report: it is still working, or its process was killed.",
                f"Run `sync-pipeline run {customer_id}`: it goes on where that one stopped.",
            )
        run = workplace.state.history.run(customer_id, row["run_id"]) if with_page else None
        page = (
            known_page(workplace, customer_id, row["run_id"]) if run is None else fresh_page(workplace, customer, run)
        )
        return {**row["report"], "page": None if page is None else str(page)}
    finally:
        workplace.close()
