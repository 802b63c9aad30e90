"""What the metrics are made of, as the rows say it; the same on both kinds of databases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, insert

from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.adapters.sql.tables import change_sets, ledger, quota_events, runs
from sync_pipeline.domain.answer import Answer, Outcome, RateReading
from sync_pipeline.domain.measuring import Account, FleetMeasures
from sync_pipeline.domain.operation import Permit
from sync_pipeline.domain.organization import Organization
from sync_pipeline.domain.platforms import Trouble
from sync_pipeline.domain.quota import QuotaRule
from sync_pipeline.domain.report import empty_report
from sync_pipeline.domain.run import Layer, Run, RunStatus
from sync_pipeline.ports import DestinationName, Sender
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, HOST, HOUR, TRACE, Worker, operation
from sync_pipeline_tests.clock import FakeClock

RULE = QuotaRule(1_500, HOUR, 0.8)
OTHER = "lakeside"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(database_url: str, clock: FakeClock) -> Iterator[StateStore]:
    opened = StateStore(database_url, clock)
    yield opened
    opened.close()


def read(store: StateStore, *customers: str) -> FleetMeasures:
    return store.measures.read({name: (DestinationName(name, HOST), RULE) for name in customers or (CUSTOMER,)})


def add_run(
    store: StateStore,
    began: datetime,
    status: RunStatus = RunStatus.DONE,
    *,
    layer: Layer = Layer.NIGHTLY,
    customer: str = CUSTOMER,
    changes: int | None = 0,
) -> None:
    """A run of the history; without `changes` it left no report, and without an end when it is running."""
    run = Run(customer, f"{layer.value}-{began.isoformat()}", layer, began.isoformat())
    report = empty_report(run, status, began)
    document = None
    if changes is not None:
        document = replace(
            report,
            total_changes=changes,
            unchanged=90,
            duration_seconds=12.5,
            failure_rate=0.25,
            requests_total=9,
            source_requests=4,
            rate_limit_pauses=1,
            failure_details=[{"reason": "a long one"}],
        ).as_dict()
    values = {
        "customer_id": customer,
        "run_id": run.run_id,
        "layer": layer.value,
        "slot": run.slot,
        "status": status.value,
        "started_at": began,
        "completed_at": None if status == RunStatus.RUNNING else began + timedelta(minutes=1),
        "resume_at": began + timedelta(minutes=2) if status == RunStatus.PARKED else None,
        "report": document,
    }
    with store.database.write() as connection:
        connection.execute(insert(runs).values(**values))


def test_runs_are_counted_by_what_became_of_them_within_a_day_and_a_week(store: StateStore, clock: FakeClock) -> None:
    now = clock.now()
    for days, status in ((0.5, RunStatus.DONE), (1.5, RunStatus.DONE), (2, RunStatus.FAILED), (9, RunStatus.FAILED)):
        add_run(store, now - timedelta(days=days), status)
    add_run(store, now - timedelta(hours=1), layer=Layer.POLL)
    add_run(store, now - timedelta(hours=1), customer="somebody-else")
    assert read(store).runs == {
        (CUSTOMER, "nightly", "done"): (1, 2),
        (CUSTOMER, "nightly", "failed"): (0, 1),
        (CUSTOMER, "poll", "done"): (1, 1),
    }


def test_the_newest_run_of_each_layer_tells_its_report(store: StateStore, clock: FakeClock) -> None:
    now = clock.now()
    add_run(store, now - timedelta(days=3), changes=7)
    add_run(store, now - timedelta(days=2), RunStatus.FAILED, changes=10)
    add_run(store, now - timedelta(hours=1), RunStatus.RUNNING, changes=None)
    add_run(store, now - timedelta(days=7, hours=1), layer=Layer.RECONCILE, changes=1)
    newest = read(store).newest
    nightly = newest[CUSTOMER, "nightly"]
    assert (nightly.status, nightly.started_at) == ("failed", now - timedelta(days=2))
    assert nightly.account == Account(12.5, records=100, changes=10, failure_rate=0.25, requests=5, rate_limit_pauses=1)
    assert newest[CUSTOMER, "reconcile"].account is not None


def test_a_run_that_was_killed_counts_and_has_no_numbers(store: StateStore, clock: FakeClock) -> None:
    add_run(store, clock.now() - timedelta(days=1), changes=3)
    add_run(store, clock.now() - timedelta(hours=2), RunStatus.FAILED, changes=None)
    killed = read(store).newest[CUSTOMER, "nightly"]
    assert (killed.status, killed.account) == ("failed", None)


def test_the_backlog_counts_what_is_not_over(store: StateStore, clock: FakeClock) -> None:
    worker = Worker(store, clock)
    worker.begin_run()
    cut = worker.begin_cut()
    store.planning.plan(worker.lease, cut, [operation("1"), operation("2"), operation("3", reason="no name")])
    with store.database.write() as connection:
        connection.execute(ledger.update().where(ledger.c.reference_id == "ref-2").values(state="confirmed"))
    assert read(store).backlog == {(CUSTOMER, "planned"): 1, (CUSTOMER, "dead"): 1}


def test_held_change_sets_of_read_streams_are_counted(store: StateStore, clock: FakeClock) -> None:
    worker = Worker(store, clock)
    worker.begin_run()
    for _ in range(2):
        worker.read(worker.begin_cut())
    with store.database.write() as connection:
        connection.execute(change_sets.update().values(state="held"))
    assert read(store).held == {CUSTOMER: 2}


def test_pauses_parked_runs_and_platforms_that_are_down_are_told(store: StateStore, clock: FakeClock) -> None:
    store.breakers.pause(CUSTOMER, "a reason", "somebody")
    add_run(store, clock.now() - timedelta(hours=1), RunStatus.PARKED)
    for name in ("one", "two", "three"):
        store.platforms.failed(HOST, name, Trouble.UNAVAILABLE)
    measures = read(store)
    assert measures.breakers[CUSTOMER].needs_person
    assert measures.resume_at == {CUSTOMER: clock.now() - timedelta(minutes=58)}
    assert list(measures.down) == [HOST]


def test_quotas_are_as_the_quota_itself_tells_them(store: StateStore, clock: FakeClock) -> None:
    """Alone, together in one organization, heard of lately or long ago: the same picture as customer by customer."""
    name, other = DestinationName(CUSTOMER, HOST), DestinationName(OTHER, HOST)
    organization = Organization(7, "Riverside", is_enabled=True, time_zone=None)
    for one in (name, other):
        store.quota.remember_organization(one, organization)
    for who in (name, other, name):
        permit = store.quota.take(who, RULE, Sender("run-1", TRACE), "GET /x")
        assert isinstance(permit, Permit)
        clock.advance(seconds=1)
    said = RateReading(1_000, 400, clock.now() + HOUR)
    store.quota.observe(other, permit, Answer(Outcome.ACCEPTED, 200, rate=said), None)
    clock.advance(seconds=1)
    store.quota.take(name, RULE, Sender("run-1", TRACE), "GET /x")
    for _ in range(2):
        pictures = read(store, CUSTOMER, OTHER, "never-asked").pictures
        assert pictures[CUSTOMER] == store.quota.picture(name, RULE)
        assert pictures[OTHER] == store.quota.picture(other, RULE)
        assert pictures["never-asked"] == store.quota.picture(DestinationName("never-asked", HOST), RULE)
        clock.advance(hours=2)
    assert read(store, CUSTOMER).pictures[CUSTOMER].used == 0


def test_a_fleet_takes_as_many_statements_as_one_customer(store: StateStore, clock: FakeClock) -> None:
    names = [f"customer-{number}" for number in range(50)]
    for name in names:
        add_run(store, clock.now() - timedelta(hours=1), customer=name)
        event_of = {"customer_id": name, "destination": f"{HOST}|{name}", "run_id": "r", "endpoint": "GET /x"}
        with store.database.write() as connection:
            connection.execute(insert(quota_events).values(**event_of, at=clock.now()))
    asked: list[str] = []

    @event.listens_for(store.database.engine, "before_cursor_execute")
    def note(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    read(store, names[0])
    of_one = len(asked)
    asked.clear()
    measures = read(store, *names)
    assert len(asked) == of_one
    assert {picture.used for picture in measures.pictures.values()} == {1}
    assert len(measures.newest) == 50
