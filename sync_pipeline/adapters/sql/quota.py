"""The durable budget: what the answers said about the organization's window, and what was used of it."""

from datetime import datetime
from math import inf

from sqlalchemy import Row, delete, func, select

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.permits import (
    OwnRequests,
    budget_of,
    destination_of,
    note_answer,
    picture_of,
    take_permit,
)
from sync_pipeline.adapters.sql.tables import destinations, quota_events
from sync_pipeline.adapters.sql.upsert import upsert
from sync_pipeline.domain.answer import TOO_MANY_REQUESTS, Answer, RateReading
from sync_pipeline.domain.operation import NoPermit, Permit
from sync_pipeline.domain.organization import Organization
from sync_pipeline.domain.quota import QuotaPicture, QuotaRule, free_at
from sync_pipeline.ports import Clock, DestinationName, Sender

FORGOTTEN_AT_ONCE = 10_000  # on SQLite every writer waits for that long


class SqlQuota:
    """Permits for requests to one organization, shared by every process that writes to it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def take(
        self, name: DestinationName, rule: QuotaRule, sender: Sender, endpoint: str, batch_id: str | None = None
    ) -> Permit | NoPermit:
        """Take one permit for a request that moves no operation; `batch_id` when it follows one that does."""
        with self._database.write() as connection:
            return take_permit(connection, name, rule, sender, endpoint, self._clock.now(), batch_id)

    def observe(self, name: DestinationName, permit: Permit, answer: Answer, blocked_until: datetime | None) -> None:
        """Note an answer, and remember what it said about the window, so that a restart forgets nothing.

        Answers of concurrent requests arrive in any order: within one window the remainder only falls, and a longer
        wait is not cut short by a shorter one.
        """
        rate = answer.rate
        row: dict[str, object] = {"customer_id": name.customer_id, "host": name.host}
        with self._database.write() as connection:
            note_answer(connection, permit, answer)
            if rate.limit is None and rate.remaining is None and blocked_until is None:
                return
            known = destination_of(connection, name)
            if rate.limit is not None:
                row["rate_limit"] = rate.limit
            if rate.remaining is not None:
                row["rate_remaining"] = min(rate.remaining, _remainder_said(known, rate))
                row["rate_resets_at"] = rate.resets_at  # also when it is not told: the old one is of another window
                row["rate_read_at"] = self._clock.now()
            if blocked_until is not None:
                row["blocked_until"] = max(blocked_until, (known and known.blocked_until) or blocked_until)
            upsert(connection, destinations, [row])

    def picture(self, name: DestinationName, rule: QuotaRule) -> QuotaPicture:
        with self._database.read() as connection:
            now = self._clock.now()
            budget = budget_of(connection, name)
            return picture_of(connection, budget, rule, OwnRequests(connection, budget, rule, now), now)

    def free_at(self, name: DestinationName, rule: QuotaRule, requests: int) -> datetime:
        """When so many requests may leave one after the other, or as many as it takes to go on."""
        with self._database.read() as connection:
            now = self._clock.now()
            budget = budget_of(connection, name)
            own = OwnRequests(connection, budget, rule, now)
            return free_at(picture_of(connection, budget, rule, own, now), rule, own, now, requests)

    def organization(self, name: DestinationName) -> tuple[int, str | None] | None:
        """Id and name that the token's organization had when it was last seen.

        Without a name, a person has agreed to whatever organization comes next.
        """
        with self._database.read() as connection:
            row = destination_of(connection, name)
        if row is None or row.organization_id is None:
            return None
        return row.organization_id, row.organization_name

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
                .values(destination=budget_of(connection, name).key)
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
                select(quota_events.c.endpoint, quota_events.c.status, func.count())
                .where(quota_events.c.customer_id == customer_id, quota_events.c.run_id == run_id)
                .group_by(quota_events.c.endpoint, quota_events.c.status)
                .order_by(quota_events.c.endpoint)
            ).all()
        requests: dict[str, int] = {}
        for endpoint, _, count in rows:
            requests[endpoint] = requests.get(endpoint, 0) + count
        return requests, sum(count for _, status, count in rows if status == TOO_MANY_REQUESTS)

    def forget_questions(self, customer_id: str, before: datetime) -> None:
        """Forget what was asked before that moment. Requests that wrote stay: they are the attempts of the ledger."""
        forgotten = (
            select(quota_events.c.event_id)
            .where(quota_events.c.customer_id == customer_id, quota_events.c.batch_id.is_(None))
            .where(quota_events.c.at < before)
            .limit(FORGOTTEN_AT_ONCE)
        )
        while True:
            with self._database.write() as connection:
                gone = connection.execute(delete(quota_events).where(quota_events.c.event_id.in_(forgotten))).rowcount
            if gone < FORGOTTEN_AT_ONCE:
                return


def _remainder_said(known: Row | None, rate: RateReading) -> float:
    """The remainder that another answer told of the same window; infinite when none did, or nobody knows."""
    if known is None or known.rate_remaining is None or rate.resets_at is None:
        return inf
    same_window = known.rate_resets_at == rate.resets_at and known.rate_limit == rate.limit
    return known.rate_remaining if same_window else inf
