"""The durable budget: permits taken, and what the answers said about the organization's window."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import inf

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select, true

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.tables import destinations, quota_events
from sync_pipeline.adapters.sql.upsert import upsert
from sync_pipeline.domain.answer import RateReading
from sync_pipeline.domain.operation import NoPermit
from sync_pipeline.domain.organization import Organization
from sync_pipeline.domain.quota import QuotaPicture, QuotaRule, decide, free_at
from sync_pipeline.ports import Clock, DestinationName

LONG_AGO = datetime.min.replace(tzinfo=UTC)
KEEP_WINDOWS = 48  # events are kept for the reports of their runs, long after they stopped counting


class SqlQuota:
    """Permits for requests to one organization, shared by every process that writes to it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def take(self, name: DestinationName, rule: QuotaRule, run_id: str, endpoint: str) -> NoPermit | None:
        """Take one permit for a request that moves no operation; None means taken."""
        with self._database.write() as connection:
            return take_permit(connection, name, rule, run_id, endpoint, self._clock.now())

    def observe(self, name: DestinationName, rate: RateReading, blocked_until: datetime | None) -> None:
        """Remember what an answer said about the window, so that a restart forgets nothing.

        Answers of concurrent requests arrive in any order: within one window the remainder only falls, and a longer
        wait is not cut short by a shorter one.
        """
        if rate.limit is None and rate.remaining is None and blocked_until is None:
            return
        row: dict[str, object] = {"customer_id": name.customer_id, "host": name.host}
        with self._database.write() as connection:
            if rate.limit is not None:
                row["rate_limit"] = rate.limit
            if rate.remaining is not None:
                row["rate_remaining"] = min(rate.remaining, _remainder_said(connection, name, rate))
                row["rate_resets_at"] = rate.resets_at  # also when it is not told: the old one is of another window
                row["rate_read_at"] = self._clock.now()
            if blocked_until is not None:
                row["blocked_until"] = max(blocked_until, _blocked_until(connection, name) or blocked_until)
            upsert(connection, destinations, [row])

    def throttled(self, name: DestinationName, run_id: str, endpoint: str) -> None:
        """Mark the newest request of this run and endpoint as answered 429."""
        with self._database.write() as connection:
            newest = (
                select(func.max(quota_events.c.event_id))
                .where(quota_events.c.customer_id == name.customer_id, quota_events.c.run_id == run_id)
                .where(quota_events.c.endpoint == endpoint)
                .scalar_subquery()
            )
            connection.execute(quota_events.update().where(quota_events.c.event_id == newest).values(throttled=True))

    def picture(self, name: DestinationName, rule: QuotaRule) -> QuotaPicture:
        with self._database.read() as connection:
            now = self._clock.now()
            return _picture(connection, name, rule, _OwnRequests(connection, name, rule, now), now)

    def free_at(self, name: DestinationName, rule: QuotaRule, requests: int) -> datetime:
        """When so many requests may leave one after the other, or as many as it takes to go on."""
        with self._database.read() as connection:
            now = self._clock.now()
            own = _OwnRequests(connection, name, rule, now)
            return free_at(_picture(connection, name, rule, own, now), rule, own, now, requests)

    def organization(self, name: DestinationName) -> tuple[int, str | None] | None:
        """Id and name that the token's organization had when it was last seen.

        Without a name, a person has agreed to whatever organization comes next.
        """
        with self._database.read() as connection:
            row = connection.execute(
                select(destinations.c.organization_id, destinations.c.organization_name).where(
                    destinations.c.customer_id == name.customer_id, destinations.c.host == name.host
                )
            ).one_or_none()
            return None if row is None or row.organization_id is None else (row[0], row[1])

    def remember_organization(self, name: DestinationName, organization: Organization) -> None:
        """From now on the customer's requests count for this organization, those that asked for it included."""
        with self._database.write() as connection:
            row = {
                "customer_id": name.customer_id,
                "host": name.host,
                "organization_id": organization.user_id,
                "organization_name": organization.name,
            }
            upsert(connection, destinations, [row])
            connection.execute(
                quota_events.update()
                .where(quota_events.c.destination == f"{name.host}|{name.customer_id}")
                .values(destination=_budget_key(connection, name))
            )

    def agree_to_move(self, name: DestinationName) -> None:
        """Let the next run take whatever organization the token belongs to; a person said so."""
        with self._database.write() as connection:
            connection.execute(
                destinations.update()
                .where(destinations.c.customer_id == name.customer_id, destinations.c.host == name.host)
                .values(organization_name=None)
            )

    def used_by_run(self, customer_id: str, run_id: str) -> tuple[dict[str, int], int]:
        """Requests of a run by endpoint, and how many of them were answered 429."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(quota_events.c.endpoint, quota_events.c.throttled, func.count())
                .where(quota_events.c.customer_id == customer_id, quota_events.c.run_id == run_id)
                .group_by(quota_events.c.endpoint, quota_events.c.throttled)
                .order_by(quota_events.c.endpoint)
            ).all()
        requests: dict[str, int] = {}
        for endpoint, _, count in rows:
            requests[endpoint] = requests.get(endpoint, 0) + count
        return requests, sum(count for _, throttled, count in rows if throttled)

    def forget_old(self, customer_id: str, rule: QuotaRule) -> None:
        with self._database.write() as connection:
            connection.execute(
                delete(quota_events).where(
                    quota_events.c.customer_id == customer_id,
                    quota_events.c.at < self._clock.now() - KEEP_WINDOWS * rule.window,
                )
            )


def take_permit(
    connection: Connection, name: DestinationName, rule: QuotaRule, run_id: str, endpoint: str, now: datetime
) -> NoPermit | None:
    """Take one permit inside the caller's transaction; None means taken."""
    _await_turn(connection, name)
    own = _OwnRequests(connection, name, rule, now)
    refusal = decide(_picture(connection, name, rule, own, now), rule, own, now)
    if refusal is None:
        connection.execute(
            insert(quota_events).values(
                customer_id=name.customer_id,
                destination=_budget_key(connection, name),
                run_id=run_id,
                endpoint=endpoint,
                at=now,
                throttled=False,
            )
        )
    return refusal


