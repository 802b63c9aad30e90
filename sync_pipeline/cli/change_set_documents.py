"""What the `change-sets` commands do and answer: ids, kinds and field groups, never values."""

import uuid
from typing import Any

from sync_pipeline.cli.pause_documents import person
from sync_pipeline.domain.change import Change
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.cut import StreamName
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.domain.positions import CutRow, CutState
from sync_pipeline.domain.run import Layer, Run
from sync_pipeline.stages.change_set.discarding import discard_change_set
from sync_pipeline.workplace import Workplace

OPEN = (CutState.HELD, CutState.APPROVED)


def listed(customer_id: str) -> dict[str, Any]:
    """What is held, and what was approved and not sent yet.

    Raises:
        ConfigurationError: there is no such customer.
    """
    workplace = Workplace()
    try:
        customer = workplace.customer(customer_id)
        return {
            "customer_id": customer.id,
            "change_sets": [change_set_entry(row) for row in workplace.state.held.rows(customer.id, OPEN)],
        }
    finally:
        workplace.close()


def shown(customer_id: str, cut: int, limit: int) -> dict[str, Any]:
    """The first `limit` changes of a change set, by key.

    Raises:
        ConfigurationError: there is no such customer, no such change set, or its details were pruned.
    """
    workplace = Workplace()
    try:
        customer = workplace.customer(customer_id)
        rows = workplace.state.held.rows(customer.id, [*OPEN, CutState.DISCARDED, CutState.PLANNED, CutState.READY])
        row = next((row for row in rows if row["cut"] == cut), None)
        if row is None:
            raise _unknown(customer, cut)
        if row["pruned_at"] is not None:
            raise _pruned(customer, row)
        found_nothing = sum(row[kind] or 0 for kind in ("creates", "updates", "deletes")) == 0
        name = StreamName(customer.id, row["stream"])
        frames = () if found_nothing else workplace.snapshots.change_set(name, cut)
        changes = sorted(
            (Change.from_row(one) for frame in frames for one in frame.iter_rows(named=True)),
            key=lambda change: (len(change.key), change.key),
        )
        return {
            "customer_id": customer.id,
            **change_set_entry(row),
            "changes": [
                {
                    "key": change.key,
                    "kind": change.kind.value,
                    "reference": change.reference,
                    "field_groups": sorted(change.fingerprints),
                    "problem": change.problem,
                }
                for change in changes[:limit]
            ],
        }
    finally:
        workplace.close()


def approved(customer_id: str, cut: int) -> dict[str, Any]:
    """Agree to a held change set: the next run sends what is still the same.

    Raises:
        ConfigurationError: there is no such customer, or the change set is not held.
    """
    workplace = Workplace()
    try:
        customer = workplace.customer(customer_id)
        held = _held(workplace, customer, cut)
        if not workplace.state.held.approve(customer.id, held.cut, person()):
            raise _unknown(customer, cut)
        return {"customer_id": customer.id, "cut": held.cut, "stream": held.stream, "state": CutState.APPROVED.value}
    finally:
        workplace.close()


def discarded(customer_id: str, cut: int) -> dict[str, Any]:
    """Say no to everything in a held change set.

    Raises:
        BusyError: the customer is being synced.
        ConfigurationError: there is no such customer, or the change set is not held.
    """
    workplace = Workplace()
    try:
        customer = workplace.customer(customer_id)
        held = _held(workplace, customer, cut)
        with workplace.deciding(customer, Run(customer.id, held.run_id, Layer.NIGHTLY, uuid.uuid4().hex)) as context:
            discard_change_set(context, held, person())
        return {"customer_id": customer.id, "cut": held.cut, "stream": held.stream, "state": CutState.DISCARDED.value}
    finally:
        workplace.close()


def change_set_entry(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "cut": row["cut"],
        "stream": row["stream"],
        "state": row["state"],
        "creates": row["creates"],
        "updates": row["updates"],
        "deletes": row["deletes"],
        "unchanged": row["unchanged"],
        "reason": row["held"],
        "approved_by": row["approved_by"],
        "read_at": None if row["read_completed_at"] is None else row["read_completed_at"].isoformat(),
        "run_id": row["run_id"],
    }


def _held(workplace: Workplace, customer: Customer, cut: int) -> CutRow:
    held = workplace.state.cuts.cuts(customer.id, [CutState.HELD])
    found = next((one for one in held if one.cut == cut), None)
    if found is None:
        raise _unknown(customer, cut)
    return found


def _pruned(customer: Customer, row: dict[str, Any]) -> ConfigurationError:
    return ConfigurationError(
        f"The details of change set {row['cut']} were pruned on {row['pruned_at']:%Y-%m-%d %H:%M} UTC: it was over, "
        f"and older than {customer.id} keeps them for ({customer.retention.change_sets_days} days now).",
        f"`sync-pipeline report {customer.id} --run {row['run_id']}` still has its numbers.",
    )


def _unknown(customer: Customer, cut: int) -> ConfigurationError:
    return ConfigurationError(
        f"{customer.id} has no change set {cut} that waits for a decision.",
        f"`sync-pipeline change-sets list {customer.id}` names them; a later run may have put a newer one there.",
    )
