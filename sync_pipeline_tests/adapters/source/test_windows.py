"""A stream in windows of time: no moment between two windows is lost, and none is read for ever."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sync_pipeline.adapters.source.windows import bounds
from sync_pipeline.domain.cut import Strategy
from sync_pipeline.domain.errors import SourceError
from sync_pipeline_tests.adapters.source.support import START, VirtualClock, keys, open_source, read, stream

DAY = timedelta(days=1)


class Visits:
    """Visits by the moment they changed; a window's ends count as the two flags say."""

    def __init__(self, *moments: datetime, from_counts: bool = True, until_counts: bool = False) -> None:
        self.moments = list(moments)
        self.from_counts = from_counts
        self.until_counts = until_counts
        self.asked: list[tuple[datetime, datetime]] = []
        self.claimed: dict[int, int] = {}
        self.clock = VirtualClock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        since, until = (datetime.fromisoformat(request.url.params[name]) for name in ("from", "to"))
        self.asked.append((since, until))
        inside = [one for one in self.moments if self.inside(one, since, until)]
        records = [{"id": self.moments.index(one), "changed": one.isoformat()} for one in inside]
        total = self.claimed.get(len(self.asked), len(records))
        return httpx.Response(200, json={"data": records, "meta": {"total": total}})

    def inside(self, moment: datetime, since: datetime, until: datetime) -> bool:
        edges = (self.from_counts and moment == since) or (self.until_counts and moment == until)
        return since < moment < until or edges

    def read(self, since: datetime | None = None, concurrency: int = 1, **changes: Any) -> list[Any]:
        pagination = {"kind": "since_until", "since": "from", "until": "to", "window": "7d", "start": "2026-01-01"}
        modified = {"field": "changed", "parameter": "from", "inclusive": self.from_counts}
        described = stream(pagination={**pagination, **changes}, modified=modified)
        source = open_source(self, described, self.clock)
        return read(source, strategy=Strategy.MODIFIED_SINCE, since=since, concurrency=concurrency)


EDGES = [datetime(2026, 1, 1, tzinfo=UTC) + 7 * DAY * number for number in range(9)]


@pytest.mark.parametrize(("from_counts", "until_counts"), [(True, False), (False, True), (True, True), (False, False)])
def test_records_at_the_very_edge_of_two_windows_are_read(*, from_counts: bool, until_counts: bool) -> None:
    visits = Visits(*EDGES, from_counts=from_counts, until_counts=until_counts)
    assert set(keys(visits.read())) == {str(number) for number in range(9)}


def test_windows_follow_each_other_without_a_gap_from_the_start_to_after_now() -> None:
    visits = Visits(EDGES[2])
    visits.read()
    assert visits.asked[0][0] == EDGES[0]
    assert all(until - since == 7 * DAY for since, until in visits.asked[:-1])
    assert [until for _, until in visits.asked[:-1]] == [since for since, _ in visits.asked[1:]]
    assert visits.asked[-1][1] > START


def test_an_incremental_read_starts_at_its_floor() -> None:
    visits = Visits(START - DAY)
    assert keys(visits.read(since=START - 2 * DAY)) == ["0"]
    assert visits.asked == [(START - 2 * DAY, START + timedelta(hours=1))]


def test_a_floor_of_another_field_than_the_windows_does_not_shorten_them() -> None:
    """Windows by creation: an old record that changed today lies in an old window."""
    visits = Visits(EDGES[0])
    pagination = {"kind": "since_until", "since": "from", "until": "to", "window": "7d", "start": "2026-01-01"}
    modified = {"field": "changed", "parameter": "updated_after"}
    source = open_source(visits, stream(pagination=pagination, modified=modified), visits.clock)
    pages = read(source, strategy=Strategy.MODIFIED_SINCE, since=START - DAY)
    assert keys(pages) == ["0"]
    assert visits.asked[0][0] == EDGES[0]


def test_a_record_that_changes_while_older_windows_are_read_is_found_in_the_last_one() -> None:
    visits = Visits(EDGES[0], EDGES[3])

    def moving(request: httpx.Request) -> httpx.Response:
        visits.moments[0] = START + timedelta(minutes=30)
        return visits(request)

    pagination = {"kind": "since_until", "since": "from", "until": "to", "window": "7d", "start": "2026-01-01"}
    assert set(keys(read(open_source(moving, stream(pagination=pagination), visits.clock)))) == {"0", "1"}


def test_without_a_start_windows_begin_with_the_year_2000() -> None:
    visits = Visits(EDGES[0])
    pagination = {"kind": "since_until", "since": "from", "until": "to", "window": "3650d"}
    read(open_source(visits, stream(pagination=pagination), visits.clock))
    assert visits.asked[0][0] == datetime(2000, 1, 1, tzinfo=UTC)


