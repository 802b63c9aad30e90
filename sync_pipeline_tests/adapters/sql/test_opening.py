"""Opening the state store: migrations, processes that start together, addresses that do not work."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from sync_pipeline.adapters.sql.database import HEAD_REVISION, Database, create_engine_for, current_revision
from sync_pipeline.adapters.sql.tables import metadata
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline_tests.postgres import PostgresServer

OPEN_WHEN_TOLD = """
import sys
from sync_pipeline.adapters.sql.database import Database
print("ready", flush=True)
sys.stdin.readline()
Database(sys.argv[1]).close()
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a table; SQLite's file is not even there."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'folder' / 'empty.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.create_database()
    yield server.url(name)
    server.drop_database(name)


def tables_of(url: str) -> set[str]:
    engine = create_engine_for(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_a_fresh_database_gets_every_table(empty_database_url: str) -> None:
    Database(empty_database_url).close()
    assert tables_of(empty_database_url) == {*metadata.tables, "alembic_version"}


def test_the_migrated_schema_is_the_one_the_code_works_with(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert current_revision(connection) == HEAD_REVISION
    database.close()


def test_opening_again_changes_nothing_and_keeps_the_rows(empty_database_url: str) -> None:
    first = Database(empty_database_url)
    with first.write() as connection:
        connection.execute(text("INSERT INTO leases (customer_id, token) VALUES ('riverside', 7)"))
    first.close()
    second = Database(empty_database_url)
    with second.read() as connection:
        assert connection.execute(text("SELECT token FROM leases")).scalar() == 7
    second.close()


def test_threads_that_open_a_fresh_database_together_all_succeed(empty_database_url: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        for database in threads.map(Database, [empty_database_url] * 4):
            database.close()
    assert tables_of(empty_database_url) == {*metadata.tables, "alembic_version"}


def test_processes_that_open_a_fresh_database_together_both_succeed(empty_database_url: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN_WHEN_TOLD, empty_database_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    endings = [process.communicate()[1] for process in processes]
    assert endings == ["", ""]
    assert [process.returncode for process in processes] == [0, 0]


def refusal_of(url: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        Database(url)
    return caught.value


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://sync:hunter2@127.0.0.1:1/state",
        "postgresql://127.0.0.1:1/state?user=sync&password=hunter2",
    ],
)
def test_an_unreachable_server_is_named_without_its_password(address: str) -> None:
    refusal = refusal_of(address)
    assert "127.0.0.1" in refusal.message
    assert "SYNC_DATABASE_URL" in refusal.remedy
    assert "hunter2" not in str(refusal)


@pytest.mark.parametrize(
    "address",
    [
        "not an address",
        "oracle://sync:hunter2@host/state",
        "postgresql://sync:hunter2@host:not-a-port/state",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_an_address_that_cannot_be_a_state_store_is_refused_by_name(address: str) -> None:
    refusal = refusal_of(address)
    assert "SYNC_DATABASE_URL" in str(refusal)
    assert "hunter2" not in str(refusal)


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    assert "SYNC_DATABASE_URL" in refusal_of(f"sqlite:///{tmp_path}").remedy


def test_a_file_where_a_folder_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "SYNC_DATABASE_URL" in refusal_of(f"sqlite:///{tmp_path / 'file' / 'state.db'}").remedy


def test_a_place_where_no_file_can_be_made_is_refused() -> None:
    assert "SYNC_DATABASE_URL" in refusal_of("sqlite:////proc/state.db").remedy


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_may_only_be_read_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    """It would open, and fail at the first write, in the middle of a run."""
    file = tmp_path / "state.db"
    Database(f"sqlite:///{file}").close()
    file.chmod(0o400)
    assert "SYNC_DATABASE_URL" in refusal_of(f"sqlite:///{file}").remedy


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("not a database " * 100)
    assert "SYNC_DATABASE_URL" in refusal_of(f"sqlite:///{notes}").remedy
    assert notes.read_text() == "not a database " * 100


def test_a_database_without_the_right_to_make_tables_is_refused(postgres_server: PostgresServer) -> None:
    name = postgres_server.create_database()
    engine = create_engine_for(postgres_server.url(name))
    with engine.begin() as connection:
        connection.execute(text("CREATE ROLE reader LOGIN"))
    engine.dispose()
    address = postgres_server.url(name).replace("//sync@", "//reader@")
    assert "SYNC_DATABASE_URL" in refusal_of(address).remedy
    postgres_server.drop_database(name)


def test_a_database_of_a_newer_release_is_refused_and_left_alone(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    refusal = refusal_of(empty_database_url)
    assert "newer" in refusal.message
    engine = create_engine_for(empty_database_url)
    with engine.connect() as connection:
        assert current_revision(connection) == "9999"
    engine.dispose()


def test_a_failed_transaction_leaves_nothing_behind(database_url: str) -> None:
    database = Database(database_url)
    with pytest.raises(RuntimeError), database.write() as connection:  # noqa: PT012  both lines are one transaction
        connection.execute(text("INSERT INTO leases (customer_id, token) VALUES ('riverside', 7)"))
        raise RuntimeError("the process dies here")
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM leases")).scalar() == 0
    database.close()
