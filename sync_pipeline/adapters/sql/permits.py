"""Permits: one for every request, taken inside the transaction that says that it may have left.

The statements are built once, for the reason in claiming.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import Connection, Row, and_, bindparam, func, insert, select, update

from sync_pipeline.adapters.sql.tables import destinations, quota_events
from sync_pipeline.domain.answer import Answer
from sync_pipeline.domain.operation import NoPermit, Permit
from sync_pipeline.domain.quota import QuotaPicture, QuotaRule, decide
from sync_pipeline.ports import DestinationName, Sender

LONG_AGO = datetime.min.replace(tzinfo=UTC)

AT_HOST = select(destinations).where(destinations.c.host == bindparam("host"))
OF_CUSTOMER = AT_HOST.where(destinations.c.customer_id == bindparam("customer"))
OF_ORGANIZATION = AT_HOST.where(destinations.c.organization_id == bindparam("organization"))

OURS = and_(quota_events.c.destination == bindparam("key"), quota_events.c.at > bindparam("since"))
COUNT = select(func.count()).where(OURS)
MOMENT = select(quota_events.c.at).where(OURS).order_by(quota_events.c.at).offset(bindparam("place")).limit(1)
TAKE = insert(quota_events).returning(quota_events.c.event_id)
NOTE = update(quota_events).where(quota_events.c.event_id == bindparam("number"))


@dataclass(frozen=True, slots=True)
class Budget:
    """Whose quota it is. Customers of one organization share it; until that is known, the customer stands for it."""

    name: DestinationName
    organization_id: int | None

    @property
    def key(self) -> str:
        return f"{self.name.host}|{self.organization_id or self.name.customer_id}"


def destination_of(connection: Connection, name: DestinationName) -> Row | None:
    """What is known of the organization by this customer alone."""
    return connection.execute(OF_CUSTOMER, {"customer": name.customer_id, "host": name.host}).one_or_none()


def budget_of(connection: Connection, name: DestinationName) -> Budget:
    row = destination_of(connection, name)
    return Budget(name, None if row is None else row.organization_id)


def take_permit(
    connection: Connection,
    name: DestinationName,
    rule: QuotaRule,
    sender: Sender,
    endpoint: str,
    now: datetime,
    batch_id: str | None = None,
) -> Permit | NoPermit:
    """Take one permit inside the caller's transaction; its row tells later who asked what, and what the answer was."""
    budget = budget_of(connection, name)
    _await_turn(connection, budget)
    own = OwnRequests(connection, budget, rule, now)
    refusal = decide(picture_of(connection, budget, rule, own, now), rule, own, now)
    if refusal is not None:
        return refusal
    event = {"customer_id": name.customer_id, "destination": budget.key, "endpoint": endpoint, "at": now}
    event |= {"run_id": sender.run_id, "trace_id": sender.trace_id, "batch_id": batch_id}
    return Permit(connection.execute(TAKE, event).scalar_one(), endpoint)


def note_answer(connection: Connection, permit: Permit, answer: Answer) -> None:
    """What became of the request that this permit was taken for."""
    what = {"outcome": answer.outcome.value, "status": answer.status}
    connection.execute(NOTE, {"number": permit.number} | what)


class OwnRequests:
    """Implements domain.quota.Moments: those of our requests that still count.

    Counted by the database, and fetched one by one where a decision depends on one: reading all of a full window cost
    9 ms a permit.
    """

    def __init__(self, connection: Connection, budget: Budget, rule: QuotaRule, now: datetime) -> None:
        self._connection = connection
        self._key = budget.key
        self._since = now - rule.span
        self._count = self.after(self._since)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place: int, /) -> datetime:
        which = {"key": self._key, "since": self._since, "place": range(self._count)[place]}
        return self._connection.execute(MOMENT, which).scalar_one()

    def after(self, moment: datetime) -> int:
        """How many of them were made after that."""
        since = max(moment, self._since)
        return self._connection.execute(COUNT, {"key": self._key, "since": since}).scalar_one()


def picture_of(
    connection: Connection, budget: Budget, rule: QuotaRule, own: OwnRequests, now: datetime
) -> QuotaPicture:
    return picture_from(_destinations(connection, budget), rule, own, now)


class CountedRequests(Protocol):
    """Requests of ours that still count; `after`: how many of them were made after that."""

    def __len__(self) -> int: ...

    def after(self, moment: datetime) -> int: ...


def picture_from(known: Iterable[Row], rule: QuotaRule, own: CountedRequests, now: datetime) -> QuotaPicture:
    """`known`: what the customers that share the organization know of it."""
    limit, reading, blocked_until = rule.requests, None, None
    for row in sorted(known, key=lambda row: (row.rate_read_at or LONG_AGO, row.customer_id)):
        limit = row.rate_limit or limit
        reading = row if row.rate_remaining is not None else reading
        blocked_until = max((time for time in (blocked_until, row.blocked_until) if time is not None), default=None)
    # A remainder counts until its window ends; without a reset time, until our own idea of the window is over.
    if reading is None or (reading.rate_resets_at or reading.rate_read_at + rule.window) <= now:
        return QuotaPicture(len(own), limit, None, None, blocked_until)
    # What left since that answer has used up its share of the remainder, answered or not.
    remaining = max(0, reading.rate_remaining - own.after(reading.rate_read_at))
    return QuotaPicture(len(own), limit, remaining, reading.rate_resets_at, blocked_until)


def _destinations(connection: Connection, budget: Budget) -> Sequence[Row]:
    """What is known of the organization, by the customers that share it."""
    host = {"host": budget.name.host}
    if budget.organization_id is None:
        return connection.execute(OF_CUSTOMER, host | {"customer": budget.name.customer_id}).all()
    return connection.execute(OF_ORGANIZATION, host | {"organization": budget.organization_id}).all()


def _await_turn(connection: Connection, budget: Budget) -> None:
    """Let no other process count the same permits until this transaction ends. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(budget.key, 0))))
