"""The durable budget: permits taken, and what the answers said about the organization's window."""

from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.tables import destinations, quota_events
from sync_pipeline.adapters.sql.upsert import upsert
from sync_pipeline.domain.answer import RateReading
from sync_pipeline.domain.operation import NoPermit
from sync_pipeline.domain.organization import Organization
from sync_pipeline.domain.quota import QuotaPicture, QuotaRule, decide
from sync_pipeline.ports import Clock, DestinationName

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
        """Remember what an answer said about the window, so that a restart forgets nothing."""
        row = {"customer_id": name.customer_id, "host": name.host, "rate_read_at": self._clock.now()}
        known = {
            "rate_limit": rate.limit,
            "rate_remaining": rate.remaining,
            "rate_resets_at": rate.resets_at,
            "blocked_until": blocked_until,
        }
        said = {column: value for column, value in known.items() if value is not None}
        if said:
            with self._database.write() as connection:
                upsert(connection, destinations, [{**row, **said}])

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
            return _picture(connection, name, rule, len(_own_events(connection, name, rule, now)), now)

    def organization(self, name: DestinationName) -> tuple[int, str] | None:
        """Id and name that the token's organization had when it was last seen."""
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

    def forget_organization(self, name: DestinationName) -> None:
        """Let the next run take whatever organization the token belongs to; a person said so."""
        with self._database.write() as connection:
            connection.execute(
                destinations.update()
                .where(destinations.c.customer_id == name.customer_id, destinations.c.host == name.host)
                .values(organization_id=None, organization_name=None)
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
    own = _own_events(connection, name, rule, now)
    refusal = decide(_picture(connection, name, rule, len(own), now), rule, own, now)
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


def _own_events(connection: Connection, name: DestinationName, rule: QuotaRule, now: datetime) -> list[datetime]:
    return list(
        connection.execute(
            select(quota_events.c.at)
            .where(quota_events.c.destination == _budget_key(connection, name))
            .where(quota_events.c.at > now - rule.window)
            .order_by(quota_events.c.at)
        ).scalars()
    )


def _picture(connection: Connection, name: DestinationName, rule: QuotaRule, used: int, now: datetime) -> QuotaPicture:
    row = connection.execute(
        select(destinations).where(destinations.c.customer_id == name.customer_id, destinations.c.host == name.host)
    ).one_or_none()
    if row is None:
        return QuotaPicture(used, rule.requests, None, None, None)
    # A remainder counts until its window ends; without a reset time, until our own idea of the window is over.
    known_until = row.rate_resets_at or (row.rate_read_at and row.rate_read_at + rule.window)
    fresh = known_until is not None and known_until > now
    return QuotaPicture(
        used=used,
        limit=row.rate_limit or rule.requests,
        remaining=row.rate_remaining if fresh else None,
        resets_at=row.rate_resets_at if fresh else None,
        blocked_until=row.blocked_until,
    )


def _budget_key(connection: Connection, name: DestinationName) -> str:
    """Customers of one organization share its quota; until it is known, the customer stands for it."""
    organization_id = connection.execute(
        select(destinations.c.organization_id).where(
            destinations.c.customer_id == name.customer_id, destinations.c.host == name.host
        )
    ).scalar()
    return f"{name.host}|{organization_id or name.customer_id}"
