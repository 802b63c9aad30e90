"""A stream read below the records of another: every parent, at any depth, and what each one proves."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import httpx
import pytest

from sync_pipeline.adapters.source import HttpSource
from sync_pipeline.domain.cut import Page, Strategy
from sync_pipeline.domain.errors import ConfigurationError, SourceError, SourceRefused
from sync_pipeline_tests.adapters.source.support import (
    Api,
    VirtualClock,
    check,
    keys,
    open_source,
    page,
    plan,
    read,
    stream,
    walk,
)

EVENTS = stream(path="/events")
SHIFTS = stream(path="/events/{id}/shifts", walk={"parent": "events"})
PLAIN = {"pagination": {"kind": "none"}, "total": None}
LATENCY = 0.05


def body(*records: dict[str, Any], following: str | None = None, **more: Any) -> dict[str, Any]:
    return {"data": list(records), "links": {"next": following}, **more}


def ids(*numbers: int, **more: Any) -> dict[str, Any]:
    return body(*({"id": number} for number in numbers), **more)


def shifts(api: Callable[..., Any], clock: VirtualClock | None = None, **described: Any) -> HttpSource:
    """The stream `users` is the shifts of events."""
    return open_source(api, {**SHIFTS, **described}, clock, {"events": EVENTS})


def proven(pages: list[Page]) -> list[str]:
    return [one.proven_parent for one in pages if one.proven_parent is not None]


def notes(pages: list[Page]) -> str:
    return " ".join(one.note for one in pages if one.note)


TWO_EVENTS = {"/events": ids(1, 2), "/events/1/shifts": ids(11, 12), "/events/2/shifts": ids(21)}


@pytest.mark.parametrize("concurrency", [1, 4])
def test_every_parents_records_are_read_in_the_order_of_the_parents(concurrency: int) -> None:
    api = Api(TWO_EVENTS)
    pages = walk(shifts(api), concurrency=concurrency)
    assert keys(pages) == ["11", "12", "21"]
    assert [row["_parent"] for one in pages for row in one.rows] == ["1", "1", "2"]
    assert proven(pages) == ["1", "2"]
    assert not notes(pages)
    assert sorted(api.paths) == ["/events", "/events/1/shifts", "/events/2/shifts"]


def test_a_row_carries_its_parents_columns_under_their_own_name() -> None:
    events = body({"id": 1, "name": "Sorting", "address": {"city": "X"}})
    api = Api({"/events": events, "/events/1/shifts": body({"id": 11, "name": "Morning"})})
    assert walk(shifts(api))[0].rows == [
        {
            "id": "11",
            "name": "Morning",
            "parent.id": "1",
            "parent.name": "Sorting",
            "parent.address.city": "X",
            "_parent": "1",
            "_key": "11",
        }
    ]


def test_an_object_of_its_own_that_is_called_parent_gives_way() -> None:
    api = Api({"/events": ids(1), "/events/1/shifts": body({"id": 11, "parent": {"id": 9, "name": "x"}})})
    (first,) = walk(shifts(api))
    assert first.rows == [{"id": "11", "parent.id": "1", "_parent": "1", "_key": "11"}]
    assert set(first.kinds) == {"id"}


def test_a_key_may_hold_a_column_of_the_parent() -> None:
    """A person is a member of several groups."""
    api = Api({"/events": ids(1, 2), "/events/1/shifts": ids(5), "/events/2/shifts": ids(5)})
    assert keys(walk(shifts(api, key=["parent.id", "id"]))) == ["1|5", "2|5"]


def test_records_of_one_parent_without_an_id_are_told_apart_by_a_fallback() -> None:
    """One person may hold two needs on one date."""
    roles = body({"id": 7}, {"user": 5, "role": "cook"}, {"user": 5, "role": "driver"})
    api = Api({"/events": ids(1), "/events/1/shifts": roles})
    found = keys(walk(shifts(api, key=[["id"], ["parent.id", "user", "role"]])))
    assert found == ["7", "|parent.id|user|role|1|5|cook", "|parent.id|user|role|1|5|driver"]


NESTED = {
    "/projects": ids(1, 2),
    "/projects/1": {"data": {"dates": [{"id": 10}, {"id": 11}]}},
    "/projects/2": {"data": {"dates": [{"id": 10}]}},
    "/projects/1/dates/10": {"people": [{"user": 5}]},
    "/projects/1/dates/11": {"people": [{"user": 5}, {"user": 6}]},
    "/projects/2/dates/10": {"people": [{"user": 7}]},
}
PROJECTS = stream(path="/projects")
DATES = stream(path="/projects/{id}", records="data.dates", walk={"parent": "projects"}, **PLAIN)
PEOPLE = stream(
    path="/projects/{parent.id}/dates/{id}",
    records="people",
    key=["parent.parent.id", "parent.id", "user"],
    walk={"parent": "dates"},
    **PLAIN,
)


def people(api: Callable[..., Any], clock: VirtualClock | None = None, **described: Any) -> HttpSource:
    return open_source(api, {**PEOPLE, **described}, clock, {"projects": PROJECTS, "dates": DATES})


@pytest.mark.parametrize("concurrency", [1, 3])
def test_parents_may_have_parents(concurrency: int) -> None:
    pages = walk(people(Api(NESTED)), concurrency=concurrency)
    assert keys(pages) == ["1|10|5", "1|11|5", "1|11|6", "2|10|7"]
    row = pages[0].rows[0]
    assert (row["parent.id"], row["parent.parent.id"]) == ("10", "1")
    assert proven(pages) == ["1|10", "1|11", "2|10"]
    assert {row["_parent"] for one in pages for row in one.rows} == set(proven(pages))


def test_parents_whose_keys_only_look_alike_are_told_apart() -> None:
    odd = {
        "/projects": body({"id": "1|1"}, {"id": "1"}),
        "/projects/1|1": {"data": {"dates": [{"id": "0"}]}},
        "/projects/1": {"data": {"dates": [{"id": "1|0"}]}},
        "/projects/1|1/dates/0": {"people": [{"user": 5}]},
        "/projects/1/dates/1|0": {"people": [{"user": 5}]},
    }
    assert len(set(proven(walk(people(Api(odd)))))) == 2


@pytest.mark.parametrize(
    ("value", "segment"),
    [("a/b", "a%2Fb"), ("a b?c#d", "a%20b%3Fc%23d"), ("ü", "%C3%BC"), ("50%", "50%25"), ("..x", "..x")],
)
def test_a_value_becomes_one_segment_of_the_path(value: str, segment: str) -> None:
    api = Api({"/events": body({"id": value}), f"/events/{value}/shifts": ids(1)})
    assert keys(walk(shifts(api))) == ["1"]
    assert api.paths[1] == f"/events/{segment}/shifts"


@pytest.mark.parametrize(
    ("record", "what"),
    [
        ({"id": 2}, "nothing"),
        ({"id": 2, "slug": None}, "nothing"),
        ({"id": 2, "slug": ""}, "nothing"),
        ({"id": 2, "slug": ".."}, "only dots"),
    ],
)
def test_a_parent_without_the_value_for_the_path_is_refused_by_stream_and_column(
    record: dict[str, Any], what: str
) -> None:
    """Dots would lead to another path than the connector's."""
    api = Api({"/events": body({"id": 1, "slug": "x"}, record), "/events/x/shifts": ids(1)})
    with pytest.raises(SourceError, match=rf"Stream users .* record 2 of events has {what} in `slug`") as caught:
        walk(shifts(api, path="/events/{slug}/shifts"))
    assert "`path`" in caught.value.remedy


