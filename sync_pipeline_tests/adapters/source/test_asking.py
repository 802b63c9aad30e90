"""What is sent: the filter, the parameters, the token."""

import base64
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from sync_pipeline.domain.cut import Strategy
from sync_pipeline.domain.errors import ConfigurationError, SourceError
from sync_pipeline_tests.adapters.source.support import BASE, TOKEN, Script, keys, open_source, page, read, stream

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
MODIFIED = {"field": "updated_at", "parameter": "updated_after"}


def dated(*values: str | None, following: str | None = None) -> httpx.Response:
    records = [{"id": number, "updated_at": value} for number, value in enumerate(values, start=1)]
    return httpx.Response(200, json={"data": records, "links": {"next": following}})


def asked(since: datetime | None, strategy: Strategy = Strategy.MODIFIED_SINCE, **modified: Any) -> str | None:
    script = Script(dated("2026-01-02T00:00:00+00:00"))
    read(open_source(script, stream(modified={**MODIFIED, **modified})), strategy=strategy, since=since)
    return script.requests[0].url.params.get("updated_after")


@pytest.mark.parametrize(
    "since",
    [
        SINCE,
        datetime(2025, 12, 31, 18, tzinfo=timezone(timedelta(hours=-6))),
        datetime(2026, 1, 1, 0, 0, 0, 999999, tzinfo=UTC),
    ],
)
def test_modified_since_is_sent_in_utc_with_its_offset(since: datetime) -> None:
    assert asked(since) == "2026-01-01T00:00:00+00:00"


def test_an_exclusive_filter_is_asked_one_second_earlier() -> None:
    assert asked(SINCE, inclusive=False) == "2025-12-31T23:59:59+00:00"


@pytest.mark.parametrize(
    ("time_format", "sent", "exclusive"),
    [
        ("iso", "2026-11-26T00:05:07+00:00", "2026-11-26T00:05:06+00:00"),
        ("iso_z", "2026-11-26T00:05:07Z", "2026-11-26T00:05:06Z"),
        ("epoch", "1795651507", "1795651506"),
        ("epoch_ms", "1795651507999", "1795651507998"),
        ("%Y-%m-%d %H:%M:%S", "2026-11-26 00:05:07", "2026-11-26 00:05:06"),
        ("%Y-%m-%d %H:%M", "2026-11-26 00:05", "2026-11-26 00:04"),
        # A platform behind UTC begins its day later: a change of its evening before would be left out.
        ("date", "2026-11-25", "2026-11-24"),
        ("%m/%d/%Y", "11/25/2026", "11/24/2026"),
    ],
)
def test_the_floor_is_sent_in_the_connectors_format_and_rounds_down(
    time_format: str, sent: str, exclusive: str
) -> None:
    since = datetime(2026, 11, 26, 0, 5, 7, 999999, tzinfo=UTC)
    assert asked(since, format=time_format) == sent
    assert asked(since, format=time_format, inclusive=False) == exclusive


def test_a_first_read_and_a_full_snapshot_are_not_filtered() -> None:
    assert asked(None) is None
    assert asked(SINCE, strategy=Strategy.FULL_SNAPSHOT) is None


def test_the_offset_reaches_the_server_as_a_plus_and_not_as_a_space() -> None:
    script = Script(dated("2026-01-02"))
    read(open_source(script, stream(modified=MODIFIED)), strategy=Strategy.MODIFIED_SINCE, since=SINCE)
    assert script.requests[0].url.query == b"updated_after=2026-01-01T00%3A00%3A00%2B00%3A00"


@pytest.mark.parametrize("values", [(None, None), ("", "")])
def test_a_filtered_page_without_any_modified_time_is_another_shape(values: tuple[str | None, ...]) -> None:
    """The position could not move, and every later night would silently read the same."""
    script = Script(dated("2026-01-02", following="?page=2"), dated(*values))
    with pytest.raises(SourceError, match=r"Page 2 .* another shape: expected a modified time in `updated_at`"):
        read(open_source(script, stream(modified=MODIFIED)), strategy=Strategy.MODIFIED_SINCE, since=SINCE)


def test_a_first_read_tolerates_records_never_modified_but_not_only_such() -> None:
    described = stream(modified=MODIFIED)
    some = Script(dated(None, following="?page=2"), dated("2026-01-02", "2026-01-02"))
    assert len(keys(read(open_source(some, described), strategy=Strategy.MODIFIED_SINCE))) == 3
    with pytest.raises(SourceError, match="a modified time in `updated_at`"):
        read(open_source(Script(dated(None)), described), strategy=Strategy.MODIFIED_SINCE)


def test_nothing_new_is_no_error() -> None:
    described = stream(modified=MODIFIED)
    pages = read(open_source(Script(dated()), described), strategy=Strategy.MODIFIED_SINCE, since=SINCE)
    assert keys(pages) == []


@pytest.mark.parametrize("path", ["/users", "users"])
def test_static_parameters_go_with_the_path(path: str) -> None:
    script = Script(page([1]))
    read(open_source(script, stream(path=path, parameters={"per_page": 100, "active": True, "q": "a b&c"})))
    assert str(script.requests[0].url).startswith(f"{BASE}/users?")
    assert dict(script.requests[0].url.params) == {"per_page": "100", "active": "true", "q": "a b&c"}


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"kind": "bearer"}, "Authorization", f"Bearer {TOKEN}"),
        ({"kind": "header", "name": "X-Api-Key"}, "X-Api-Key", TOKEN),
        ({"kind": "header", "name": "Authorization", "prefix": "Token "}, "Authorization", f"Token {TOKEN}"),
        ({"kind": "basic"}, "Authorization", "Basic " + base64.b64encode(f"{TOKEN}:".encode()).decode()),
        ({"kind": "none"}, "Authorization", None),
    ],
)
def test_the_token_is_sent_as_the_connector_says_on_every_page(auth: dict[str, str], header: str, value: str) -> None:
    script = Script(page([1], "?page=2"), page([2]))
    read(open_source(script, auth=auth))
    assert [request.headers.get(header) for request in script.requests] == [value, value]


def test_a_query_token_replaces_the_one_a_link_brings_along() -> None:
    script = Script(page([1], "?api_key=old&page=2"), page([2]))
    read(open_source(script, auth={"kind": "query", "name": "api_key"}))
    assert [request.url.params.get_list("api_key") for request in script.requests] == [[TOKEN], [TOKEN]]


@pytest.mark.parametrize(
    ("strategy", "missing"),
    [
        (Strategy.MODIFIED_SINCE, "no modified field"),
        (Strategy.CHANGES_SINCE, "no token"),
        (Strategy.WALK_PARENTS, "no parent"),
    ],
)
def test_a_strategy_whose_description_is_missing_is_refused(strategy: Strategy, missing: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"cannot be read by {strategy}: .* {missing}"):
        read(open_source(Script(page([1]))), strategy=strategy)


def test_a_stream_per_parent_is_not_read_as_a_whole() -> None:
    with pytest.raises(ConfigurationError, match="once per parent"):
        read(open_source(Script(page([1])), stream(path="/events/{id}/shifts")))
