"""Reading on from a token: kept from the last page, sent the next time, given up when the source has forgotten it."""

from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from sync_pipeline.adapters.source import HttpSource
from sync_pipeline.domain.cut import Page, Strategy
from sync_pipeline.domain.errors import SourceError
from sync_pipeline_tests.adapters.source.support import Handler, Script, keys, open_source, read, stream

CHANGES = {"parameter": "since_token", "path": "sync.next_token"}


def answer(ids: list[int], token: Any = None, following: str | None = None, **more: Any) -> httpx.Response:
    sync = {} if token is None else {"next_token": token}
    body = {"data": [{"id": one} for one in ids], "links": {"next": following}, "sync": sync, **more}
    return httpx.Response(200, json=body)


def source(handler: Handler, **changes: Any) -> HttpSource:
    return open_source(handler, stream(changes=CHANGES, parameters={"per_page": 2, "e": 1}, **changes))


def changes(handler: Handler, token: str | None = None, **described: Any) -> list[Page]:
    return read(source(handler, **described), strategy=Strategy.CHANGES_SINCE, token=token)


def test_the_first_read_sends_no_token_and_keeps_the_last_pages() -> None:
    script = Script(answer([1], "early", "?page=2"), answer([2], "t1"))
    pages = changes(script)
    assert (keys(pages), [page.token for page in pages]) == (["1", "2"], [None, "t1"])
    assert all("since_token" not in request.url.params for request in script.requests)
    assert not any(page.from_nothing for page in pages)


def test_the_next_read_sends_the_token() -> None:
    script = Script(answer([], 17))
    pages = changes(script, token="t1")
    assert pages[-1].token == "17"
    assert dict(script.requests[0].url.params) == {"per_page": "2", "e": "1", "since_token": "t1"}


@pytest.mark.parametrize(
    "pagination",
    [
        {"kind": "none"},
        {"kind": "cursor", "path": "cursor", "parameter": "cursor"},
        {"kind": "page_number", "parameter": "page", "last": "last"},
        {"kind": "offset", "parameter": "skip", "size_parameter": "take", "size": 1},
    ],
)
def test_the_token_goes_with_every_kind_of_pagination(pagination: dict[str, Any]) -> None:
    more = pagination["kind"] != "none"
    script = Script(
        answer([1], None if more else "t2", cursor="c", last=2, meta={"total": 2}),
        answer([2], "t2", last=2, meta={"total": 2}),
    )
    pages = changes(script, token="t1", pagination=pagination)
    assert pages[-1].token == "t2"
    assert [request.url.params["since_token"] for request in script.requests] == ["t1"] * len(script.requests)
    assert len(script.requests) == (2 if more else 1)


@pytest.mark.parametrize(
    ("sync", "found"),
    [
        ({}, "nothing there"),
        ({"next_token": ""}, "an empty text"),
        ({"next_token": None}, "null"),
        ({"next_token": True}, "a boolean"),
        ({"next_token": ["t"]}, "a list"),
    ],
)
def test_a_read_that_ends_without_a_token_is_refused(sync: dict[str, Any], found: str) -> None:
    """The position could never move: every later read would be a full one, or repeat the same changes."""
    script = Script(httpx.Response(200, json={"data": [{"id": 1}], "links": {"next": None}, "sync": sync}))
    with pytest.raises(SourceError, match=rf"expected a token .* `sync\.next_token` .*, found {found}") as caught:
        changes(script)
    assert "`changes`" in caught.value.remedy


@pytest.mark.parametrize("expired", [httpx.Response(410), httpx.Response(400), httpx.Response(400, text="Bad token")])
def test_a_forgotten_token_makes_the_read_start_from_nothing_and_say_so(expired: httpx.Response) -> None:
    script = Script(expired, answer([1], "", "?page=2"), answer([2], "t9"))
    with capture_logs() as logs:
        pages = changes(script, token="old-token")
    assert (keys(pages), pages[-1].token) == (["1", "2"], "t9")
    assert all(page.from_nothing for page in pages)
    notes = [page.note for page in pages if page.note]
    assert len(notes) == 1
    assert f"HTTP {expired.status_code}" in notes[0]
    assert [entry["event"] for entry in logs if entry["log_level"] == "warning"] == ["source_token_expired"]
    assert "old-token" not in f"{notes}{logs}"
    assert "since_token" not in script.requests[1].url.params


def test_a_token_forgotten_in_the_middle_of_a_read_starts_it_again() -> None:
    script = Script(answer([1], "", "?page=2&since_token=t1"), httpx.Response(410), answer([1, 2], "t9"))
    pages = changes(script, token="t1")
    assert (keys(pages), [page.from_nothing for page in pages]) == (["1", "1", "2"], [False, True])


def test_a_400_that_names_another_parameter_is_no_matter_of_the_token() -> None:
    script = Script(httpx.Response(400, json={"errors": {"per_page": ["Jane Doe"]}}))
    with pytest.raises(SourceError, match="HTTP 400") as caught:
        changes(script, token="t1")
    assert len(script.requests) == 1
    assert "Jane" not in str(caught.value)


@pytest.mark.parametrize("status", [400, 410])
def test_the_same_status_without_a_token_is_an_error(status: int) -> None:
    script = Script(httpx.Response(status))
    with pytest.raises(SourceError, match=f"HTTP {status}"):
        changes(script)
    with pytest.raises(SourceError, match=f"HTTP {status}"):
        changes(script, token="t1")
    assert len(script.requests) == 3
