"""Pages asked for by a number of ours: every record comes, whatever the platform does with its page sizes."""

from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from sync_pipeline.adapters.source import HttpSource
from sync_pipeline.domain.errors import SourceError
from sync_pipeline_tests.adapters.source.support import Script, VirtualClock, keys, open_source, read, stream

LATENCY = 0.05
NUMBERED = {"kind": "page_number", "parameter": "page"}
OFFSET = {"kind": "offset", "parameter": "skip", "size_parameter": "take", "size": 4}


def answer(ids: Sequence[int], **more: Any) -> httpx.Response:
    return httpx.Response(200, json={"data": [{"id": one} for one in ids], **more})


class People:
    """`count` people, three a page by number, and by offset as many as asked for up to `most`."""

    def __init__(self, count: int, **meta: Any) -> None:
        self.everybody = list(range(1, count + 1))
        self.meta = meta
        self.most = 100
        self.shown: Callable[[int], bool] = lambda _: True
        self.first = 1
        self.asked: list[dict[str, str]] = []
        self.flying = self.most_flying = 0
        self.clock = VirtualClock()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = dict(request.url.params)
        self.asked.append(asked)
        self.flying += 1
        self.most_flying = max(self.most_flying, self.flying)
        await self.clock.sleep(LATENCY)
        self.flying -= 1
        if "skip" in asked:
            start, size = int(asked["skip"]), min(int(asked["take"]), self.most)
        else:
            start, size = 3 * (int(asked["page"]) - self.first), 3
        return answer([one for one in self.everybody[start : start + size] if self.shown(one)], meta=self.meta)

    def source(self, pagination: dict[str, Any], total: str | None = "meta.total") -> HttpSource:
        return open_source(self, stream(pagination=pagination, total=total), self.clock)

    def names(self) -> list[str]:
        return [str(one) for one in self.everybody if self.shown(one)]


def test_pages_are_counted_to_the_last_one_that_the_body_names() -> None:
    people = People(8, last=3)
    assert keys(read(people.source({**NUMBERED, "last": "meta.last"}))) == people.names()
    assert people.asked == [{"page": "1"}, {"page": "2"}, {"page": "3"}]


@pytest.mark.parametrize("first", [0, 1, 7])
def test_the_first_page_may_have_any_number(first: int) -> None:
    people = People(7, last=str(first + 2))
    people.first = first
    assert keys(read(people.source({**NUMBERED, "first": first, "last": "meta.last"}), concurrency=4)) == people.names()
    assert [asked["page"] for asked in people.asked] == [str(first), str(first + 1), str(first + 2)]


def test_without_a_last_page_an_empty_one_is_the_end_and_a_short_one_is_not() -> None:
    people = People(12)
    people.shown = lambda one: one not in {4, 5, 9}
    assert keys(read(people.source(NUMBERED))) == people.names()
    assert len(people.asked) == 5


def test_the_total_saves_the_empty_page() -> None:
    people = People(8, total=8)
    assert keys(read(people.source(NUMBERED))) == people.names()
    assert len(people.asked) == 3


@pytest.mark.parametrize("meta", [{"last": 12}, {"total": 36}, {"last": "12"}])
def test_pages_up_to_a_known_last_one_are_asked_for_at_once(meta: dict[str, Any]) -> None:
    people = People(36, **meta)
    pagination = {**NUMBERED, "last": "meta.last"} if "last" in meta else NUMBERED
    assert keys(read(people.source(pagination), concurrency=4)) == people.names()
    assert people.most_flying == 4
    assert people.clock.elapsed < 5 * LATENCY
    assert len(people.asked) == 12


def test_an_unknown_end_is_reached_page_by_page() -> None:
    people = People(9)
    assert keys(read(people.source(NUMBERED), concurrency=4)) == people.names()
    assert people.most_flying == 1


