"""The filter of modified_since tried against platforms that compare times in their own ways."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from sync_pipeline.adapters.source import HttpSource
from sync_pipeline.domain.errors import SourceRefused
from sync_pipeline.domain.stream_sample import Filtering, FilterTrial
from sync_pipeline_tests.adapters.source.support import START, open_source, stream

Accepts = Callable[[str, str], bool]
TEXT = "%Y-%m-%d %H:%M:%S"
DAY = timedelta(days=1)


def as_texts(changed: str, since: str) -> bool:
    return changed >= since


def later(changed: str, since: str) -> bool:
    return datetime.fromisoformat(changed) > datetime.fromisoformat(since)


def whatever(changed: str, since: str) -> bool:  # noqa: ARG001 - as the platform, it ignores them
    return True


def nothing(changed: str, since: str) -> bool:  # noqa: ARG001 - as the platform, it cannot compare them
    return False


class Platform:
    """Records by the text of their time of change, in this order, filtered by `since` as `accepts` says."""

    def __init__(self, times: list[str], accepts: Accepts, size: int = 100) -> None:
        self.records = [{"id": number, "changed": changed} for number, changed in enumerate(times)]
        self.accepts = accepts
        self.size = size
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        since, start = request.url.params.get("since"), int(request.url.params.get("start", 0))
        if since is not None:
            self.asked.append(since)
        found = [one for one in self.records if since is None or self.accepts(one["changed"], since)]
        end = start + self.size
        return httpx.Response(200, json={"data": found[start:end], "next": end if end < len(found) else None})


def tried(
    platform: Callable[[httpx.Request], httpx.Response],
    described: Mapping[str, Any],
    overlap: timedelta = timedelta(minutes=5),
) -> FilterTrial | None:
    return asyncio.run(trial(open_source(platform, dict(described)), overlap))


async def trial(source: HttpSource, overlap: timedelta) -> FilterTrial | None:
    async with source:
        return await source.try_filter("users", await source.sample("users", 1000), overlap)


def described(**modified: Any) -> dict[str, Any]:
    paging = {"kind": "cursor", "path": "next", "parameter": "start"}
    return stream(modified={"field": "changed", "parameter": "since", **modified}, pagination=paging, total=None)


def times(count: int) -> list[str]:
    """Of one minute each, in another order than that of time."""
    return [(START - timedelta(minutes=number * 37 % count)).strftime(TEXT) for number in range(count)]


def test_a_filter_that_answers_the_newest_record_is_found_by_two_requests() -> None:
    platform = Platform([moment.replace(" ", "T") + "+00:00" for moment in times(20)], as_texts)
    assert tried(platform, described()) == FilterTrial(Filtering.FOUND)
    assert platform.asked == ["2026-03-01T22:00:00+00:00", "2026-03-02T22:00:03+00:00"]


def test_a_platform_that_compares_texts_of_another_format_loses_the_newest_record() -> None:
    """Datasette over SQLite's own times: a space sorts before the T, so everything of the floor's day is left out."""
    platform = Platform(times(20), as_texts)
    assert tried(platform, described()) == FilterTrial(Filtering.LOST)
    assert tried(platform, described(format=TEXT)) == FilterTrial(Filtering.FOUND)


def test_a_filter_that_answers_nothing_for_any_text_is_found() -> None:
    """json-server 1 compares numbers only: every night would read nothing, for ever."""
    assert tried(Platform(times(20), nothing), described()) == FilterTrial(Filtering.LOST)


def test_an_exclusive_filter_needs_to_be_described_as_one() -> None:
    platform = Platform([moment + "+00:00" for moment in times(20)], later)
    assert tried(platform, described()) == FilterTrial(Filtering.LOST)
    assert tried(platform, described(inclusive=False)) == FilterTrial(Filtering.FOUND)


@pytest.mark.parametrize("time_format", ["iso", "date", "epoch", "%d.%m.%Y"])
def test_an_ignored_parameter_is_found(time_format: str) -> None:
    platform = Platform(times(20), whatever)
    assert tried(platform, described(format=time_format)) == FilterTrial(Filtering.FOUND, ignored=True)


def test_an_overlap_of_a_day_makes_up_for_a_platform_that_takes_utc_for_its_local_time() -> None:
    """Six hours behind UTC: it takes the floor for six hours later than it is meant."""

    def six_hours_later(changed: str, since: str) -> bool:
        return datetime.fromisoformat(changed) >= datetime.fromisoformat(since) + timedelta(hours=6)

    platform = Platform(times(20), six_hours_later)
    assert tried(platform, described(format=TEXT), timedelta(hours=1)) == FilterTrial(Filtering.LOST)
    assert tried(platform, described(format=TEXT), DAY) == FilterTrial(Filtering.FOUND)


def test_records_that_are_dated_in_the_future_are_no_sign_of_an_ignored_parameter() -> None:
    platform = Platform([(START + 900 * DAY).strftime(TEXT), *times(5)], as_texts)
    assert tried(platform, described(format=TEXT)) == FilterTrial(Filtering.FOUND)


def test_of_many_pages_that_are_sorted_by_something_else_the_newest_record_is_followed() -> None:
    assert tried(Platform(times(3000), as_texts, size=60), described(format=TEXT)) == FilterTrial(Filtering.FOUND)
    assert tried(Platform(times(3000), as_texts, size=60), described()) == FilterTrial(Filtering.LOST)


def test_a_record_that_stays_out_of_sight_is_left_undecided() -> None:
    """When filtered, the platform lists the oldest record last."""
    platform = Platform(sorted(times(500)), as_texts, size=20)

    def turning(request: httpx.Request) -> httpx.Response:
        since = request.url.params.get("since", "")
        platform.records.sort(key=lambda one: (one["changed"] == since, one["changed"]))
        return platform(request)

    assert tried(turning, described(format=TEXT)) == FilterTrial(Filtering.UNDECIDED)


def test_a_refused_filter_says_why() -> None:
    platform = Platform(times(5), as_texts)

    def strict(request: httpx.Request) -> httpx.Response:
        return httpx.Response(422) if "since" in request.url.params else platform(request)

    found = tried(strict, described())
    assert found is not None
    assert (found.outcome, found.ignored) == (Filtering.REFUSED, False)
    assert "HTTP 422" in (found.refusal or "")


def test_a_time_to_come_may_be_refused() -> None:
    platform = Platform(times(5), as_texts)

    def strict(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400) if request.url.params.get("since", "") > "2026-03-02" else platform(request)

    assert tried(strict, described(format=TEXT)) == FilterTrial(Filtering.FOUND)


def test_a_token_that_is_refused_on_the_way_is_told_as_such() -> None:
    platform = Platform(times(5), as_texts)

    def closing(request: httpx.Request) -> httpx.Response:
        return httpx.Response(401) if "since" in request.url.params else platform(request)

    with pytest.raises(SourceRefused):
        tried(closing, described())


@pytest.mark.parametrize("changed", [[], [""], ["soon"]])
def test_without_a_time_of_change_nothing_is_tried(changed: list[str]) -> None:
    platform = Platform(changed, as_texts)
    assert tried(platform, described()) is None
    assert platform.asked == []


def test_a_stream_without_a_filter_is_not_tried() -> None:
    assert tried(Platform(times(2), as_texts), stream(total=None, pagination={"kind": "none"})) is None


def test_records_without_a_key_are_told_elsewhere() -> None:
    keyless = {**described(format=TEXT), "key": ["number"]}
    assert tried(Platform(times(3), as_texts), keyless) == FilterTrial(Filtering.FOUND)


def test_windows_by_the_time_of_change_are_tried_from_the_newest_record_on() -> None:
    asked: list[tuple[str, str]] = []
    platform = Platform(times(5), as_texts)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.params["since"], request.url.params["until"]))
        return platform(request)

    paging = {"kind": "since_until", "since": "since", "until": "until", "window": "7d"}
    assert tried(answer, {**described(format=TEXT), "pagination": paging}) == FilterTrial(Filtering.FOUND)
    assert asked == [
        ("2026-02-22 22:00:00", "2026-03-01 23:00:00"),
        ("2026-03-01 22:00:00", "2026-03-01 23:00:00"),
        ("2026-03-02 22:00:03", "2026-03-02 23:00:03"),
    ]
