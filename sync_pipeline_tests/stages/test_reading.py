"""What a read leaves behind, night after night: the snapshot, the position, what it proves and what it says."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from sync_pipeline.domain.errors import SourceError
from sync_pipeline.domain.run import Layer
from sync_pipeline_tests.stages.reading_support import Open


class Calendar:
    """Events by id with their day, seen from the first night, and their shifts by id."""

    STREAMS: Mapping[str, Any] = {
        "events": {"path": "/events", "key": ["id"]},
        "shifts": {
            "path": "/events/{id}/shifts",
            "key": ["id"],
            "walk": {"parent": "events", "time": "starts_at", "lookback_days": 10, "lookahead_days": 2},
        },
    }

    def __init__(self) -> None:
        self.events: dict[int, str] = {1: "2026-01-01T10:00:00Z", 2: "2026-03-01T10:00:00Z", 3: "2026-03-02T10:00:00Z"}
        self.shifts: dict[int, list[dict[str, Any]]] = {
            1: [{"id": 10, "name": "a"}],
            2: [{"id": 20, "name": "b"}, {"id": 21, "name": "c"}],
            3: [{"id": 30, "name": "d"}],
        }
        self.statuses: dict[int, int] = {}
        self.asked: list[int] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/events":
            return httpx.Response(200, json=[{"id": one, "starts_at": day} for one, day in self.events.items()])
        event = int(request.url.path.split("/")[2])
        self.asked.append(event)
        return httpx.Response(self.statuses.get(event, 200), json=self.shifts.get(event, []))

    def below(self) -> list[int]:
        """The events asked for since the last time."""
        asked, self.asked = self.asked, []
        return sorted(asked)


def test_a_first_walk_reads_everything_and_the_next_ones_only_the_window(opened: Open) -> None:
    calendar = Calendar()
    nights = opened(Calendar.STREAMS, calendar)
    first = nights.night()
    assert (first.rows, first.snapshot_rows, first.proven, first.warning) == (4, 4, True, None)
    assert calendar.below() == [1, 2, 3]
    second = nights.night()
    assert (second.rows, second.snapshot_rows, second.proven) == (3, 4, True)
    assert calendar.below() == [2, 3]
    assert nights.rows("parent.starts_at")[0] == ("10", "2026-01-01T10:00:00Z")


def test_what_is_gone_below_a_walked_parent_leaves_the_snapshot_and_nothing_else(opened: Open) -> None:
    calendar = Calendar()
    nights = opened(Calendar.STREAMS, calendar)
    nights.night()
    calendar.shifts = {1: [], 2: [{"id": 21, "name": "C"}], 3: [{"id": 30, "name": "d"}, {"id": 31, "name": "e"}]}
    nights.night()
    assert nights.rows("name") == [("10", "a"), ("21", "C"), ("30", "d"), ("31", "e")]


def test_a_parent_that_is_no_longer_listed_keeps_its_records(opened: Open) -> None:
    calendar = Calendar()
    nights = opened(Calendar.STREAMS, calendar)
    nights.night()
    del calendar.events[2]
    nights.night()
    assert [key for (key,) in nights.rows()] == ["10", "20", "21", "30"]


def test_a_parent_that_vanished_during_the_walk_keeps_its_records_and_is_said(opened: Open) -> None:
    calendar = Calendar()
    nights = opened(Calendar.STREAMS, calendar)
    nights.night()
    calendar.statuses = {2: 404}
    calendar.shifts[3] = [{"id": 31, "name": "e"}]
    read = nights.night()
    assert [key for (key,) in nights.rows()] == ["10", "20", "21", "31"]
    assert "1 of 2 records of events vanished" in str(read.warning)


def test_empty_answers_below_every_parent_take_nothing_away(opened: Open) -> None:
    calendar = Calendar()
    nights = opened(Calendar.STREAMS, calendar)
    nights.night()
    calendar.shifts = {}
    read = nights.night()
    assert (read.rows, read.snapshot_rows) == (0, 4)


def test_a_walk_that_fails_half_way_changes_nothing(opened: Open) -> None:
    calendar = Calendar()
    nights = opened(Calendar.STREAMS, calendar)
    nights.night()
    calendar.shifts[2] = []
    calendar.statuses = {3: 422}
    with pytest.raises(SourceError, match="HTTP 422"):
        nights.read()
    calendar.statuses = {}
    assert len(nights.rows()) == 4


def test_a_wanted_initial_walk_looks_back_without_limit(opened: Open) -> None:
    calendar = Calendar()
    nights = opened(Calendar.STREAMS, calendar)
    nights.night(Layer.INITIAL)
    calendar.below()
    calendar.shifts[1] = [{"id": 11, "name": "new"}]
    nights.night(Layer.INITIAL)
    assert calendar.below() == [1, 2, 3]
    assert [key for (key,) in nights.rows()] == ["11", "20", "21", "30"]


def test_a_column_of_the_parent_may_be_mapped_and_is_missed_when_it_vanishes(opened: Open) -> None:
    calendar = Calendar()
    nights = opened(Calendar.STREAMS, calendar, fields={"firstName": '"parent.starts_at"', "lastName": "_parent"})
    nights.night()
    keep = calendar.events
    calendar.events = {}
    assert nights.night().rows == 0
    calendar.events = keep
    without_time = lambda request: (  # noqa: E731 - the platform of one more night
        httpx.Response(200, json=[{"id": 2}]) if request.url.path == "/events" else calendar(request)
    )
    nights._answer = without_time
    with pytest.raises(SourceError, match=r"no longer have parent\.starts_at"):
        nights.read()


def test_the_kinds_of_a_reads_columns_are_told_without_the_parents(opened: Open) -> None:
    calendar = Calendar()
    calendar.shifts[2] = [{"id": "20", "name": None, "hours": [1], "at": {"kiosk": True}}]
    read = opened(Calendar.STREAMS, calendar).read()
    assert read.columns == {"id": "number|text", "name": "text", "hours": "list", "at.kiosk": "boolean"}


def test_a_walk_of_its_window_misses_no_column_and_a_walk_of_everything_does(opened: Open) -> None:
    calendar = Calendar()
    calendar.shifts[1] = [{"id": 10, "name": "a", "role": "host"}]
    nights = opened(Calendar.STREAMS, calendar)
    nights.night()
    assert nights.night().schema_changes == ()
    calendar.shifts[1] = [{"id": "10", "name": "a"}]
    assert nights.night(Layer.INITIAL).schema_changes == ("missing column role", "id was number, is number|text")


def test_a_read_that_no_comparison_saw_is_told_again(opened: Open) -> None:
    feed = Feed()
    nights = opened(Feed.STREAMS, feed)
    nights.night()
    feed.more = {"role": "host"}
    feed.change(2, "B")
    assert nights.read().schema_changes == ("new column role (text)",)
    assert nights.night().schema_changes == ("new column role (text)",)
    feed.change(2, "C")
    assert nights.night().schema_changes == ()
    assert nights.position.columns == {"id": "number", "name": "text", "role": "text"}


class Feed:
    """A platform that answers what changed since a token; it forgets its tokens when it is told to."""

    STREAMS: Mapping[str, Any] = {
        "shifts": {
            "path": "/shifts",
            "key": ["id"],
            "records": "data",
            "total": "total",
            "changes": {"parameter": "since", "path": "token"},
        }
    }

    def __init__(self) -> None:
        self.records: dict[int, tuple[int, str]] = {1: (1, "a"), 2: (1, "b")}
        self.time = 1
        self.known = {"1"}
        self.asked: list[str | None] = []
        self.too_many = 0
        self.more: dict[str, Any] = {}

    def change(self, number: int, name: str | None) -> None:
        self.time += 1
        if name is None:
            del self.records[number]
        else:
            self.records[number] = (self.time, name)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        since = request.url.params.get("since")
        self.asked.append(since)
        if since is not None and since not in self.known:
            return httpx.Response(410)
        self.known.add(str(self.time))
        found = [(number, name) for number, (at, name) in self.records.items() if at > int(since or 0)]
        data = [{"id": number, "name": name, **self.more} for number, name in found]
        return httpx.Response(200, json={"data": data, "token": str(self.time), "total": len(data) + self.too_many})


def test_the_token_moves_when_a_read_is_compared_and_not_before(opened: Open) -> None:
    feed = Feed()
    nights = opened(Feed.STREAMS, feed)
    assert nights.read().proven
    assert nights.position.changes_token is None
    nights.night()
    assert nights.position.changes_token == "1"
    feed.change(2, "B")
    second = nights.night()
    assert (second.rows, second.proven, nights.position.changes_token) == (1, False, "2")
    assert nights.rows("name") == [("1", "a"), ("2", "B")]
    assert feed.asked == [None, None, "1"]


def test_a_forgotten_token_reads_everything_again_and_proves_what_is_gone(opened: Open) -> None:
    feed = Feed()
    nights = opened(Feed.STREAMS, feed)
    nights.night()
    feed.change(1, None)
    feed.known = set()
    read = nights.night()
    assert (read.proven, read.rows, nights.position.changes_token) == (True, 1, "2")
    assert "no longer knew the token of shifts (HTTP 410)" in str(read.warning)
    assert nights.rows("name") == [("2", "b")]


def test_a_total_that_is_too_high_twice_keeps_the_token_and_proves_nothing(opened: Open) -> None:
    feed = Feed()
    nights = opened(Feed.STREAMS, feed)
    nights.night()
    feed.change(2, "B")
    feed.too_many = 1
    read = nights.night()
    assert (read.proven, nights.position.changes_token, len(feed.asked)) == (False, "1", 3)
    assert "another total than the 1 records" in str(read.warning)
    feed.too_many = 0
    nights.night()
    assert nights.position.changes_token == "2"


def test_a_wanted_initial_read_sends_no_token(opened: Open) -> None:
    feed = Feed()
    nights = opened(Feed.STREAMS, feed)
    nights.night(Layer.INITIAL)
    nights.night(Layer.INITIAL)
    assert feed.asked == [None, None]


def test_windows_that_fall_short_of_their_totals_keep_the_position(opened: Open) -> None:
    total = 1

    def visits(request: httpx.Request) -> httpx.Response:
        newest = request.url.params["to"] > "2026-03"
        data = [{"id": 1, "name": "a", "changed": "2026-03-01T00:00:00Z"}] if newest else []
        return httpx.Response(200, json={"data": data, "total": total if newest else 0})

    described = {
        "path": "/visits",
        "key": ["id"],
        "records": "data",
        "total": "total",
        "modified": {"field": "changed", "parameter": "from"},
        "pagination": {"kind": "since_until", "since": "from", "until": "to", "window": "30d", "start": "2026-01-01"},
    }
    nights = opened({"shifts": described}, visits)
    total = 2
    short = nights.night()
    assert (short.proven, nights.position.read_position) == (False, None)
    assert "another total" in str(short.warning)
    total = 1
    assert nights.night().warning is None
    assert nights.position.read_position is not None


def test_reads_in_a_row_that_fall_clearly_short_are_counted(opened: Open) -> None:
    total = 40

    def people(_: httpx.Request) -> httpx.Response:
        data = [{"id": number, "name": "a"} for number in range(20)]
        return httpx.Response(200, json={"data": data, "total": total})

    described = {"path": "/people", "key": ["id"], "records": "data", "total": "total"}
    nights = opened({"shifts": described | {"pagination": {"kind": "none"}}}, people)
    assert [nights.night().short_reads for _ in range(3)] == [1, 2, 3]
    total = 21  # one that is hidden from the token: told, and no more
    assert (nights.night().short_reads, nights.position.short_reads) == (0, 0)
    total = 40
    assert not nights.night().keeps_falling_short
    assert nights.night().keeps_falling_short
    total = 20
    assert nights.night().short_reads == 0


def test_what_a_read_saw_and_said_is_stored_with_its_cut(opened: Open) -> None:
    nights = opened(Feed.STREAMS, Feed())
    nights.read()
    cut = nights.compare()
    assert (cut.changes_token, cut.columns) == ("1", {"id": "number", "name": "text"})


def test_seconds_since_1970_move_the_position_like_any_time(opened: Open) -> None:
    """Without the format, no value would be a time and every night would read everything."""
    asked: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params.get("since"))
        return httpx.Response(200, json=[{"id": 1, "name": "a", "changed": 1772341507}])

    modified = {"field": "changed", "parameter": "since", "format": "epoch"}
    nights = opened({"shifts": {"path": "/shifts", "key": ["id"], "modified": modified}}, answer)
    nights.read()
    nights.compare()
    nights.read()
    assert asked == [None, str(1772341507 - 300)]