def test_a_parent_without_a_key_is_refused() -> None:
    api = Api({"/events": body({"name": "x"})})
    with pytest.raises(SourceError, match=r"Page 1 of stream events .* a key \(id\) .* none at position 1"):
        walk(shifts(api))


def test_pages_of_a_parent_are_followed_and_an_error_says_below_which_record() -> None:
    api = Api(
        {
            "/events": ids(1, 2),
            "/events/1/shifts": lambda request: page([12]) if request.url.query else page([11], "?page=2"),
            "/events/2/shifts": lambda request: httpx.Response(422) if request.url.query else page([21], "?page=2"),
        }
    )
    with pytest.raises(SourceError, match=r"Page 2 of stream users \(below record 2 of events\): .* HTTP 422"):
        walk(shifts(api))


def test_a_parent_is_proven_with_its_last_page_only() -> None:
    api = Api(
        {
            "/events": ids(1),
            "/events/1/shifts": lambda request: page([12]) if request.url.query else page([11], "?page=2"),
        }
    )
    assert [one.proven_parent for one in walk(shifts(api))] == [None, "1"]


def test_a_parent_without_records_proves_that_there_are_none() -> None:
    assert proven(walk(shifts(Api({"/events": ids(1), "/events/1/shifts": ids()})))) == ["1"]


