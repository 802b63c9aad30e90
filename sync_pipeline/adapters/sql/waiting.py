"""Operations that wait for an id of Virtuous: found, bound to a request, or kept waiting."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from sqlalchemy import and_, bindparam, case, exists, func, insert, literal, or_, select, update

from sync_pipeline.adapters.sql.acknowledging import settle_accepted
from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.leases import require_lease
from sync_pipeline.adapters.sql.older import came_before, older
from sync_pipeline.adapters.sql.parts import parts
from sync_pipeline.adapters.sql.tables import ledger, ledger_changes, runs
from sync_pipeline.adapters.sql.types import UtcDateTime
from sync_pipeline.domain.lease import Lease
from sync_pipeline.domain.needs import CrmId, Need
from sync_pipeline.domain.operation import LOOKED_FOR_FIRST, UNSENT, Evidence, Priority, State, WaitingOperation
from sync_pipeline.domain.request import Request
from sync_pipeline.domain.run import Layer
from sync_pipeline.ports import Clock, WaitingGroup

EXAMPLES = 3
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
AGED_REASON = "what it waits for did not come: "
SIGN_UP = "volunteer"
AGED = and_(ledger.c.state == State.REVIEW.value, ledger.c.waits_for.is_not(None), ledger.c.accepted_at.is_(None))
"""In review for its age alone: it goes on by itself as soon as what it waits for is there."""

WAITS = or_(ledger.c.state == State.WAITING.value, AGED)


class SqlWaiting:
    """Implements `ports.Waiting` for one customer's run. Every method is one transaction that checks the lease."""

    def __init__(self, database: Database, clock: Clock, lease: Lease, run_id: str) -> None:
        self._database = database
        self._clock = clock
        self._lease = lease
        self._run_id = run_id

    def waiting(self, kind: str) -> list[WaitingOperation]:
        """Everything of a kind that waits, oldest first; also what waits for so long that it is in review.

        What to send depends on whether the record's last write took effect: while that is in doubt, the next one is
        left out.
        """
        is_in_doubt = exists().where(came_before, older.c.state == State.SENDING.value).correlate(ledger)
        with self._database.read() as connection:
            rows = connection.execute(
                select(
                    ledger.c.operation_id,
                    ledger.c.kind,
                    ledger.c.action,
                    ledger.c.reference_source,
                    ledger.c.reference_id,
                    ledger.c.payload,
                    ledger.c.waits_for,
                    func.coalesce(ledger.c.evidence, "").in_(sorted(LOOKED_FOR_FIRST)).label("may_be_there"),
                )
                .where(ledger.c.customer_id == self._lease.customer_id, WAITS, ledger.c.kind == kind, ~is_in_doubt)
                .order_by(ledger.c.operation_id)
            )
            return [WaitingOperation(*row) for row in rows]

    def accepted_people(self, needs: Collection[Need]) -> dict[Need, datetime | None]:
        """Of these people who may be in Virtuous: when they were planned, None for those we never sent.

        Whose contact is still on its way, or a dead letter, is not looked for.
        """
        return accepted_people(self._database, self._lease.customer_id, needs)

    def record_of(self, need: Need) -> tuple[str, str] | None:
        """Stream and key of the record that was last planned under this reference."""
        with self._database.read() as connection:
            row = connection.execute(
                select(ledger_changes.c.stream, ledger_changes.c.key)
                .join(ledger, ledger.c.operation_id == ledger_changes.c.operation_id)
                .where(ledger_changes.c.customer_id == self._lease.customer_id)
                .where(ledger.c.customer_id == self._lease.customer_id, ledger.c.kind == need.kind)
                .where(ledger.c.reference_source == need.source, ledger.c.reference_id == need.reference)
                .order_by(ledger.c.operation_id.desc())
                .limit(1)
            ).one_or_none()
        return None if row is None else (row.stream, row.key)

    def bind(self, requests: Mapping[int, Request]) -> None:
        """What these operations needed is there: from now on exactly this is planned to be sent."""
        self._update(
            {
                operation_id: {
                    "state": State.PLANNED.value,
                    "waits_for": None,
                    "endpoint": request.endpoint,
                    "request": request.as_document(),
                }
                for operation_id, request in requests.items()
            }
        )

    def unbind(self, endpoint: str) -> None:
        """What is planned for this endpoint waits again, to be bound to another request."""
        with self._database.write() as connection:
            require_lease(connection, self._lease)
            connection.execute(
                update(ledger)
                .where(ledger.c.customer_id == self._lease.customer_id, ledger.c.state == State.PLANNED.value)
                .where(ledger.c.endpoint == endpoint)
                .values(
                    state=State.WAITING.value,
                    waits_for=ledger.c.kind + " " + ledger.c.reference_source + "/" + ledger.c.reference_id,
                    endpoint=None,
                    request=None,
                    updated_at=self._clock.now(),
                )
            )

    def look_first(self, endpoints: Collection[str]) -> None:
        """Whatever was not sent may be there; what is planned for one of these endpoints waits to be looked for.

        Sign-ups are forgotten instead: whoever waits for one finds it, or plans it again.
        """
        unsent = and_(ledger.c.customer_id == self._lease.customer_id, ledger.c.state.in_(sorted(UNSENT)))
        now = self._clock.now()
        with self._database.write() as connection:
            require_lease(connection, self._lease)
            connection.execute(
                update(ledger)
                .where(unsent, ledger.c.evidence.is_(None))
                .values(evidence=Evidence.MAY_HAVE_LEFT.value, updated_at=now)
            )
            connection.execute(
                update(ledger)
                .where(unsent, ledger.c.kind == SIGN_UP)
                .values(
                    state=State.SUPERSEDED.value,
                    request=None,
                    reason="looked for again by an initial run",
                    updated_at=now,
                )
            )
        for endpoint in endpoints:
            self.unbind(endpoint)

    def wait_for(self, needs: Mapping[int, str]) -> None:
        """Note what these operations still wait for."""
        self._update({operation_id: {"waits_for": need} for operation_id, need in needs.items()})

    def review(self, reasons: Mapping[int, str]) -> None:
        """What these operations wait for will not come by itself: a person has to look."""
        self._update(
            {
                operation_id: {
                    "state": State.REVIEW.value,
                    "reason": reason,
                    "payload": None,
                    "waits_for": None,
                    "finished_in": self._run_id,
                }
                for operation_id, reason in reasons.items()
            }
        )

    def review_aged(self, before: datetime) -> int:
        """What was planned before that moment and still waits is for a person to see; answers how many are new.

        It keeps what it needs to go on by itself.
        """
        now = self._clock.now()
        with self._database.write() as connection:
            require_lease(connection, self._lease)
            return connection.execute(
                update(ledger)
                .where(ledger.c.customer_id == self._lease.customer_id, ledger.c.state == State.WAITING.value)
                .where(ledger.c.planned_at < before, ledger.c.waits_for.is_not(None))
                .values(
                    state=State.REVIEW.value,
                    reason=AGED_REASON + ledger.c.waits_for,
                    finished_in=self._run_id,
                    updated_at=now,
                )
            ).rowcount

    def count_aged(self) -> int:
        """How many are in review for their age alone."""
        with self._database.read() as connection:
            return connection.execute(
                select(func.count()).where(ledger.c.customer_id == self._lease.customer_id, AGED)
            ).scalar_one()

    def found(self, ids: Mapping[int, CrmId], evidence: Evidence) -> None:
        """Virtuous has the effect of these operations already: nothing needs to be sent."""
        with self._database.write() as connection:
            require_lease(connection, self._lease)
            settle_accepted(
                connection,
                self._lease.customer_id,
                self._run_id,
                list(ids),
                self._clock.now(),
                evidence,
                ids,
                State.WAITING,
            )

    def plan_sign_ups(self, sign_ups: Mapping[Need, Request]) -> None:
        """Plan the sign-ups of people for opportunities that were never planned; a dead one stays dead."""
        now = self._clock.now()
        with self._database.write() as connection:
            require_lease(connection, self._lease)
            known = set(
                connection.execute(
                    select(ledger.c.reference_id).where(
                        ledger.c.customer_id == self._lease.customer_id,
                        ledger.c.kind == SIGN_UP,
                        ledger.c.state != State.SUPERSEDED.value,
                    )
                ).scalars()
            )
            rows = [
                {
                    "customer_id": self._lease.customer_id,
                    "run_id": self._run_id,
                    "kind": need.kind,
                    "action": "save",
                    "reference_source": need.source,
                    "reference_id": need.reference,
                    "state": State.PLANNED.value,
                    "priority": int(Priority.SIGN_UP),
                    "payload": {},
                    "endpoint": request.endpoint,
                    "request": request.as_document(),
                    "attempts": 0,
                    "deferrals": 0,
                    "planned_at": now,
                    "updated_at": now,
                }
                for need, request in sign_ups.items()
                if need.reference not in known
            ]
            if rows:
                connection.execute(insert(ledger), rows)

    def _update(self, values: Mapping[int, Mapping[str, object]]) -> None:
        if not values:
            return
        columns = {name: bindparam(name, type_=ledger.c[name].type) for name in next(iter(values.values()))}
        now = self._clock.now()
        with self._database.write() as connection:
            require_lease(connection, self._lease)
            connection.execute(
                update(ledger)
                .where(ledger.c.customer_id == self._lease.customer_id, WAITS)
                .where(ledger.c.operation_id == bindparam("wanted"))
                .values(**columns, updated_at=now),
                [{"wanted": operation_id, **given} for operation_id, given in values.items()],
            )