class _OwnRequests:
    """Implements domain.quota.Moments: those of our requests that still count.

    Counted by the database, and fetched one by one where a decision depends on one: reading all of a full window cost
    9 ms a permit.
    """

    def __init__(self, connection: Connection, name: DestinationName, rule: QuotaRule, now: datetime) -> None:
        self._connection = connection
        self._mine = and_(
            quota_events.c.destination == _budget_key(connection, name), quota_events.c.at > now - rule.span
        )
        self._count = self._counted(true())

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place: int, /) -> datetime:
        oldest_first = select(quota_events.c.at).where(self._mine).order_by(quota_events.c.at)
        return self._connection.execute(oldest_first.offset(range(self._count)[place]).limit(1)).scalar_one()

    def after(self, moment: datetime) -> int:
        """How many were made after that."""
        return self._counted(quota_events.c.at > moment)

    def _counted(self, which: ColumnElement[bool]) -> int:
        return self._connection.execute(select(func.count()).where(self._mine, which)).scalar_one()


def _remainder_said(connection: Connection, name: DestinationName, rate: RateReading) -> float:
    """The remainder that another answer told of the same window; infinite when none did, or nobody knows."""
    if rate.resets_at is None:
        return inf
    remaining = connection.execute(
        select(destinations.c.rate_remaining)
        .where(destinations.c.customer_id == name.customer_id, destinations.c.host == name.host)
        .where(destinations.c.rate_resets_at == rate.resets_at, destinations.c.rate_limit == rate.limit)
    ).scalar()
    return inf if remaining is None else remaining


def _picture(
    connection: Connection, name: DestinationName, rule: QuotaRule, own: _OwnRequests, now: datetime
) -> QuotaPicture:
    limit, reading, blocked_until = rule.requests, None, None
    for row in _destinations(connection, name):
        limit = row.rate_limit or limit
        reading = row if row.rate_remaining is not None else reading
        blocked_until = max((time for time in (blocked_until, row.blocked_until) if time is not None), default=None)
    # A remainder counts until its window ends; without a reset time, until our own idea of the window is over.
    if reading is None or (reading.rate_resets_at or reading.rate_read_at + rule.window) <= now:
        return QuotaPicture(len(own), limit, None, None, blocked_until)
    # What left since that answer has used up its share of the remainder, answered or not.
    remaining = max(0, reading.rate_remaining - own.after(reading.rate_read_at))
    return QuotaPicture(len(own), limit, remaining, reading.rate_resets_at, blocked_until)


def _destinations(connection: Connection, name: DestinationName) -> Sequence[Row]:
    """What is known of the organization, by the customers that share it; the newest reading comes last."""
    organization_id = _organization_id(connection, name)
    if organization_id is None:
        same = destinations.c.customer_id == name.customer_id
    else:
        same = destinations.c.organization_id == organization_id
    rows = connection.execute(select(destinations).where(destinations.c.host == name.host, same)).all()
    return sorted(rows, key=lambda row: (row.rate_read_at or LONG_AGO, row.customer_id))


def _await_turn(connection: Connection, name: DestinationName) -> None:
    """Let no other process count the same permits until this transaction ends. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        key = func.hashtextextended(_budget_key(connection, name), 0)
        connection.execute(select(func.pg_advisory_xact_lock(key)))


def _budget_key(connection: Connection, name: DestinationName) -> str:
    """Customers of one organization share its quota; until it is known, the customer stands for it."""
    return f"{name.host}|{_organization_id(connection, name) or name.customer_id}"


def _organization_id(connection: Connection, name: DestinationName) -> int | None:
    return connection.execute(
        select(destinations.c.organization_id).where(
            destinations.c.customer_id == name.customer_id, destinations.c.host == name.host
        )
    ).scalar()


def _blocked_until(connection: Connection, name: DestinationName) -> datetime | None:
    return connection.execute(
        select(destinations.c.blocked_until).where(
            destinations.c.customer_id == name.customer_id, destinations.c.host == name.host
        )
    ).scalar()