def test_a_parent_that_comes_twice_is_walked_once() -> None:
    """A record that appears while the parents are read moves others to the next page."""
    api = Api({**TWO_EVENTS, "/events": lambda request: page([1, 2]) if request.url.query else page([1], "?page=2")})
    assert keys(walk(shifts(api))) == ["11", "12", "21"]


def test_a_total_that_is_missed_once_has_the_parent_read_again() -> None:
    answers = iter([ids(11, meta={"total": 2}), ids(11, 12, meta={"total": 2})])
    api = Api({"/events": ids(1), "/events/1/shifts": lambda _: httpx.Response(200, json=next(answers))})
    pages = walk(shifts(api))
    assert (set(keys(pages)), proven(pages), notes(pages)) == ({"11", "12"}, ["1"], "")
    assert {one.total for one in pages} == {None}


def test_a_total_that_is_missed_twice_proves_nothing_and_is_said() -> None:
    short = ids(11, meta={"total": 2})
    pages = walk(shifts(Api({**TWO_EVENTS, "/events/1/shifts": short})))
    assert (set(keys(pages)), proven(pages)) == ({"11", "21"}, ["2"])
    assert "1 of 2 records of events tell another total of users" in notes(pages)


def test_parents_that_their_list_left_out_are_said() -> None:
    pages = walk(shifts(Api({**TWO_EVENTS, "/events": ids(1, 2, meta={"total": 3})})))
    assert proven(pages) == ["1", "2"]
    assert "another total of events" in notes(pages)


def test_a_parent_that_vanished_meanwhile_is_skipped_said_and_not_proven() -> None:
    pages = walk(shifts(Api({**TWO_EVENTS, "/events/1/shifts": httpx.Response(404)})), concurrency=2)
    assert (keys(pages), proven(pages)) == (["21"], ["2"])
    assert "1 of 2 records of events vanished" in notes(pages)


def test_a_vanished_grandparent_is_skipped_with_all_below_it() -> None:
    pages = walk(people(Api({**NESTED, "/projects/1": httpx.Response(404)})))
    assert proven(pages) == ["2|10"]
    assert "1 of 2 records of projects vanished before dates" in notes(pages)


@pytest.mark.parametrize("events", [ids(1), ids(1, 2)])
def test_a_404_below_every_parent_is_an_error_and_no_disappearance(events: dict[str, Any]) -> None:
    with pytest.raises(SourceError, match=r"Stream users: the path `/events/\{id\}/shifts` .*404.* any of the") as it:
        walk(shifts(Api({"/events": events})))
    assert "Check `path`" in it.value.remedy


def test_a_404_of_the_parents_list_itself_is_an_error() -> None:
    with pytest.raises(SourceError, match="Page 1 of stream events: path not found"):
        walk(shifts(Api({})))


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_below_a_parent_ends_the_read(status: int) -> None:
    with pytest.raises(SourceRefused, match=rf"stream users \(below record 2 of events\).*HTTP {status}"):
        walk(shifts(Api({**TWO_EVENTS, "/events/2/shifts": httpx.Response(status)})))


