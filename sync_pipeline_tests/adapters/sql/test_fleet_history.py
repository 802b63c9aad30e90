"""What the store knows about a whole fleet, in a few statements."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.domain.answer import Answer, Outcome, RateReading
from sync_pipeline.domain.change import ChangeCounts
from sync_pipeline.domain.operation import Permit
from sync_pipeline.domain.organization import Organization
from sync_pipeline.domain.pages.fleet_facts import FleetRecords
from sync_pipeline.domain.run import Layer, RunStatus
from sync_pipeline.ports import DestinationName, Sender
from sync_pipeline_tests.adapters.sql.support import HOST, PLENTY, SOURCE, STREAM, TRACE, Worker, operation
from sync_pipeline_tests.clock import START, FakeClock

DAY = timedelta(days=1)


def records(store: StateStore, *customers: str) -> FleetRecords:
    names = [DestinationName(customer, HOST) for customer in customers]
    return store.fleet_history.records(names, START - DAY, START - DAY)


@pytest.fixture
def maple(store: StateStore, clock: FakeClock) -> Worker:
    return Worker(store, clock, customer="maple")


@pytest.fixture
def statements(store: StateStore) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(store.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(store.database.engine, "before_cursor_execute", note)


def finish(worker: Worker, status: RunStatus, **report: Any) -> None:
    told = {"requests": {}, "stage_failures": [], **report}
    worker.store.runs.finish_slice(worker.lease, worker.run_id, f"dagster-{worker.run_id}", status, None, told)


def run(worker: Worker, run_id: str, status: RunStatus, layer: Layer = Layer.NIGHTLY, **report: Any) -> None:
    one = worker.in_run(run_id)
    one.begin_run(f"dagster-{run_id}", layer)
    worker.clock.advance(minutes=5)
    finish(one, status, **report)


def test_the_newest_run_of_everybody_comes_with_its_first_trouble(worker: Worker, maple: Worker) -> None:
    failure = {"subject": "users", "message": "The source answered 500.", "remedy": "Try later."}
    run(worker, "old", RunStatus.DONE, total_changes=7)
    run(worker, "new", RunStatus.FAILED, stage_failures=[failure], failures=2)
    run(maple, "only", RunStatus.DONE, Layer.RECONCILE)
    found = records(worker.store, worker.customer, maple.customer, "nobody")
    assert {name: newest.run.run_id for name, newest in found.newest.items()} == {"riverside": "new", "maple": "only"}
    assert (found.newest["riverside"].trouble, found.newest["maple"].trouble) == ("The source answered 500.", None)
    assert [(night.run_id, night.took) for night in found.nights] == [
        ("old", timedelta(minutes=5)),
        ("new", timedelta(minutes=5)),
    ]
    assert found.at_work == set(), "their leases have run out"
    assert records(worker.store, "maple").newest.keys() == {"maple"}


def test_what_needs_a_person_is_counted_by_customer(worker: Worker, maple: Worker) -> None:
    worker.plan(operation("1"), operation("2", reason="no name"), operation("3", reason="no name"))
    batch = worker.claim()
    worker.sending.accepted(batch.ids)
    worker.sending.review(batch.ids, "not to be seen")
    cut = maple.read(maple.begin_cut())
    maple.store.cuts.finish_diff(
        maple.lease, cut, ChangeCounts(0, 30, 0), read_position=None, folded=None, held="30 of 40 records differ"
    )
    maple.store.breakers.pause("maple", "a look", "anna")
    found = records(worker.store, "riverside", "maple")
    assert (found.dead, found.reviews, found.held) == ({"riverside": 2}, {"riverside": 1}, {"maple": 1})
    assert found.breakers["maple"].reason == "a look"
    assert found.at_work == {"riverside", "maple"}


def test_when_each_stream_was_accounted_for(worker: Worker) -> None:
    worker.begin_run()
    worker.plan(operation("1"))
    worker.accept_all()
    worker.move_checkpoints()
    found = records(worker.store, "riverside")
    assert found.accounted == {("riverside", SOURCE, STREAM): START}


def test_requests_are_counted_by_organization_and_hour(worker: Worker, maple: Worker, clock: FakeClock) -> None:
    quota = worker.store.quota
    for one in (worker, maple):
        quota.remember_organization(one.name, Organization(12, "Shared", None, is_enabled=True))
    for minutes in (0, 30, 61):
        clock.reset()
        clock.advance(minutes=minutes)
        quota.take(worker.name, PLENTY, Sender("run-1", TRACE), "POST /a")
        asked = quota.take(maple.name, PLENTY, Sender("run-2", TRACE), "POST /a")
        assert isinstance(asked, Permit)
        quota.observe(maple.name, asked, Answer(Outcome.ACCEPTED, 200, rate=RateReading(3_000, 2_000)), None)
    found = records(worker.store, "riverside", "maple")
    (shared,) = found.organizations
    assert (shared.customers, shared.limit) == (("maple", "riverside"), 3_000)
    assert found.requests == {shared.key: {START: 4, START + timedelta(hours=1): 2}}
    names = [worker.name, maple.name]
    later = worker.store.fleet_history.records(names, START, START + timedelta(hours=1))
    assert later.requests == {shared.key: {START + timedelta(hours=1): 2}}


def test_a_fleet_takes_as_many_statements_as_one_customer(worker: Worker, statements: list[str]) -> None:
    records(worker.store, "riverside")
    alone = len(statements)
    statements.clear()
    records(worker.store, *(f"customer-{number}" for number in range(500)))
    assert len(statements) == alone
    assert alone < 20
