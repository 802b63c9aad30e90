"""Confirming: which accepted operations Virtuous still has to show, and what became of those it does."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, and_, exists, select, update

from sync_pipeline.adapters.sql.crm_ids import remember
from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.leases import require_lease
from sync_pipeline.adapters.sql.parts import parts
from sync_pipeline.adapters.sql.tables import crm_ids, ledger, ledger_changes
from sync_pipeline.domain.change import Action
from sync_pipeline.domain.confirmation import Sent
from sync_pipeline.domain.lease import Lease
from sync_pipeline.domain.needs import CrmId, Need
from sync_pipeline.domain.operation import UNSENT, State
from sync_pipeline.ports import Clock

CONTACT = "contact"
TAKEN = (State.ACCEPTED.value, State.CONFIRMED.value)
ON_ITS_WAY = sorted({*TAKEN, *UNSENT, State.SENDING})
ARCHIVED = (
    "staff archived this contact in Virtuous: nothing is written to it; bring it back there and replay, or discard"
)


class SqlConfirming:
    """Implements `ports.Confirming` for one customer's run. Every method is one transaction that checks the lease."""

    def __init__(self, database: Database, clock: Clock, lease: Lease, run_id: str) -> None:
        self._database = database
        self._clock = clock
        self._lease = lease
        self._run_id = run_id

    def supersede_overtaken(self) -> int:
        """Accepted values after which newer ones of all their groups were accepted; answers how many."""
        newer, later = ledger_changes.alias("newer"), ledger.alias("later")
        overtaken = (
            select(newer.c.operation_id)
            .join(later, later.c.operation_id == newer.c.operation_id)
            .where(newer.c.customer_id == ledger_changes.c.customer_id, newer.c.stream == ledger_changes.c.stream)
            .where(newer.c.key == ledger_changes.c.key, newer.c.field_group == ledger_changes.c.field_group)
            .where(newer.c.operation_id > ledger_changes.c.operation_id, later.c.state.in_(TAKEN))
            .where(later.c.action == ledger.c.action)
            .correlate(ledger_changes, ledger)
        )
        of_ours = and_(
            ledger_changes.c.customer_id == ledger.c.customer_id,
            ledger_changes.c.operation_id == ledger.c.operation_id,
        )
        newest = select(ledger_changes.c.operation_id).where(of_ours, ~exists(overtaken)).correlate(ledger)
        with self._database.write() as connection:
            require_lease(connection, self._lease)
            return connection.execute(
                update(ledger)
                .where(ledger.c.customer_id == self._lease.customer_id, ledger.c.state == State.ACCEPTED.value)
                .where(ledger.c.kind == CONTACT, ledger.c.action == Action.SAVE.value, ~exists(newest))
                .values(state=State.SUPERSEDED.value, updated_at=self._clock.now())
            ).rowcount

    def sent(self, streams: Sequence[str], kind: str = CONTACT, *, confirmed_too: bool = False) -> list[Sent]:
        """Records as Virtuous last accepted them, that it has not shown yet or (`confirmed_too`) that it has.

        Not those whom we have archived since, or are about to.
        """
        # What aged into review may have been imported since.
        shown_late = (ledger.c.state == State.REVIEW.value) & ledger.c.accepted_at.is_not(None)
        unproven = (ledger.c.state == State.ACCEPTED.value) | shown_late
        wanted = unproven | (ledger.c.state == State.CONFIRMED.value) if confirmed_too else unproven
        archived = (ledger.c.action == Action.ARCHIVE.value) & ledger.c.state.in_(ON_ITS_WAY)
        statement = (
            select(ledger, ledger_changes.c.stream, ledger_changes.c.key, ledger_changes.c.field_group)
            .add_columns(ledger_changes.c.fingerprint, ledger_changes.c.row_hash)
            .join(ledger_changes, ledger_changes.c.operation_id == ledger.c.operation_id)
            .where(ledger.c.customer_id == self._lease.customer_id)
            .where(ledger_changes.c.customer_id == self._lease.customer_id, ledger_changes.c.stream.in_(streams))
            .where(ledger.c.kind == kind, archived | (wanted & (ledger.c.action == Action.SAVE.value)))
            .order_by(ledger.c.operation_id)
        )
        newest: dict[tuple[str, str], list[Row]] = {}
        with self._database.read() as connection:
            for row in connection.execute(statement):
                known = newest.get((row.stream, row.key))
                if known is None or known[0].operation_id != row.operation_id:
                    newest[row.stream, row.key] = [row]
                else:
                    known.append(row)
        return [_sent(rows) for rows in newest.values() if rows[0].action == Action.SAVE.value]

    def confirmed(self, ids: Mapping[int, CrmId]) -> None:
        """Read back as they were sent."""
        now = self._clock.now()
        for some in parts(list(ids)):
            with self._database.write() as connection:
                require_lease(connection, self._lease)
                moved = connection.execute(
                    update(ledger)
                    .where(ledger.c.customer_id == self._lease.customer_id, ledger.c.operation_id.in_(some))
                    .where(ledger.c.state.in_([State.ACCEPTED.value, State.REVIEW.value]))
                    .values(state=State.CONFIRMED.value, confirmed_at=now, reason=None, updated_at=now)
                    .returning(ledger.c.operation_id, ledger.c.kind, ledger.c.reference_source, ledger.c.reference_id)
                ).all()
                given = {Need(row.kind, row.reference_source, row.reference_id): ids[row.operation_id] for row in moved}
                remember(connection, self._lease.customer_id, given, now)

    def review(self, reasons: Mapping[int, str]) -> None:
        """Accepted long ago, and still not to be seen: a person has to look."""
        by_reason: dict[str, list[int]] = defaultdict(list)
        for operation_id, reason in reasons.items():
            by_reason[reason].append(operation_id)
        with self._database.write() as connection:
            require_lease(connection, self._lease)
            for reason, ids in by_reason.items():
                for some in parts(ids):
                    connection.execute(
                        update(ledger)
                        .where(ledger.c.customer_id == self._lease.customer_id, ledger.c.operation_id.in_(some))
                        .where(ledger.c.state == State.ACCEPTED.value)
                        .values(self._ended(State.REVIEW, reason))
                    )

    def note_archived(self, archived: Mapping[Need, CrmId], present: Sequence[Need]) -> None:
        """Remember whom staff have archived, and forget it of those who are there."""
        now = self._clock.now()
        with self._database.write() as connection:
            require_lease(connection, self._lease)
            remember(connection, self._lease.customer_id, archived, now)
            for needs, moment in ((sorted(archived), now), (present, None)):
                by_source: defaultdict[str, list[str]] = defaultdict(list)
                for need in needs:
                    by_source[need.source].append(need.reference)
                for source, references in by_source.items():
                    for some in parts(references):
                        connection.execute(
                            update(crm_ids)
                            .where(crm_ids.c.customer_id == self._lease.customer_id, crm_ids.c.kind == CONTACT)
                            .where(crm_ids.c.reference_source == source, crm_ids.c.reference_id.in_(some))
                            .where(crm_ids.c.archived_at.is_(None) if moment else crm_ids.c.archived_at.is_not(None))
                            .values(archived_at=moment)
                        )

    def set_aside_archived(self) -> int:
        """Nothing is written to a contact that staff archived; answers how many operations wait for a person now."""
        theirs = (
            select(crm_ids.c.reference_id)
            .where(crm_ids.c.customer_id == ledger.c.customer_id, crm_ids.c.kind == ledger.c.kind)
            .where(crm_ids.c.reference_source == ledger.c.reference_source)
            .where(crm_ids.c.reference_id == ledger.c.reference_id, crm_ids.c.archived_at.is_not(None))
            .correlate(ledger)
        )
        with self._database.write() as connection:
            require_lease(connection, self._lease)
            return connection.execute(
                update(ledger)
                .where(ledger.c.customer_id == self._lease.customer_id, ledger.c.kind == CONTACT)
                .where(ledger.c.state.in_(sorted(UNSENT)), exists(theirs))
                .values(self._ended(State.REVIEW, ARCHIVED))
            ).rowcount

    def _ended(self, state: State, reason: str) -> dict[str, Any]:
        return {
            "state": state.value,
            "reason": reason,
            "payload": None,
            "request": None,
            "waits_for": None,
            "finished_in": self._run_id,
            "updated_at": self._clock.now(),
        }


def _sent(rows: Sequence[Row]) -> Sent:
    first = rows[0]
    return Sent(
        operation_id=first.operation_id,
        need=Need(first.kind, first.reference_source, first.reference_id),
        stream=first.stream,
        key=first.key,
        fingerprints={row.field_group: row.fingerprint for row in rows},
        row_hash=first.row_hash,
        accepted_at=first.accepted_at,
        is_confirmed=first.state == State.CONFIRMED.value,
    )
