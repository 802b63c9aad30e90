"""The durable budget: permits shared by every process that writes to one organization."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from sync_pipeline.adapters.sql.quota import SqlQuota
from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.domain.answer import Answer, Outcome, RateReading
from sync_pipeline.domain.operation import NoPermit, Permit
from sync_pipeline.domain.organization import Organization
from sync_pipeline.domain.quota import QuotaRule
from sync_pipeline.ports import DestinationName, Sender
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, HOST, HOUR, RUN, TRACE, refused
from sync_pipeline_tests.clock import START, FakeClock

MINE = DestinationName(CUSTOMER, HOST)
SISTER = DestinationName("lakeside", HOST)
RULE = QuotaRule(10, HOUR, 0.8)
BUDGET = 8
ENDPOINT = "POST /api/Contact/Batch"
NONPROFIT = Organization(77, "Riverside Food Bank", None, is_enabled=True)


@pytest.fixture
def quota(store: StateStore) -> SqlQuota:
    return store.quota


def take(
    quota: SqlQuota, name: DestinationName = MINE, rule: QuotaRule = RULE, run: str = RUN, endpoint: str = ENDPOINT
) -> Permit | NoPermit:
    return quota.take(name, rule, Sender(run, TRACE), endpoint)


def hear(
    quota: SqlQuota, rate: RateReading, name: DestinationName = MINE, blocked_until: datetime | None = None
) -> None:
    """An answer that says this about the window, whichever request it is to."""
    quota.observe(name, Permit(0, "POST /api/Contact"), Answer(Outcome.ACCEPTED, 200, rate=rate), blocked_until)


def take_all(quota: SqlQuota, name: DestinationName = MINE, rule: QuotaRule = RULE) -> int:
    """Take permits until there is none; answers how many there were."""
    taken = 0
    while isinstance(take(quota, name, rule), Permit):
        taken += 1
    return taken


def test_our_share_of_the_window_can_be_taken_and_no_more(quota: SqlQuota, clock: FakeClock) -> None:
    assert take_all(quota) == BUDGET
    assert refused(take(quota)).until == clock.now() + RULE.span


def test_every_request_frees_its_place_a_window_later(quota: SqlQuota, clock: FakeClock) -> None:
    for _ in range(BUDGET):
        assert isinstance(take(quota), Permit)
        clock.advance(minutes=1)
    assert refused(take(quota)).until == START + RULE.span
    clock.advance(seconds=(RULE.span - timedelta(minutes=BUDGET)).total_seconds())
    assert isinstance(take(quota), Permit)
    assert refused(take(quota)).until == START + RULE.span + timedelta(minutes=1)


def test_another_slice_starts_when_enough_is_free_for_it(quota: SqlQuota, clock: FakeClock) -> None:
    rule = QuotaRule(100, HOUR, 1.0)
    for _ in range(100):
        assert isinstance(take(quota, rule=rule), Permit)
        clock.advance(seconds=6)
    assert quota.free_at(MINE, rule, requests=1) == START + rule.span + 2 * timedelta(seconds=6)
    assert quota.free_at(MINE, rule, requests=1_000) == START + rule.span + 24 * timedelta(seconds=6)


def test_a_restart_forgets_nothing(quota: SqlQuota, database_url: str, clock: FakeClock) -> None:
    take_all(quota)
    hear(quota, RateReading(10, 5, START + HOUR))
    reopened = StateStore(database_url, clock)
    assert refused(take(reopened.quota))
    assert reopened.quota.picture(MINE, RULE) == quota.picture(MINE, RULE)
    reopened.close()


def test_the_limit_of_the_headers_replaces_the_configured_one(quota: SqlQuota) -> None:
    hear(quota, RateReading(limit=5))
    assert quota.picture(MINE, RULE).limit == 5
    assert take_all(quota) == 4


def test_the_reserve_is_left_to_other_integrations_until_the_window_ends(quota: SqlQuota, clock: FakeClock) -> None:
    resets_at = clock.now() + timedelta(minutes=20)
    hear(quota, RateReading(10, 3, resets_at))
    assert isinstance(take(quota), Permit)
    hear(quota, RateReading(10, 2, resets_at))
    assert refused(take(quota)).until == resets_at
    clock.advance(minutes=20)
    assert isinstance(take(quota), Permit)


def test_a_remainder_without_a_reset_time_counts_for_one_window(quota: SqlQuota, clock: FakeClock) -> None:
    hear(quota, RateReading(10, 0))
    clock.advance(minutes=59)
    assert refused(take(quota))
    clock.advance(minutes=1)
    assert isinstance(take(quota), Permit)


def test_a_remainder_is_read_together_with_its_own_reset_time(quota: SqlQuota, clock: FakeClock) -> None:
    """An answer that names no reset time must not be measured by the one of a window that is over."""
    hear(quota, RateReading(10, 5, clock.now() + timedelta(minutes=1)))
    clock.advance(hours=2)
    hear(quota, RateReading(10, 0))
    assert refused(take(quota))


def test_the_next_window_is_believed_also_when_no_answer_names_its_end(quota: SqlQuota, clock: FakeClock) -> None:
    hear(quota, RateReading(10, 0))
    clock.advance(hours=1)
    hear(quota, RateReading(10, 9))
    assert quota.picture(MINE, RULE).remaining == 9


def test_answers_of_one_window_may_arrive_in_any_order(quota: SqlQuota, clock: FakeClock) -> None:
    resets_at = clock.now() + HOUR
    hear(quota, RateReading(10, 4, resets_at))
    hear(quota, RateReading(10, 6, resets_at))
    assert quota.picture(MINE, RULE).remaining == 4


def test_requests_on_their_way_count_against_the_last_known_remainder(quota: SqlQuota, clock: FakeClock) -> None:
    hear(quota, RateReading(10, 4, clock.now() + HOUR))
    clock.advance(seconds=1)
    assert take_all(quota) == 2


def test_an_answer_without_headers_changes_nothing(quota: SqlQuota, clock: FakeClock) -> None:
    hear(quota, RateReading(10, 2, clock.now() + HOUR))
    before = quota.picture(MINE, RULE)
    clock.advance(minutes=5)
    hear(quota, RateReading())
    assert quota.picture(MINE, RULE) == before


def test_a_throttled_answer_stops_everything_until_the_time_it_named(quota: SqlQuota, clock: FakeClock) -> None:
    until = clock.now() + timedelta(minutes=7)
    hear(quota, RateReading(), blocked_until=until)
    assert refused(take(quota)).until == until
    clock.advance(minutes=7)
    assert isinstance(take(quota), Permit)


def test_a_shorter_wait_named_by_a_concurrent_answer_does_not_cut_a_longer_one(
    quota: SqlQuota, clock: FakeClock
) -> None:
    long, short = clock.now() + timedelta(minutes=10), clock.now() + timedelta(seconds=5)
    hear(quota, RateReading(), blocked_until=long)
    hear(quota, RateReading(), blocked_until=short)
    assert refused(take(quota)).until == long


def test_customers_of_one_organization_share_its_budget_once_it_is_known(quota: SqlQuota) -> None:
    assert isinstance(take(quota), Permit)
    assert isinstance(take(quota, SISTER), Permit)
    for name in (MINE, SISTER):
        quota.remember_organization(name, NONPROFIT)
    assert take_all(quota) + take_all(quota, SISTER) == BUDGET - 2
    assert quota.picture(MINE, RULE).used == quota.picture(SISTER, RULE).used == BUDGET


def test_customers_of_one_organization_share_what_its_answers_said(quota: SqlQuota, clock: FakeClock) -> None:
    for name in (MINE, SISTER):
        quota.remember_organization(name, NONPROFIT)
    hear(quota, RateReading(10, 9, clock.now() + HOUR), SISTER)
    clock.advance(minutes=1)
    hear(quota, RateReading(5, 0, clock.now() + HOUR), blocked_until=clock.now() + timedelta(minutes=2))
    for name in (MINE, SISTER):
        picture = quota.picture(name, RULE)
        assert (picture.limit, picture.remaining) == (5, 0)
        assert picture.blocked_until == clock.now() + timedelta(minutes=2)
        assert refused(take(quota, name))


def test_other_organizations_and_other_hosts_have_budgets_of_their_own(quota: SqlQuota) -> None:
    elsewhere = DestinationName(CUSTOMER, "sandbox.example.org")
    quota.remember_organization(MINE, NONPROFIT)
    quota.remember_organization(elsewhere, NONPROFIT)
    quota.remember_organization(SISTER, Organization(78, "Lakeside Shelter", None, is_enabled=True))
    assert take_all(quota) == BUDGET
    assert take_all(quota, elsewhere) == BUDGET
    assert take_all(quota, SISTER) == BUDGET


def test_an_organization_is_remembered_with_its_name(quota: SqlQuota) -> None:
    assert quota.organization(MINE) is None
    take(quota)
    hear(quota, RateReading(10, 5))
    assert quota.organization(MINE) is None
    quota.remember_organization(MINE, NONPROFIT)
    assert quota.organization(MINE) == (77, "Riverside Food Bank")
    assert quota.organization(SISTER) is None


@pytest.fixture
def processes(database_url: str, clock: FakeClock) -> Iterator[list[SqlQuota]]:
    """Several openings of one state store, as several processes have them."""
    stores = [StateStore(database_url, clock) for _ in range(4)]
    yield [store.quota for store in stores]
    for store in stores:
        store.close()


def test_takers_at_the_same_time_never_exceed_the_budget_together(processes: list[SqlQuota]) -> None:
    """Two customers of one organization, in several processes."""
    for name in (MINE, SISTER):
        processes[0].remember_organization(name, NONPROFIT)
    rule = QuotaRule(25, HOUR, 0.8)
    with ThreadPoolExecutor(8) as threads:
        takers = [(quota, name) for quota in processes for name in (MINE, SISTER)]
        taken = list(threads.map(lambda taker: take_all(taker[0], taker[1], rule), takers))
    assert sum(taken) == 20


def test_a_run_knows_what_it_used_and_how_often_it_was_throttled(quota: SqlQuota) -> None:
    permits = [take(quota, endpoint=endpoint) for endpoint in ("single", "batch", "batch")]
    take(quota, run="run-2", endpoint="batch")
    take(quota, SISTER, endpoint="batch")
    assert isinstance(permits[1], Permit)
    quota.observe(MINE, permits[1], Answer(Outcome.THROTTLED, 429), None)
    assert quota.used_by_run(CUSTOMER, RUN) == ({"batch": 2, "single": 1}, 1)
    assert quota.used_by_run(CUSTOMER, "run-2") == ({"batch": 1}, 0)
    assert quota.used_by_run(CUSTOMER, "run-3") == ({}, 0)


def test_questions_are_forgotten_and_attempts_are_not(quota: SqlQuota, clock: FakeClock) -> None:
    take_all(quota)
    take(quota, SISTER)
    clock.advance(hours=2)
    quota.take(MINE, RULE, Sender(RUN, TRACE), "a write", "batch-1")
    asked_at = clock.now() - timedelta(hours=1)
    quota.forget_questions(CUSTOMER, asked_at - HOUR)
    assert quota.used_by_run(CUSTOMER, RUN) == ({"a write": 1, ENDPOINT: BUDGET}, 0)
    quota.forget_questions(CUSTOMER, clock.now() + HOUR)
    assert quota.used_by_run(CUSTOMER, RUN) == ({"a write": 1}, 0)
    assert quota.used_by_run(SISTER.customer_id, RUN) == ({ENDPOINT: 1}, 0)
