"""A read that is broken off goes on after its last page, whatever broke it off, and ends as one that was not."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync_pipeline.domain.errors import SourceError
from sync_pipeline.domain.progress import ReadProgress
from sync_pipeline_tests.stages.reading_support import Nights, Open

SIZE = 2


def plain_row(one: int) -> dict[str, Any]:
    return {"id": one, "name": f"name {one}", "changed_at": f"2026-02-{one + 1:02}T12:00:00Z"}


class Platform:
    """Records 0 to 8 in pages of two, told in every way; `asked` are the queries, in their order."""

    def __init__(self, records: int = 9) -> None:
        self.ids = list(range(records))
        self.asked: list[str] = []
        self.total: int | None = records
        self.statuses: dict[str, int] = {}
        self.row: Callable[[int], dict[str, Any]] = plain_row

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = dict(request.url.params.multi_items())
        name = f"{request.url.path}?{request.url.query.decode()}"
        self.asked.append(name)
        if name in self.statuses:
            return httpx.Response(self.statuses[name], json={})
        if request.url.path == "/events":
            return httpx.Response(200, json={"data": [self._row(one) for one in self.ids], "total": None})
        if request.url.path.startswith("/events/"):
            event = int(request.url.path.split("/")[2])
            return httpx.Response(200, json={"data": [self._row(event)], "total": None})
        if "from" in query:
            begin, end = (datetime.fromisoformat(query[name]).day for name in ("from", "until"))
            return self._page(0, len(self.ids), [one for one in self.ids if begin <= one + 1 < end])
        begin = int(query.get("offset", 0)) + SIZE * (int(query.get("page", 1)) - 1) + SIZE * int(query.get("after", 0))
        return self._page(begin, begin + SIZE, self.ids)

    def _page(self, begin: int, end: int, ids: list[int]) -> httpx.Response:
        number = begin // SIZE + 1
        more = end < len(ids)
        return httpx.Response(
            200,
            json={
                "data": [self._row(one) for one in ids[begin:end]],
                "total": self.total,
                "next": f"?page={number + 1}" if more else None,
                "cursor": number if more else None,
                "last": -(-len(ids) // SIZE),
            },
        )

    def _row(self, one: int) -> dict[str, Any]:
        return self.row(one)


def stream(pagination: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    shifts = {"path": "/shifts", "key": ["id"], "records": "data", "total": "total", "pagination": pagination, **more}
    return {"shifts": shifts}


LINKS = stream({"kind": "next_link", "path": "next"})
WALK = {
    "events": {"path": "/events", "key": ["id"], "records": "data"},
    "shifts": {"path": "/events/{id}/shifts", "key": ["id"], "records": "data", "walk": {"parent": "events"}},
}
WINDOWS = stream(
    {"kind": "since_until", "since": "from", "until": "until", "window": "1d", "start": "2026-02-01"},
)
EVERY_KIND = {
    "next_link": LINKS,
    "cursor": stream({"kind": "cursor", "path": "cursor", "parameter": "after"}),
    "page_number to the last": stream({"kind": "page_number", "parameter": "page", "first": 1, "last": "last"}),
    "page_number to the total": stream({"kind": "page_number", "parameter": "page", "first": 1}),
    "offset": stream({"kind": "offset", "parameter": "offset", "size_parameter": "limit", "size": SIZE}),
    "walk": WALK,
}


def everybody(platform: Platform) -> list[tuple[str | None, ...]]:
    return [(str(one), f"name {one}") for one in platform.ids]


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_slices_of_two_pages_read_every_page_once(opened: Open, kind: str) -> None:
    platform = Platform()
    nights = opened(EVERY_KIND[kind], platform, concurrency=1)
    slices = 1
    while (read := nights.slice(pages=2)) is None:
        slices += 1
        assert len(nights.reading) == 1
    assert slices > 2
    assert nights.rows("name") == everybody(platform)
    assert (read.rows, read.proven, read.warning) == (9, True, None)
    assert read.requests == len(platform.asked)
    pages = [name for name in platform.asked if not name.startswith("/events?")]
    assert sorted(set(pages)) == sorted(pages)
    assert nights.reading == []
    assert nights.journals == []


def test_windows_go_on_with_the_one_that_was_not_over(opened: Open) -> None:
    platform = Platform()
    platform.total = None
    nights = opened(WINDOWS, platform)
    while nights.slice(pages=3) is None:
        pass
    assert nights.rows("name") == everybody(platform)
    windows = 29  # the days from 1 February to the clock's 1 March, and one to the end
    assert len(set(platform.asked)) in (windows, windows + 1)


def test_pages_are_asked_for_ahead_again_once_a_read_goes_on(opened: Open) -> None:
    platform = Platform(40)
    nights = opened(LINKS, platform)
    while nights.slice(pages=5) is None:
        pass
    assert nights.rows("name") == sorted(everybody(platform))
    # What was under way when the slice stopped was asked for in vain: three pages at most, four at a time.
    assert len(platform.asked) <= 20 + 3 * 4


def test_what_a_killed_process_wrote_by_half_is_read_again(opened: Open) -> None:
    platform = Platform()
    nights = opened(LINKS, platform)
    assert nights.slice(pages=2) is None
    [journal] = nights.journals
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-1])
    platform.asked.clear()
    assert nights.slice() is not None
    assert platform.asked[0] == "/shifts?page=2"
    assert nights.rows("name") == everybody(platform)


@pytest.mark.parametrize("torn", [b"", b"{", b'{"terms":"', b"\0\0\0\0\n", b'{"reading":"one"}\n'])
def test_a_torn_journal_is_no_obstacle(opened: Open, torn: bytes) -> None:
    platform = Platform()
    nights = opened(LINKS, platform)
    nights.slice(pages=2)
    [journal] = nights.journals
    journal.write_bytes(torn)
    assert nights.slice() is not None
    assert nights.rows("name") == everybody(platform)


def test_a_journal_is_for_nobody_else_and_gone_with_its_read(opened: Open) -> None:
    nights = opened(LINKS, Platform())
    assert nights.slice(pages=2) is None
    [journal] = nights.journals
    assert journal.stat().st_mode & 0o777 == 0o600
    assert nights.slice() is not None
    assert nights.journals == []


def test_a_read_of_one_page_writes_no_journal(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = Platform(2)
    nights = opened(LINKS, platform)
    written: list[Path] = []
    monkeypatch.setattr("os.fdopen", lambda *_: written.append(Path()))
    assert nights.slice() is not None
    assert written == []


def test_a_cursor_that_the_source_forgot_makes_it_begin_again_in_the_same_slice(opened: Open) -> None:
    platform = Platform()
    nights = opened(LINKS, platform)
    assert nights.slice(pages=2) is None
    platform.statuses = {"/shifts?page=3": 410}
    platform.asked.clear()

    def later(request: httpx.Request) -> httpx.Response:
        answer = platform(request)
        platform.statuses = {}
        return answer

    nights.answer_with(later)
    read = nights.slice()
    assert read is not None
    assert nights.rows("name") == everybody(platform)
    assert platform.asked[0] == "/shifts?page=3"
    assert "/shifts?" in platform.asked


def test_an_outage_in_the_middle_costs_no_page(opened: Open) -> None:
    platform = Platform()
    nights = opened(LINKS, platform)
    nights.slice(pages=2)
    platform.statuses = {"/shifts?page=4": 503}
    with pytest.raises(SourceError, match="HTTP 503"):
        nights.slice()
    assert len(nights.journals) == 1
    platform.statuses, before = {}, len(platform.asked)
    assert nights.slice(run="run-2") is not None
    assert nights.rows("name") == everybody(platform)
    assert [name for name in platform.asked[before:] if name == "/shifts?"] == []


def test_pages_of_another_shape_leave_nothing_to_go_on_with(opened: Open) -> None:
    platform = Platform()
    nights = opened(LINKS, platform)
    platform.statuses = {"/shifts?page=4": 422}
    with pytest.raises(SourceError, match="HTTP 422"):
        nights.slice()
    assert nights.journals == []


def broken_off(nights: Nights) -> None:
    """Run 1 has read three pages in two slices, ten minutes apart."""
    nights.slice(pages=2)
    nights.slice(pages=1)


def test_another_night_begins_again_after_more_than_an_hour(opened: Open) -> None:
    platform = Platform()
    nights = opened(LINKS, platform)
    nights.night()
    broken_off(nights)
    platform.asked.clear()
    assert nights.slice(run="run-2", minutes=61) is not None
    assert platform.asked[0] == "/shifts?"


def test_another_night_soon_afterwards_goes_on_and_counts_it_as_its_own(opened: Open) -> None:
    platform = Platform()
    nights = opened(LINKS, platform)
    nights.night()
    broken_off(nights)
    platform.asked.clear()
    assert nights.slice(run="run-2", minutes=59) is not None
    assert platform.asked[0] == "/shifts?page=4"
    assert nights.newest_read.run_id == "run-2"


def test_a_first_read_goes_on_for_a_day_whoever_began_it(opened: Open) -> None:
    platform = Platform()
    nights = opened(LINKS, platform)
    broken_off(nights)
    platform.asked.clear()
    assert nights.slice(run="run-2", minutes=23 * 60) is not None
    assert platform.asked[0] == "/shifts?page=4"


def test_whoever_runs_again_what_was_killed_early_gets_the_values_of_now(opened: Open) -> None:
    platform = Platform()
    nights = opened(LINKS, platform)
    nights.slice(pages=3, run="run-1")
    platform.asked.clear()
    assert nights.slice(run="run-2", minutes=1) is not None
    assert platform.asked[0] == "/shifts?"


def test_a_connector_that_changed_makes_it_begin_again(opened: Open) -> None:
    platform = Platform()
    nights = opened(LINKS, platform)
    nights.slice(pages=2)
    nights.reconfigure(stream({"kind": "page_number", "parameter": "page", "first": 1}))
    platform.asked.clear()
    assert nights.slice() is not None
    assert platform.asked[0] == "/shifts?page=1"
    assert nights.rows("name") == everybody(platform)


def test_the_second_reading_goes_on_too(opened: Open) -> None:
    """The source counts ten and gives nine: everything is read twice, in slices."""
    platform = Platform()
    platform.total = 10
    nights = opened(LINKS, platform, concurrency=1)
    slices = 0
    while (read := nights.slice(pages=2)) is None:
        slices += 1
    assert slices >= 4
    assert len(platform.asked) == 10
    assert read.rows == 9
    assert "another total" in str(read.warning)


def test_without_a_total_a_read_that_was_broken_off_proves_nobody_gone(opened: Open) -> None:
    platform = Platform()
    nights = opened(LINKS, platform)
    nights.night()
    platform.total = None
    platform.ids.remove(0)
    nights.slice(pages=2)
    read = nights.slice()
    assert read is not None
    assert not read.proven
    assert len(nights.rows("name")) == 9


@pytest.mark.parametrize("overlap", ["0s", "5m"])
def test_what_changes_on_a_page_already_read_comes_with_the_next_read(opened: Open, overlap: str) -> None:
    """Somebody on the last page changes later still: the position must not go there past the other one."""
    platform, floors = Platform(), list[str]()
    changed: dict[int, str] = {}

    def row(one: int) -> dict[str, Any]:
        return {"id": one, "name": f"name {one}", "changed_at": changed.get(one, f"2026-02-{one + 1:02}T12:00:00Z")}

    platform.row = row
    modified = {"field": "changed_at", "parameter": "changed_after", "inclusive": True}

    def answer(request: httpx.Request) -> httpx.Response:
        floors.append(request.url.params.get("changed_after", ""))
        return platform(request)

    nights = opened(
        stream({"kind": "next_link", "path": "next"}, modified=modified), answer, concurrency=1, overlap=overlap
    )
    nights.slice(pages=2)
    changed[0] = nights.clock.advance(minutes=2).isoformat()
    nights.slice(pages=1)
    changed[8] = nights.clock.advance(minutes=20).isoformat()
    assert nights.slice() is not None
    nights.compare()
    floors.clear()
    nights.read()
    assert datetime.fromisoformat(floors[0]) <= datetime.fromisoformat(changed[0])


def test_pages_that_lead_in_a_circle_are_found_across_slices(opened: Open) -> None:
    platform = Platform()

    def circle(request: httpx.Request) -> httpx.Response:
        answer = platform(request)
        body = answer.json()
        number = int(dict(request.url.params.multi_items()).get("page", 1))
        return httpx.Response(200, json={**body, "total": None, "next": f"?page={number % 4 + 1}"})

    nights = opened(LINKS, circle)
    assert nights.slice(pages=3) is None
    with pytest.raises(SourceError, match="repeating"):
        nights.slice()


def test_how_far_a_read_is_can_be_seen(opened: Open) -> None:
    nights = opened(LINKS, Platform())
    nights.slice(pages=2)
    [cut] = nights.reading
    progress = ReadProgress.of(cut, nights.clock.advance(hours=1))
    assert (progress.records, progress.pages, progress.total, progress.percent) == (4, 2, 9, 44.4)
    elapsed = nights.clock.now() - cut.read_started_at
    assert progress.finish_at == nights.clock.now() + elapsed * (9 / 4 - 1)
