"""What is to be told is told once, also by whoever comes after one that was killed."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from sync_pipeline.adapters.sql.alert_book import SILENT_FOR, SqlAlertBook
from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.domain.alerts import ChangeKind, Seen
from sync_pipeline.domain.alerts.notices import Notice, NoticeState
from sync_pipeline.domain.verdict import Severity
from sync_pipeline_tests.clock import FakeClock
from sync_pipeline_tests.domain.alerts.support import problem

KINDS = frozenset({"run_failed"})
CHANNEL, TOPIC = "C-OPS", "run_failed"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def book(database: Database, clock: FakeClock) -> SqlAlertBook:
    return SqlAlertBook(database, clock)


def tell_everything(book: SqlAlertBook) -> None:
    book.tell(CHANNEL, TOPIC, "it broke", [one.change_id for one in book.untold()])


def queued(book: SqlAlertBook) -> Notice:
    book.record(Seen([problem()], KINDS))
    tell_everything(book)
    (notice,) = book.due()
    return notice


def test_a_problem_that_stays_changes_once_whatever_its_numbers(book: SqlAlertBook) -> None:
    assert [change.kind for change in book.record(Seen([problem()], KINDS))] == [ChangeKind.BEGAN]
    assert book.record(Seen([problem(said="it broke again")], KINDS)) == []
    (alert,) = book.open_alerts().values()
    assert alert.problem.said == "it broke again"
    assert len(book.untold()) == 1


def test_an_alert_remembers_since_when_through_everything(book: SqlAlertBook, clock: FakeClock) -> None:
    book.record(Seen([problem(severity=Severity.WARNING)], KINDS))
    since = clock.now()
    clock.advance(hours=1)
    (worse,) = book.record(Seen([problem()], KINDS))
    clock.advance(hours=1)
    (over,) = book.record(Seen([], KINDS))
    assert [(one.kind, one.since) for one in (worse, over)] == [
        (ChangeKind.WORSENED, since),
        (ChangeKind.ENDED, since),
    ]
    assert book.open_alerts() == {}


def test_a_change_is_in_one_notice_even_if_two_look_at_once(book: SqlAlertBook) -> None:
    book.record(Seen([problem()], KINDS))
    seen_by_another = [one.change_id for one in book.untold()]
    tell_everything(book)
    book.tell(CHANNEL, TOPIC, "it broke", seen_by_another)
    assert len(book.due()) == 1
    assert book.untold() == []


def test_when_a_kind_was_told_last_is_known_for_as_long_as_it_matters(book: SqlAlertBook, clock: FakeClock) -> None:
    queued(book)
    assert book.last_told() == {(CHANNEL, TOPIC): clock.now()}
    clock.advance(minutes=11)
    assert book.last_told() == {}


def test_a_notice_is_sent_by_one_only(book: SqlAlertBook) -> None:
    notice = queued(book)
    assert book.begin_sending(notice)
    assert not book.begin_sending(notice)
    assert book.due() == []
    book.sent(notice)
    assert (book.due(), book.unsent()) == ([], 0)


def test_a_notice_whose_sender_died_is_due_again_as_one_in_doubt(book: SqlAlertBook, clock: FakeClock) -> None:
    assert book.begin_sending(queued(book))
    clock.advance(seconds=SILENT_FOR.total_seconds() + 1)
    (doubtful,) = book.due()
    assert (doubtful.state, doubtful.attempts) == (NoticeState.SENDING, 1)


def test_a_notice_that_was_refused_waits_for_its_time(book: SqlAlertBook, clock: FakeClock) -> None:
    notice = queued(book)
    book.begin_sending(notice)
    book.spoken(notice)
    book.try_again(notice, clock.now() + timedelta(minutes=1), "invalid_auth")
    assert book.due() == []
    clock.advance(minutes=1)
    (waiting,) = book.due()
    assert (waiting.state, waiting.attempts, waiting.is_spoken) == (NoticeState.QUEUED, 1, True)


def test_what_is_told_once_is_told_once(book: SqlAlertBook) -> None:
    for _ in range(2):
        book.tell_once(CHANNEL, "summary", "good morning", "summary:2026-03-02")
    assert len(book.due()) == 1
    assert book.was_told("summary:2026-03-02")
    assert not book.was_told("summary:2026-03-03")


def test_the_last_look_is_remembered(book: SqlAlertBook, clock: FakeClock) -> None:
    assert book.look() is None
    first = clock.now()
    clock.advance(hours=5)
    assert book.look() == first
    assert book.last_look() == clock.now()