def accepted_people(database: Database, customer_id: str, needs: Collection[Need]) -> dict[Need, datetime | None]:
    """See `ports.Waiting.accepted_people`."""
    # An import that changes nothing leaves the contact's modified time alone: a first try that got no answer may have
    # made it, and what an initial run sends may have been there for years.
    since = case((runs.c.layer == Layer.INITIAL.value, literal(LONG_AGO, UtcDateTime())), else_=ledger.c.planned_at)
    by_source: dict[str, list[str]] = {}
    for need in needs:
        by_source.setdefault(need.source, []).append(need.reference)
    sent: dict[Need, datetime | None] = {}
    with database.read() as connection:
        for source, references in by_source.items():
            statement = (
                select(ledger.c.reference_id, func.min(ledger.c.accepted_at), func.min(since))
                .outerjoin(runs, (runs.c.customer_id == ledger.c.customer_id) & (runs.c.run_id == ledger.c.run_id))
                .where(ledger.c.customer_id == customer_id, ledger.c.kind == "contact")
                .where(ledger.c.reference_source == source)
                .group_by(ledger.c.reference_id)
            )
            for some in parts(references):
                rows = connection.execute(statement.where(ledger.c.reference_id.in_(some)))
                sent |= {Need("contact", source, row[0]): None if row[1] is None else row[2] for row in rows}
    return {need: sent.get(need) for need in needs if need not in sent or sent[need] is not None}


def waiting_groups(database: Database, customer_id: str) -> list[WaitingGroup]:
    """What waits for what kind of thing, with a few of the ids."""
    with database.read() as connection:
        rows = connection.execute(
            select(ledger.c.kind, ledger.c.action, ledger.c.waits_for, func.count(), func.min(ledger.c.planned_at))
            .where(ledger.c.customer_id == customer_id, ledger.c.state == State.WAITING.value)
            .group_by(ledger.c.kind, ledger.c.action, ledger.c.waits_for)
            .order_by(ledger.c.kind, ledger.c.action, func.min(ledger.c.operation_id))
        ).all()
    groups: dict[tuple[str, str, str], list[tuple[str, int, datetime]]] = {}
    for kind, action, waits_for, count, oldest in rows:
        groups.setdefault((kind, action, (waits_for or "").partition(" ")[0]), []).append((waits_for, count, oldest))
    return [
        WaitingGroup(
            kind=kind,
            action=action,
            waits_for=need,
            operations=sum(count for _, count, _ in found),
            since=min(oldest for *_, oldest in found),
            examples=tuple(named for named, *_ in found[:EXAMPLES]),
        )
        for (kind, action, need), found in groups.items()
    ]
