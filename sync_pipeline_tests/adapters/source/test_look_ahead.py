"""Countable pages are fetched at once, in order, in flat memory; the links they carry stay the truth."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

import httpx
import pytest

from sync_pipeline.adapters.source import HttpSource
from sync_pipeline.adapters.source.links import counted
from sync_pipeline.domain.errors import SourceError
from sync_pipeline_tests.adapters.source.support import BASE, VirtualClock, keys, open_source, page, plan, read

SIZE = 3
LATENCY = 0.05


class People:
    """Numbered pages of `SIZE` people; every answer takes `LATENCY` of virtual time."""

    def __init__(self, total: int, clock: VirtualClock) -> None:
        self.total = total
        self.claimed: int | str = total
        self.pages = -(-total // SIZE)
        self.clock = clock
        self.flying = 0
        self.most_flying = 0
        self.asked: list[int] = []
        self.answered = 0
        self.link: Callable[[int], str | None] = self.true_link

    def true_link(self, number: int) -> str | None:
        return f"{BASE}/users?page={number + 1}" if number < self.pages else None

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        number = int(request.url.params.get("page", "1"))
        self.asked.append(number)
        self.flying += 1
        self.most_flying = max(self.most_flying, self.flying)
        try:
            await self.clock.sleep(LATENCY)
        finally:
            self.flying -= 1
        self.answered += 1
        ids = range((number - 1) * SIZE + 1, min(number * SIZE, self.total) + 1)
        return page(list(ids), self.link(number), meta={"total": self.claimed})

    def everybody(self) -> list[str]:
        return [str(number) for number in range(1, self.total + 1)]


def people(total: int) -> tuple[People, HttpSource]:
    clock = VirtualClock()
    api = People(total, clock)
    return api, open_source(api, clock=clock)


def test_pages_arrive_in_order_and_as_fast_as_the_window_allows() -> None:
    api, source = people(100)
    assert keys(read(source, concurrency=8)) == api.everybody()
    assert api.most_flying == 8
    assert source.requests == api.pages == 34
    assert api.clock.elapsed == pytest.approx(LATENCY * (1 + 5), rel=0.01)


def test_a_concurrency_of_one_asks_one_by_one() -> None:
    api, source = people(20)

    async def session() -> None:
        async with source, aclosing(source.pages(plan(concurrency=1))) as pages:
            taken = 0
            async for _ in pages:
                taken += 1
                await api.clock.sleep(10)
                assert api.asked == list(range(1, taken + 1))

    asyncio.run(session())


def test_a_total_as_text_counts_too() -> None:
    api, source = people(20)
    api.claimed = "20"
    read(source, concurrency=4)
    assert api.most_flying == 4


def test_a_slow_reader_never_has_more_than_the_window_waiting() -> None:
    api, source = people(90)

    async def session() -> None:
        async with source, aclosing(source.pages(plan(concurrency=4))) as pages:
            taken = 0
            async for _ in pages:
                taken += 1
                await api.clock.sleep(10)
                assert len(api.asked) - taken <= 4

    asyncio.run(session())
    assert sorted(api.asked) == list(range(1, 31))


@pytest.mark.parametrize("claimed", [3, 10, 17, 10**12])
def test_a_wrong_total_changes_neither_the_rows_nor_the_end(claimed: int) -> None:
    api, source = people(20)
    api.claimed = claimed
    assert keys(read(source, concurrency=4)) == api.everybody()
    assert len(api.asked) <= api.pages + 4


def test_a_page_that_ends_early_ends_the_read() -> None:
    api, source = people(60)
    api.link = lambda number: api.true_link(number) if number < 5 else None
    assert keys(read(source, concurrency=4)) == api.everybody()[:15]


def test_a_page_that_names_another_number_is_followed_from_there() -> None:
    api, source = people(60)
    api.link = lambda number: f"{BASE}/users?page=9" if number == 4 else api.true_link(number)
    assert keys(read(source, concurrency=4)) == api.everybody()[:12] + api.everybody()[24:]


def test_records_added_while_reading_are_followed_past_the_predicted_end() -> None:
    api, source = people(20)
    api.claimed = 9
    assert keys(read(source, concurrency=2)) == api.everybody()
    assert api.asked == [1, 2, 3, 4, 5, 6, 7]


def test_a_stall_is_found_among_pages_fetched_ahead() -> None:
    clock = VirtualClock()

    def stuck(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params.get("page", "1"))
        return page([1, 2, 3], f"{BASE}/users?page={number + 1}", meta={"total": 60})

    with pytest.raises(SourceError, match="the same records"):
        read(open_source(stuck, clock=clock), concurrency=4)


def test_links_that_cannot_be_counted_are_followed_one_by_one() -> None:
    api, source = people(20)
    api.link = lambda number: f"{BASE}/users?page={number + 1}&seed={number}" if number < api.pages else None
    assert keys(read(source, concurrency=4)) == api.everybody()
    assert api.most_flying == 1


def test_an_error_ahead_surfaces_after_the_pages_before_it() -> None:
    api, _ = people(60)

    async def broken(request: httpx.Request) -> httpx.Response:
        answer = await api(request)
        return httpx.Response(404) if request.url.params.get("page") == "6" else answer

    source = open_source(broken, clock=api.clock)
    seen: list[str | None] = []

    async def session() -> None:
        async with source, aclosing(source.pages(plan(concurrency=4))) as pages:
            async for one in pages:
                seen.extend(keys([one]))

    with pytest.raises(SourceError, match="Page 6"):
        asyncio.run(session())
    assert seen == api.everybody()[:15]
    assert api.flying == 0


def test_stopping_early_cancels_what_is_under_way() -> None:
    api, source = people(90)

    async def session() -> None:
        async with source:
            async with aclosing(source.pages(plan(concurrency=8))) as pages:
                async for one in pages:
                    if keys([one])[0] == "4":
                        await api.clock.sleep(LATENCY / 2)
                        break
            assert api.answered < len(api.asked)
            assert api.flying == 0
            assert len(asyncio.all_tasks()) == 1

    asyncio.run(session())
    assert len(api.asked) <= 2 + 8


def test_a_reader_that_just_walks_away_leaves_no_warning() -> None:
    _, source = people(90)

    async def session() -> None:
        async with source:
            async for _ in source.pages(plan(concurrency=8)):
                break

    asyncio.run(session())


def test_a_cancelled_reader_leaves_nothing_under_way() -> None:
    api, source = people(90)

    async def session() -> None:
        async with source, aclosing(source.pages(plan(concurrency=4))) as pages:
            async for _ in pages:
                if len(api.asked) > 8:
                    raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(session())
    assert api.flying == 0


def test_a_429_pauses_all_requests_together() -> None:
    clock = VirtualClock()
    api = People(60, clock)
    refused_at: list[float] = []
    sent_at: list[float] = []

    async def throttled(request: httpx.Request) -> httpx.Response:
        sent_at.append(clock.elapsed)
        if request.url.params.get("page") in {"4", "5"} and len(refused_at) < 2:
            await clock.sleep(LATENCY)
            refused_at.append(clock.elapsed)
            return httpx.Response(429, headers={"Retry-After": "100"})
        return await api(request)

    source = open_source(throttled, clock=clock)
    assert keys(read(source, concurrency=4)) == api.everybody()
    assert not [moment for moment in sent_at if refused_at[0] < moment < refused_at[0] + 100]
    assert source.pauses == 1


def test_losing_the_race_for_a_freed_quota_does_not_use_up_tries() -> None:
    """One request a second gets through, eight compete for it, and each has only two tries."""
    clock = VirtualClock()
    api = People(90, clock)
    passed: list[float] = []

    async def strict(request: httpx.Request) -> httpx.Response:
        if passed and clock.elapsed - passed[-1] < 1:
            await clock.sleep(LATENCY)
            return httpx.Response(429, headers={"Retry-After": "1"})
        passed.append(clock.elapsed)
        return await api(request)

    assert keys(read(open_source(strict, clock=clock), concurrency=8, tries=2)) == api.everybody()


def test_the_rate_limit_holds_in_every_window() -> None:
    clock = VirtualClock()
    api = People(60, clock)
    sent_at: list[float] = []

    async def watched(request: httpx.Request) -> httpx.Response:
        sent_at.append(clock.monotonic())
        return await api(request)

    source = open_source(watched, clock=clock, rate_limit={"requests": 6, "window_seconds": 10})
    assert keys(read(source, concurrency=4)) == api.everybody()
    assert source.pauses == 0
    assert all(later - earlier >= 10 for earlier, later in zip(sent_at, sent_at[6:], strict=False))
    assert clock.elapsed == pytest.approx(30, abs=1)


@pytest.mark.parametrize(
    ("requested", "link", "third"),
    [
        ("", "?page=2", "?page=3"),
        ("?page=1", "?page=2", "?page=3"),
        ("?page=0", "?page=1", "?page=2"),
        ("", "?page=1", "?page=2"),
        ("?a=x%3Ay", "?a=x:y&page=2", "?a=x:y&page=3"),
        ("?a=1&page=9", "?page=10&a=1", "?page=11&a=1"),
        ("?a=2", "?page=2&a=2", "?page=3&a=2"),
        ("", "?page%5Bnumber%5D=2", "?page%5Bnumber%5D=3"),
        ("?ids=1&ids=2", "?ids=1&ids=2&page=2", "?ids=1&ids=2&page=3"),
    ],
)
def test_links_that_count_are_recognised(requested: str, link: str, third: str) -> None:
    pages = counted(httpx.URL(f"{BASE}/users{requested}"), httpx.URL(f"{BASE}/users{link}"))
    assert pages is not None
    assert [(page, str(address)) for page, address in pages.addresses(2, 3)] == [
        (2, f"{BASE}/users{link}"),
        (3, f"{BASE}/users{third}"),
    ]


@pytest.mark.parametrize(
    ("requested", "link"),
    [
        ("", "?cursor=abc"),
        ("", "?offset=100"),
        ("?page=1", "?page=3"),
        ("?page=1", "?page=two"),
        ("?page=one", "?page=2"),
        ("?a=1", "?page=2"),
        ("", "?page=2&seed=5"),
        ("", "?page=02"),
        ("?page=1", "?number=2"),
        ("?ids=1", "?ids=1&ids=2"),
        ("", "/2"),
        ("", ""),
    ],
)
def test_links_that_do_not_count_are_left_to_be_followed(requested: str, link: str) -> None:
    assert counted(httpx.URL(f"{BASE}/users{requested}"), httpx.URL(f"{BASE}/users{link}")) is None
