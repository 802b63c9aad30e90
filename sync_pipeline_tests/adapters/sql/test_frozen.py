"""Frozen state: one moment of the store, that nobody waits for and nothing can be written to."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import create_engine, delete, inspect
from sqlalchemy.exc import DatabaseError

from sync_pipeline.adapters.sql.frozen import FrozenState, frozen_state
from sync_pipeline.adapters.sql.tables import ledger
from sync_pipeline.domain.backlog import delivery_batches, repeated_batches
from sync_pipeline.domain.operation import Priority, SendingBatch, State
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, Worker, operation, upto
from sync_pipeline_tests.clock import FakeClock
from sync_pipeline_tests.postgres import PostgresServer

Freeze = Callable[[], AbstractContextManager[FrozenState]]


@pytest.fixture
def freeze(database_url: str, clock: FakeClock, tmp_path: Path) -> Freeze:
    """Freezes the store of the test."""
    return partial(frozen_state, database_url, clock, tmp_path / "scratch")


def test_what_is_written_meanwhile_is_not_seen_and_does_not_wait(worker: Worker, freeze: Freeze) -> None:
    worker.plan(operation("1"))
    with freeze() as frozen:
        worker.plan(operation("2"))
        assert [each.records for each in frozen.open_operations(CUSTOMER)] == [(("users", "1"),)]
        assert len(frozen.cuts.cuts_of_run(CUSTOMER, worker.run_id)[0]) == 1
    with freeze() as frozen:
        assert len(frozen.open_operations(CUSTOMER)) == 2


def test_a_writer_in_the_middle_of_its_transaction_holds_nobody_up(worker: Worker, freeze: Freeze) -> None:
    worker.plan(operation("1"))
    with worker.store.database.write() as connection:
        connection.execute(delete(ledger))
        with freeze() as frozen:
            assert len(frozen.open_operations(CUSTOMER)) == 1


def test_nothing_can_be_written(worker: Worker, freeze: Freeze) -> None:
    with freeze() as frozen:
        with pytest.raises(RuntimeError):
            frozen.positions.move_checkpoints(worker.lease, worker.run_id)
        with frozen.database.read() as connection, pytest.raises(DatabaseError):
            connection.execute(delete(ledger))


def test_an_operation_is_told_with_its_records_and_whether_it_may_have_arrived(worker: Worker, freeze: Freeze) -> None:
    worker.plan(operation("1", groups=("core", "tags")), operation("2", reason="no reference"))
    worker.plan(operation("3", priority=Priority.CREATE))
    sent = worker.claim(limit=1)
    with freeze() as frozen:
        doubtful, planned = frozen.open_operations(CUSTOMER)
    assert (doubtful.state, doubtful.may_have_arrived, doubtful.batch_id) == (State.SENDING, True, sent.batch_id)
    assert (planned.state, planned.may_have_arrived, planned.records) == (State.PLANNED, False, (("users", "3"),))


def test_the_sender_claims_what_is_foretold_batch_by_batch(worker: Worker, freeze: Freeze) -> None:
    worker.plan(*(operation(f"old-{number}") for number in range(3)))
    worker.sending.defer_planned("Virtuous gave no answer")
    worker.sending.retry_deferred()
    worker.plan(*(operation(f"late-{number}", priority=Priority.UPDATE) for number in range(4)))
    worker.plan(*(operation(f"other-{number}", source="OTHER") for number in range(3)))
    worker.plan(operation("twice-1", reference="twice"), operation("twice-2", reference="twice"))
    with freeze() as frozen:
        foretold = list(delivery_batches(frozen.open_operations(CUSTOMER), upto(4)))
    claimed: list[str] = []
    while isinstance(batch := worker.sending.claim(upto(4)), SendingBatch):
        claimed.append(upto(4).label(batch.endpoint, len(batch.operations)))
        worker.sending.accepted(batch.ids)
    assert [request.endpoint for request in foretold] == claimed
    assert sum(request.rows for request in foretold) == 12


def test_what_left_together_is_repeated_together_up_to_the_limit(worker: Worker, freeze: Freeze) -> None:
    worker.plan(*(operation(str(number)) for number in range(7)))
    worker.claim(limit=5)
    worker.claim(limit=2)
    with freeze() as frozen:
        operations = frozen.open_operations(CUSTOMER)
    assert [request.rows for request in repeated_batches(operations, upto(3))] == [3, 2, 2]
    assert list(delivery_batches(operations, upto(3))) == []


def test_where_there_is_no_store_yet_none_is_made(tmp_path: Path, clock: FakeClock) -> None:
    with frozen_state(f"sqlite:///{tmp_path / 'home' / 'state.db'}", clock, tmp_path / "scratch") as frozen:
        assert frozen.open_operations(CUSTOMER) == []
    assert [path.name for path in tmp_path.iterdir()] == ["scratch"]


def test_a_server_database_without_tables_stays_without(
    postgres_server: PostgresServer, tmp_path: Path, clock: FakeClock
) -> None:
    name = postgres_server.create_database()
    url = postgres_server.url(name)
    with frozen_state(url, clock, tmp_path / "scratch") as frozen:
        assert frozen.open_operations(CUSTOMER) == []
    engine = create_engine(url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()
    postgres_server.drop_database(name)