def windows_asked(since: datetime | None = None, **paging: str) -> list[tuple[str, str]]:
    """The ends of the windows as they are sent."""
    asked: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.params["from"], request.url.params["to"]))
        return httpx.Response(200, json={"data": []})

    pagination = {"kind": "since_until", "since": "from", "until": "to", "window": "20d", "start": "2026-01-31"}
    modified = {"field": "changed", "parameter": "from", "format": "epoch"}
    described = stream(pagination={**pagination, **paging}, modified=modified)
    read(open_source(answer, described), strategy=Strategy.MODIFIED_SINCE, since=since)
    return asked


def test_windows_are_sent_in_the_format_of_modified() -> None:
    assert windows_asked() == [("1769817600", "1771545600"), ("1771545600", "1772406000")]
    assert windows_asked(START - DAY) == [("1772316000", "1772406000")]


def test_windows_may_have_a_format_of_their_own_and_days_reach_beyond_both_ends() -> None:
    """Half a day is left out on neither side of the world, and windows in between share their ends."""
    assert windows_asked(format="date") == [("2026-01-30", "2026-02-19"), ("2026-02-19", "2026-03-03")]
    assert windows_asked(START - DAY, format="date") == [("2026-02-27", "2026-03-03")]


def test_a_window_narrower_than_the_format_is_widened() -> None:
    asked = windows_asked(START - 3 * DAY, format="%d.%m.%Y", window="6h")
    assert asked[:2] == [("25.02.2026", "26.02.2026"), ("26.02.2026", "27.02.2026")]


def test_each_window_is_paged_inside() -> None:
    asked: list[tuple[str, str]] = []

    def paged(request: httpx.Request) -> httpx.Response:
        window, page = request.url.params["from"][:10], request.url.params["page"]
        asked.append((window, page))
        first = window == "2026-01-01"
        return httpx.Response(200, json={"data": [{"id": f"{window} {page}"}], "last": 3 if first else 1})

    pages = {"kind": "page_number", "parameter": "page", "last": "last"}
    pagination = {"kind": "since_until", "since": "from", "until": "to", "window": "30d", "start": "2026-01-01"}
    described = stream(pagination={**pagination, "pages": pages}, total=None)
    found = keys(read(open_source(paged, described), concurrency=2))
    assert found == ["2026-01-01 1", "2026-01-01 2", "2026-01-01 3", "2026-01-31 1"]
    assert sorted(asked) == [("2026-01-01", "1"), ("2026-01-01", "2"), ("2026-01-01", "3"), ("2026-01-31", "1")]


def test_windows_are_read_at_once_and_handed_out_in_order() -> None:
    one_by_one, at_once = Visits(*EDGES), Visits(*EDGES)
    assert keys(one_by_one.read()) == keys(at_once.read(concurrency=4))
    assert len(one_by_one.asked) == len(at_once.asked)


def test_many_empty_windows_are_no_stall() -> None:
    visits = Visits(EDGES[0])
    assert keys(visits.read(window="3h")) == ["0"]
    assert len(visits.asked) > 400


def test_a_source_that_ignores_the_window_is_found() -> None:
    def everything(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": [{"id": 1}, {"id": 2}]})

    pagination = {"kind": "since_until", "since": "from", "until": "to", "window": "7d", "start": "2026-01-01"}
    with pytest.raises(SourceError, match=r"Page 3 of stream users \(from .* holds the same records .* repeating"):
        read(open_source(everything, stream(pagination=pagination)))


def test_a_window_whose_total_is_missed_once_is_read_again() -> None:
    visits = Visits(EDGES[0] + DAY)
    visits.claimed = {1: 2}
    pages = visits.read()
    assert (set(keys(pages)), any(page.short for page in pages)) == ({"0"}, False)
    assert visits.asked[0] == visits.asked[1]


def test_a_window_whose_total_is_missed_twice_makes_the_read_short() -> None:
    visits = Visits(EDGES[0] + DAY, EDGES[1] + DAY)
    visits.claimed = {1: 2, 2: 2}
    pages = visits.read()
    assert (set(keys(pages)), sum(page.short for page in pages)) == ({"0", "1"}, 1)
    assert {page.total for page in pages} == {None}


def test_an_error_names_the_window() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        second = request.url.params["from"].startswith("2026-01-31")
        return httpx.Response(422 if second else 200, json={"data": [], "message": "Jane Doe"})

    pagination = {"kind": "since_until", "since": "from", "until": "to", "window": "30d", "start": "2026-01-01"}
    with pytest.raises(SourceError, match=r"\(from 2026-01-31T00:00:00\+00:00 to .*\): .* HTTP 422") as caught:
        read(open_source(broken, stream(pagination=pagination)))
    assert "Jane" not in str(caught.value)
    assert caught.value.remedy


def test_a_window_that_ends_now_is_followed_by_the_last_one() -> None:
    assert bounds(START - DAY, DAY, START) == (START - DAY, START, False)
    assert bounds(START, DAY, START) == (START, START + timedelta(hours=1), True)
    assert bounds(START + DAY, DAY, START)[2]
