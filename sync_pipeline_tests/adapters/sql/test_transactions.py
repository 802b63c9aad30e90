"""Transactions: writers that wait for one another, and what is written together."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import func, insert, select

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.tables import audit_log
from sync_pipeline_tests.clock import FakeClock

NOW = FakeClock().now()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


def note(database: Database, action: str) -> None:
    with database.write() as connection:
        connection.execute(insert(audit_log).values(customer_id="riverside", at=NOW, actor="a", action=action))


def note_and_fail(database: Database) -> None:
    with database.together():
        note(database, "one")
        note(database, str(1 / 0))


def write_beside(database: Database, other: ThreadPoolExecutor) -> None:
    with database.together():
        other.submit(note, database, "of the other thread")
        note_and_fail(database)


def noted(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(audit_log)).scalar_one()


def test_what_is_written_together_is_there_at_once(database: Database) -> None:
    with database.together():
        note(database, "one")
        note(database, "another")
        assert noted(database) == 0
    assert noted(database) == 2
    note(database, "alone")
    assert noted(database) == 3


def test_a_block_within_a_block_is_part_of_it_to_its_end(database: Database) -> None:
    with database.together():
        with database.together():
            note(database, "inside")
        note(database, "after that")
        assert noted(database) == 0
    assert noted(database) == 2


def test_what_is_written_together_is_not_there_when_it_ends_in_an_error(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        note_and_fail(database)
    assert noted(database) == 0
    note(database, "alone")
    assert noted(database) == 1


def test_another_thread_is_not_part_of_what_this_one_writes_together(database: Database) -> None:
    with ThreadPoolExecutor(1) as other, pytest.raises(ZeroDivisionError):
        write_beside(database, other)
    assert noted(database) == 1


def test_a_writer_waits_until_another_one_is_done(database: Database) -> None:
    begun = Event()

    def write_slowly() -> None:
        with database.write() as connection:
            connection.execute(insert(audit_log).values(customer_id="riverside", at=NOW, actor="a", action="first"))
            begun.set()
            waiting.wait(0.05)

    waiting = Event()
    with ThreadPoolExecutor(1) as other:
        first = other.submit(write_slowly)
        begun.wait()
        note(database, "second")
        first.result()
    assert noted(database) == 2
