"""What the state store knows about a whole fleet: implements ports.FleetHistory, a few statements for everybody."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.fleet import NIGHTS
from sync_pipeline.adapters.sql.fleet_reads import accounted, breakers_by_customer, held_change_sets, need_a_person
from sync_pipeline.adapters.sql.leases import SqlLeases
from sync_pipeline.adapters.sql.parts import parts
from sync_pipeline.adapters.sql.permits import LONG_AGO, Budget
from sync_pipeline.adapters.sql.rounded_times import HourOf
from sync_pipeline.adapters.sql.run_history import past_run
from sync_pipeline.adapters.sql.tables import (
    destinations,
    quota_events,
    runs,
)
from sync_pipeline.domain.operation import State
from sync_pipeline.domain.pages.fleet_facts import FleetRecords, NewestRun, NightSpan, Organization
from sync_pipeline.ports import DestinationName


class SqlFleetHistory:
    """Reads of many customers at once."""

    def __init__(self, database: Database, leases: SqlLeases) -> None:
        self._database = database
        self._leases = leases

    def records(
        self, names: Collection[DestinationName], nights_since: datetime, requests_since: datetime
    ) -> FleetRecords:
        """One consistent view of these customers; of nights and requests, those since then."""
        customers = sorted(name.customer_id for name in names)
        with self._database.read() as connection:
            letters = need_a_person(connection)
            return FleetRecords(
                newest=dict(_newest(connection, customers)),
                nights=list(_nights(connection, customers, nights_since)),
                accounted=accounted(connection),
                dead=letters[State.DEAD],
                reviews=letters[State.REVIEW],
                held=held_change_sets(connection),
                breakers=breakers_by_customer(connection),
                at_work=self._leases.held(connection) & set(customers),
                organizations=_organizations(connection, names),
                requests=_requests(connection, requests_since),
            )


def _newest(connection: Connection, customers: Sequence[str]) -> Iterator[tuple[str, NewestRun]]:
    for some in parts(customers):
        newest = (
            select(runs.c.customer_id, func.max(runs.c.started_at).label("started_at"))
            .where(runs.c.customer_id.in_(some))
            .group_by(runs.c.customer_id)
            .subquery()
        )
        same = (runs.c.customer_id == newest.c.customer_id) & (runs.c.started_at == newest.c.started_at)
        for row in connection.execute(select(runs).join(newest, same).order_by(runs.c.run_id)).mappings():
            failures = (row["report"] or {}).get("stage_failures") or [{}]
            yield row["customer_id"], NewestRun(past_run(row), failures[0].get("message"))


def _nights(connection: Connection, customers: Sequence[str], since: datetime) -> Iterator[NightSpan]:
    """Without their reports: those of a week are many."""
    columns = (runs.c.customer_id, runs.c.run_id, runs.c.status, runs.c.started_at, runs.c.completed_at)
    for some in parts(customers):
        statement = select(*columns).where(runs.c.customer_id.in_(some), runs.c.started_at >= since)
        over = statement.where(runs.c.layer.in_(NIGHTS), runs.c.completed_at.is_not(None))
        for row in connection.execute(over):
            yield NightSpan(row.customer_id, row.run_id, row.status, row.started_at, row.completed_at - row.started_at)


def _organizations(connection: Connection, names: Collection[DestinationName]) -> list[Organization]:
    """By the key under which their requests are kept; the limit is the one that was read last."""
    rows = {(row.customer_id, row.host): row for row in connection.execute(select(destinations))}
    sharing: dict[str, list[Any]] = {}
    for name in sorted(names, key=lambda name: name.customer_id):
        row = rows.get((name.customer_id, name.host))
        key = Budget(name, None if row is None else row.organization_id).key
        sharing.setdefault(key, []).append((name.customer_id, row))
    return [
        Organization(key, tuple(customer for customer, _ in members), _limit([row for _, row in members if row]))
        for key, members in sharing.items()
    ]


def _limit(rows: Sequence[Row[Any]]) -> int | None:
    told = [row for row in rows if row.rate_limit is not None]
    return max(told, key=lambda row: row.rate_read_at or LONG_AGO).rate_limit if told else None


def _requests(connection: Connection, since: datetime) -> dict[str, dict[datetime, int]]:
    hour = HourOf(quota_events.c.at).label("hour")
    counted = (
        select(quota_events.c.destination, hour, func.count().label("requests"))
        .where(quota_events.c.at >= since)
        .group_by(quota_events.c.destination, hour)
    )
    found: dict[str, dict[datetime, int]] = {}
    for row in connection.execute(counted):
        found.setdefault(row.destination, {})[row.hour] = row.requests
    return found
