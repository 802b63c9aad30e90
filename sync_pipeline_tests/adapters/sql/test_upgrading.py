"""A state store of the first release opens in this one, and goes on where it stopped."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from sync_pipeline.adapters.sql import database as database_module
from sync_pipeline.adapters.sql.database import HEAD_REVISION, create_engine_for, current_revision
from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.domain.crm import contacts
from sync_pipeline.domain.needs import CrmId, Need
from sync_pipeline.domain.operation import Evidence
from sync_pipeline_tests.adapters.sql.kinds_support import ids, kinds, next_batch, waiting_of, write
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, Worker
from sync_pipeline_tests.clock import FakeClock
from sync_pipeline_tests.postgres import PostgresServer

LEDGER = """
INSERT INTO ledger (customer_id, run_id, kind, reference_source, reference_id, state, priority, payload, attempts,
    batch_id, attempted_at, deferrals, accepted_at, finished_in, planned_at, updated_at)
VALUES ('riverside', 'run-0', 'contact', 'VOMO', :reference, :state, 20, :payload, :attempts,
    :batch, :attempted, :deferrals, :accepted, NULL, :planned, :planned)
"""
LINKS = """
INSERT INTO ledger_changes (customer_id, operation_id, stream, key, field_group, kind, fingerprint, row_hash, cut,
    run_id)
SELECT customer_id, operation_id, 'users', 'key-' || reference_id, 'core', 'update', 'core=a', 'hash-a', 1, run_id
FROM ledger
"""
STATES = ("planned", "sending", "accepted", "deferred", "dead")
MOMENT = "2026-02-28 22:00:00"


@pytest.fixture(params=["sqlite", "postgresql"])
def first_release(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a store of revision 0001, with an operation in each state of that time."""
    server: PostgresServer | None = None
    name = ""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'state.db'}"
    else:
        server = request.getfixturevalue("postgres_server")
        assert server is not None
        name = server.create_database()
        url = server.url(name)
    make_first_release(url)
    yield url
    if server is not None:
        server.drop_database(name)


def make_first_release(url: str) -> None:
    engine = create_engine_for(url)
    config = Config()
    config.set_main_option("script_location", str(Path(database_module.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for state in STATES:
            values = {
                "reference": state,
                "state": state,
                "payload": None if state in {"accepted", "dead"} else '{"value": "a"}',
                "attempts": 0 if state == "planned" else 1,
                "batch": "batch-0" if state == "sending" else None,
                "attempted": None if state == "planned" else MOMENT,
                "deferrals": 1 if state == "deferred" else 0,
                "accepted": MOMENT if state == "accepted" else None,
                "planned": MOMENT,
            }
            connection.execute(text(LEDGER), values)
        connection.execute(text(LINKS))
        connection.execute(
            text(
                "INSERT INTO positions (customer_id, source, stream, direction, mapping_hash) "
                "VALUES ('riverside', 'vomo', 'users', 'to_virtuous', 'old')"
            )
        )
    engine.dispose()


def test_every_old_operation_gets_the_one_endpoint_there_was(first_release: str, clock: FakeClock) -> None:
    store = StateStore(first_release, clock)
    worker = Worker(store, clock)
    assert [(row.state, row.action, row.endpoint, row.request) for row in worker.operations()] == [
        (state, "save", contacts.TRANSACTION, None) for state in STATES
    ]
    with store.database.read() as connection:
        assert current_revision(connection) == HEAD_REVISION
    store.close()


def test_what_was_planned_or_in_doubt_goes_on(first_release: str, clock: FakeClock) -> None:
    store = StateStore(first_release, clock)
    worker = Worker(store, clock)
    (doubtful,) = worker.sending.in_doubt()
    assert (doubtful.endpoint, len(doubtful.ids)) == (contacts.TRANSACTION, 1)
    worker.sending.accepted(doubtful.ids)
    worker.sending.retry_deferred()
    batch = next_batch(worker)
    assert kinds(batch) == ["save contact planned", "save contact deferred"]
    assert [operation.payload for operation in batch.operations] == [{"value": "a"}, {"value": "a"}]
    worker.sending.accepted(batch.ids)
    assert store.ledger_counts(CUSTOMER) == {"accepted": 4, "dead": 1}
    store.close()


def test_the_new_kinds_work_beside_the_old_rows(first_release: str, clock: FakeClock) -> None:
    store = StateStore(first_release, clock)
    worker = Worker(store, clock)
    worker.plan(write("opportunity", "1"))
    waiting_of(worker).found({ids(worker, "opportunity")[0]: CrmId(3)}, Evidence.FOUND_THERE)
    need = Need("opportunity", "VOMO", "ref-1")
    assert store.crm_ids.known(CUSTOMER, [need]) == {need: CrmId(3)}
    assert store.waiting_groups(CUSTOMER) == []
    store.close()


def test_opening_once_more_changes_nothing(first_release: str, clock: FakeClock) -> None:
    StateStore(first_release, clock).close()
    store = StateStore(first_release, clock)
    assert store.ledger_counts(CUSTOMER) == dict.fromkeys(STATES, 1)
    store.close()