@pytest.mark.parametrize("pagination", [NUMBERED, OFFSET])
def test_a_platform_that_ignores_the_parameter_is_found_at_its_second_page(pagination: dict[str, Any]) -> None:
    script = Script(answer([1, 2, 3, 4]))
    with pytest.raises(SourceError, match=r"Page 2 of stream users holds the same records .* repeating") as caught:
        read(open_source(script, stream(pagination=pagination, total=None)))
    assert "`pagination` of the connector" in caught.value.remedy
    assert len(script.requests) == 2


@pytest.mark.parametrize(
    ("last", "found"), [({}, "nothing there"), ({"last": "many"}, "text"), ({"last": []}, "a list")]
)
def test_a_last_page_that_is_no_number_is_another_shape(last: dict[str, Any], found: str) -> None:
    people = People(5, **last)
    with pytest.raises(SourceError, match=rf"Page 1 .* another shape: .*`meta\.last`.*, found {found}"):
        read(people.source({**NUMBERED, "last": "meta.last"}))


def test_an_account_without_records_is_one_empty_page() -> None:
    for pagination in (NUMBERED, OFFSET, {**NUMBERED, "last": "meta.last"}):
        people = People(0, last=None)
        assert keys(read(people.source(pagination))) == []
        assert len(people.asked) == 1


@pytest.mark.parametrize("total", [None, 10])
def test_offsets_go_on_by_what_came_to_the_total_or_to_where_nothing_comes(total: int | None) -> None:
    people = People(10, total=total)
    assert keys(read(people.source(OFFSET))) == people.names()
    assert [asked["skip"] for asked in people.asked][:3] == ["0", "4", "8"]
    assert {asked["take"] for asked in people.asked} == {"4"}
    if total:
        assert len(people.asked) == 3


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("total", [None, 11])
def test_a_platform_that_gives_less_than_it_is_asked_for_loses_no_record(concurrency: int, total: int | None) -> None:
    people = People(11, total=total)
    people.most = 2
    assert keys(read(people.source(OFFSET), concurrency=concurrency)) == people.names()


def test_a_platform_that_gives_more_than_it_is_asked_for_is_not_asked_again() -> None:
    script = Script(answer(range(10)), answer([]))
    assert len(keys(read(open_source(script, stream(pagination=OFFSET, total=None))))) == 10
    assert script.requests[1].url.params["skip"] == "10"


@pytest.mark.parametrize("total", [None, 20])
@pytest.mark.parametrize("hidden", [{2, 3, 4, 5, 6, 9, 10, 11}, {1}, {4}, {3, 4}, {1, 2, 3}, {19, 20}, {2, 3, 14}])
def test_a_platform_that_filters_after_it_cut_the_pages_loses_no_record(hidden: set[int], total: int | None) -> None:
    people = People(20, total=total)
    people.shown = lambda one: one not in hidden
    assert set(keys(read(people.source(OFFSET)))) == set(people.names())


def test_a_platform_that_ignores_the_offset_and_gives_less_than_asked_for_is_found() -> None:
    script = Script(answer([1, 2]))
    with pytest.raises(SourceError, match=r"Page 3 of stream users holds the same records .* repeating"):
        read(open_source(script, stream(pagination=OFFSET, total=None)))


def test_offsets_up_to_a_known_total_are_asked_for_at_once() -> None:
    people = People(40, total=40)
    assert keys(read(people.source(OFFSET), concurrency=4)) == people.names()
    assert people.most_flying == 4
    assert len(people.asked) == 10


def test_the_records_are_the_same_whatever_the_concurrency() -> None:
    for pagination in (OFFSET, NUMBERED):
        reads = []
        for concurrency in (1, 3, 8):
            people = People(25, total=25)
            reads.append([page.rows for page in read(people.source(pagination), concurrency=concurrency)])
        assert reads[0] == reads[1] == reads[2]


def test_static_parameters_stay_with_every_page() -> None:
    people = People(5, total=5)
    described = stream(pagination=OFFSET, parameters={"active": True})
    read(open_source(people, described, people.clock))
    assert [asked["active"] for asked in people.asked] == ["true", "true"]