def test_one_malformed_page_fails_the_stream() -> None:
    with pytest.raises(SourceError, match=r"below record 2 of events\) has another shape: expected a list"):
        walk(shifts(Api({**TWO_EVENTS, "/events/2/shifts": {"shifts": []}})))


def test_no_parents_are_no_error_and_prove_nothing() -> None:
    pages = walk(shifts(Api({"/events": ids()})))
    assert (keys(pages), proven(pages)) == ([], [])


def test_a_walked_stream_is_not_read_as_a_whole() -> None:
    with pytest.raises(ConfigurationError, match="walk_parents"):
        read(shifts(Api(TWO_EVENTS)), strategy=Strategy.FULL_SNAPSHOT)


def test_the_check_asks_the_topmost_parent_only() -> None:
    api = Api(NESTED)
    check(people(api))
    assert api.paths == ["/projects"]
    with pytest.raises(SourceRefused, match="stream projects"):
        check(people(Api({"/projects": httpx.Response(401)})))


class Forest:
    """Many events with a few shifts each; every answer takes `LATENCY` of virtual time."""

    def __init__(self, events: int) -> None:
        self.clock = VirtualClock()
        self.events = events
        self.flying = self.most_flying = 0
        self.asked: list[str] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        self.flying += 1
        self.most_flying = max(self.most_flying, self.flying)
        try:
            # Some parents answer late: the order of the answers is not the order of the records.
            await self.clock.sleep(LATENCY * (1 + len(self.asked) % 3))
        finally:
            self.flying -= 1
        if request.url.path == "/v1/events":
            number = int(request.url.params.get("page", "1"))
            last = -(-self.events // 10)
            records = range(10 * number - 9, min(10 * number, self.events) + 1)
            return page(list(records), f"?page={number + 1}" if number < last else None, meta={"total": self.events})
        event = int(request.url.path.split("/")[3])
        number = int(request.url.params.get("page", "1"))
        return page([event * 10 + number], "?page=2" if event % 4 == 0 and number == 1 else None)


def test_parents_are_walked_at_once_and_the_cut_is_the_same() -> None:
    one_by_one, at_once = Forest(40), Forest(40)
    slow = walk(shifts(one_by_one, one_by_one.clock), concurrency=1)
    quick = walk(shifts(at_once, at_once.clock), concurrency=8)
    assert [one.rows for one in slow] == [one.rows for one in quick]
    assert (one_by_one.most_flying, at_once.most_flying) == (1, 8)
    assert at_once.clock.elapsed < one_by_one.clock.elapsed / 3


def test_a_slow_reader_never_has_more_than_the_window_waiting() -> None:
    forest = Forest(60)
    source = shifts(forest, forest.clock)

    async def session() -> None:
        walked = plan(strategy=Strategy.WALK_PARENTS, concurrency=3)
        async with source, aclosing(source.pages(walked)) as pages:
            taken = 0
            async for _ in pages:
                taken += 1
                await forest.clock.sleep(10)
                below = [path for path in forest.asked if path.endswith("/shifts")]
                assert len(below) - taken <= 2 * 3

    asyncio.run(session())


def test_stopping_early_leaves_nothing_under_way() -> None:
    forest = Forest(60)
    source = shifts(forest, forest.clock)

    async def session() -> None:
        async with source:
            async with aclosing(source.pages(plan(strategy=Strategy.WALK_PARENTS, concurrency=4))) as pages:
                async for _ in pages:
                    break
            assert forest.flying == 0
            assert len(asyncio.all_tasks()) == 1

    asyncio.run(session())


def test_a_failure_leaves_nothing_under_way() -> None:
    forest = Forest(30)

    async def broken(request: httpx.Request) -> httpx.Response:
        answer = await forest(request)
        return httpx.Response(422) if request.url.path.endswith("/7/shifts") else answer

    with pytest.raises(SourceError, match="record 7 of events"):
        walk(shifts(broken, forest.clock), concurrency=4)
    assert forest.flying == 0
