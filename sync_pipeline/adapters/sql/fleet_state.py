"""What the alerts look at: the state of every customer, in a few queries however many there are."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, or_, select

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.fleet import SqlFleet
from sync_pipeline.adapters.sql.fleet_reads import accounted, need_a_person
from sync_pipeline.adapters.sql.parts import parts
from sync_pipeline.adapters.sql.platforms import SqlPlatforms
from sync_pipeline.adapters.sql.tables import audit_log, breakers, ledger, runs
from sync_pipeline.domain.alerts.of_fleet import FleetState, NeedsAPerson
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.due import slot_names
from sync_pipeline.domain.operation import State
from sync_pipeline.domain.pause import MACHINES, Pause
from sync_pipeline.ports import Clock

OLDEST_UNCONFIRMED = select(func.min(ledger.c.accepted_at)).where(
    ledger.c.customer_id == bindparam("customer"), ledger.c.state == State.ACCEPTED.value
)


class SqlFleetState:
    """Reads; nothing of it changes anything."""

    def __init__(self, database: Database, clock: Clock, fleet: SqlFleet, platforms: SqlPlatforms) -> None:
        self._database = database
        self._clock = clock
        self._fleet = fleet
        self._platforms = platforms

    def read(self, customers: Collection[Customer], broken: Mapping[str, str]) -> FleetState:
        """`broken` maps a customer whose file cannot be used to the reason."""
        now = self._clock.now()
        facts = self._fleet.facts(slot_names(now))
        with self._database.read() as connection:
            oldest = _accounted_at(connection, customers)
            never = [customer_id for customer_id, at in oldest.items() if at is None]
            return FleetState(
                customers=customers,
                broken=broken,
                paused=_paused(connection, now),
                down=self._platforms.down(),
                begun=facts.begun,
                at_work=facts.at_work,
                accounted_at=oldest,
                began_at=_began_at(connection, never),
                needs_a_person=_needs_a_person(connection),
            )

    def oldest_unconfirmed(self, customer_ids: Iterable[str]) -> dict[str, datetime]:
        """When the oldest operation was accepted that Virtuous does not show yet; by customer, where there is one.

        One query each: an index leads to a customer's accepted operations, and to nobody else's.
        """
        oldest: dict[str, datetime] = {}
        with self._database.read() as connection:
            for customer_id in customer_ids:
                found = connection.execute(OLDEST_UNCONFIRMED, {"customer": customer_id}).scalar()
                if found is not None:
                    oldest[customer_id] = found
        return oldest


def _accounted_at(connection: Connection, customers: Iterable[Customer]) -> dict[str, datetime | None]:
    known = accounted(connection)
    oldest: dict[str, datetime | None] = {}
    for customer in customers:
        moments = [known.get((customer.id, stream.source, name)) for name, stream in customer.streams.items()]
        there = [moment for moment in moments if moment is not None]
        oldest[customer.id] = min(there) if len(there) == len(moments) else None
    return oldest


def _began_at(connection: Connection, customer_ids: list[str]) -> dict[str, datetime]:
    """When the first run of each of them began."""
    began: dict[str, datetime] = {}
    for some in parts(customer_ids):
        first = select(runs.c.customer_id, func.min(runs.c.started_at).label("at")).where(runs.c.customer_id.in_(some))
        began |= {row.customer_id: row.at for row in connection.execute(first.group_by(runs.c.customer_id))}
    return began


def _paused(connection: Connection, now: datetime) -> dict[str, Pause]:
    stopped = or_(breakers.c.needs_person, breakers.c.paused_until > now)
    newest = (
        select(audit_log.c.customer_id, func.max(audit_log.c.entry_id).label("entry_id"))
        .where(audit_log.c.action == "pause")
        .where(audit_log.c.customer_id.in_(select(breakers.c.customer_id).where(stopped)))
        .group_by(audit_log.c.customer_id)
        .subquery()
    )
    actors = select(audit_log.c.customer_id, audit_log.c.actor).join(newest, audit_log.c.entry_id == newest.c.entry_id)
    who = {row.customer_id: row.actor for row in connection.execute(actors)}
    return {
        row.customer_id: Pause(
            reason=row.reason or "no reason was given",
            until=row.paused_until,
            needs_person=row.needs_person,
            by_a_person=who.get(row.customer_id) not in MACHINES,
        )
        for row in connection.execute(select(breakers).where(stopped))
    }


def _needs_a_person(connection: Connection) -> dict[str, NeedsAPerson]:
    letters = need_a_person(connection)
    dead, review = letters[State.DEAD], letters[State.REVIEW]
    return {one: NeedsAPerson(dead.get(one, 0), review.get(one, 0)) for one in {*dead, *review}}
