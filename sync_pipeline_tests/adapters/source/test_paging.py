"""Pages are followed to their true end, never in circles and never to another host."""

import httpx
import pytest

from sync_pipeline.domain.errors import SourceError
from sync_pipeline_tests.adapters.source.support import (
    BASE,
    CURSOR,
    Script,
    keys,
    open_source,
    page,
    read,
    stream,
)


def cursor_page(ids: list[int], **more: object) -> httpx.Response:
    return httpx.Response(200, json={"data": [{"id": one} for one in ids], **more})


@pytest.mark.parametrize("end", [None, "", "null"])
def test_links_are_followed_until_null(end: str | None) -> None:
    """VOMO's specification shows the text "null" (audit 6)."""
    script = Script(page([1], f"{BASE}/users?page=2"), page([2], f"{BASE}/users?page=3"), page([3], end))
    assert keys(read(open_source(script))) == ["1", "2", "3"]
    assert script.addresses == [f"{BASE}/users", f"{BASE}/users?page=2", f"{BASE}/users?page=3"]


@pytest.mark.parametrize("link", ["?page=2", "users?page=2", "/v1/users?page=2", "//api.example.org/v1/users?page=2"])
def test_relative_links_are_followed(link: str) -> None:
    script = Script(page([1], link), page([2]))
    read(open_source(script))
    assert script.addresses[1] == f"{BASE}/users?page=2"


def test_the_default_port_may_be_spelled_out() -> None:
    script = Script(page([1], "https://API.example.org:443/v1/users?page=2#top"), page([2]))
    assert keys(read(open_source(script))) == ["1", "2"]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example.org/v1/users?page=2",
        "https://api.example.org.evil.net/v1/users?page=2",
        "http://api.example.org/v1/users?page=2",
        "https://api.example.org:8443/v1/users?page=2",
        "https://made:up@api.example.org/v1/users?page=2",
        "//evil.example.org/users",
        "file:///etc/passwd",
        "https://[broken/users",
    ],
)
def test_a_link_to_anywhere_else_is_refused_and_the_token_stays_here(link: str) -> None:
    script = Script(page([1], link))
    with pytest.raises(SourceError, match="Page 1 of stream users") as caught:
        read(open_source(script))
    assert len(script.requests) == 1
    assert "page=2" not in str(caught.value)


def test_a_link_already_visited_is_refused() -> None:
    script = Script(page([1], "?page=2"), page([2], "?page=3"), page([3], "?page=2"))
    with pytest.raises(SourceError, match=r"Page 4 of stream users .* repeating"):
        read(open_source(script))
    assert len(script.requests) == 3


def test_a_page_with_the_records_of_the_one_before_is_a_stall_not_an_end() -> None:
    script = Script(page([1, 2], "?page=2"), page([1, 2], "?page=3"), page([3]))
    with pytest.raises(SourceError, match=r"Page 2 of stream users holds the same records .* repeating"):
        read(open_source(script))


def test_pages_that_go_round_in_a_longer_circle_are_refused_although_their_numbers_move() -> None:
    def circle(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params.get("page", "1"))
        return page([number % 3], f"?page={number + 1}")

    with pytest.raises(SourceError, match="Page 4 of stream users holds the same records"):
        read(open_source(circle))


def test_empty_pages_on_the_way_are_no_end() -> None:
    script = Script(page([1], "?page=2"), page([], "?page=3"), page([], "?page=4"), page([2]))
    assert keys(read(open_source(script))) == ["1", "2"]


def test_a_paginator_that_names_empty_pages_for_ever_is_refused() -> None:
    def endless(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params.get("page", "1"))
        return page([], f"?page={number + 1}")

    with pytest.raises(SourceError, match="100th empty page in a row"):
        read(open_source(endless))


@pytest.mark.parametrize("links", [7, ["?page=2"], {"href": "?page=2"}, True])
def test_a_link_that_is_no_text_is_another_shape(links: object) -> None:
    with pytest.raises(SourceError, match=r"another shape: expected a link or null at `links\.next`"):
        read(open_source(Script(page([1], links))))


def test_a_body_that_lost_its_links_is_another_shape_not_an_end() -> None:
    script = Script(page([1], "?page=2"), httpx.Response(200, json={"data": [{"id": 2}]}))
    with pytest.raises(SourceError, match=r"Page 2 .* another shape: .* found no `links`"):
        read(open_source(script))


def test_links_without_a_next_one_are_the_end() -> None:
    assert keys(read(open_source(Script(httpx.Response(200, json={"data": [{"id": 1}], "links": {}}))))) == ["1"]


@pytest.mark.parametrize("end", [{"next": None}, {"next": ""}, {"next": "null"}, {}])
def test_a_cursor_is_sent_until_it_ends(end: dict[str, None]) -> None:
    script = Script(cursor_page([1], next="a=b&c"), cursor_page([2], next=17), cursor_page([3], **end))
    described = {**CURSOR, "parameters": {"per_page": 100}}
    assert keys(read(open_source(script, described))) == ["1", "2", "3"]
    sent = [dict(request.url.params) for request in script.requests]
    assert sent == [{"per_page": "100"}, {"per_page": "100", "cursor": "a=b&c"}, {"per_page": "100", "cursor": "17"}]


def test_the_same_cursor_twice_is_refused() -> None:
    script = Script(cursor_page([1], next="x"), cursor_page([2], next="x"))
    with pytest.raises(SourceError, match=r"Page 3 of stream users .* repeating"):
        read(open_source(script, CURSOR))
    assert len(script.requests) == 2


def test_a_cursor_that_moves_over_the_same_records_is_refused() -> None:
    script = Script(cursor_page([1], next="x"), cursor_page([1], next="y"))
    with pytest.raises(SourceError, match="the same records"):
        read(open_source(script, CURSOR))


@pytest.mark.parametrize("cursor", [True, 1.5, [1], {"a": 1}])
def test_a_cursor_that_cannot_be_sent_is_another_shape(cursor: object) -> None:
    with pytest.raises(SourceError, match="another shape: expected text, a number or null at `next`"):
        read(open_source(Script(cursor_page([1], next=cursor)), CURSOR))


def test_without_pagination_one_page_is_the_whole_read() -> None:
    described = stream(records=None, total=None, pagination=None)
    script = Script(httpx.Response(200, json=[{"id": 1}, {"id": 2}]))
    pages = read(open_source(script, described))
    assert (keys(pages), len(script.requests), pages[0].total) == (["1", "2"], 1, None)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    script = Script(httpx.Response(status, headers={"Location": "https://login.example.net/?next=secret"}))
    with pytest.raises(SourceError, match=f"HTTP {status}.* to https://login.example.net; ") as caught:
        read(open_source(script))
    assert len(script.requests) == 1
    assert "secret" not in str(caught.value)


MORE = stream(pagination={"kind": "cursor", "path": "next", "parameter": "cursor", "more": "has_more"})


@pytest.mark.parametrize("end", [False, 0, "false"])
def test_a_cursor_read_ends_where_the_source_says_so_although_a_cursor_is_there(end: object) -> None:
    script = Script(cursor_page([1], next="x", has_more=True), cursor_page([2], next="y", has_more=end))
    assert keys(read(open_source(script, MORE))) == ["1", "2"]


@pytest.mark.parametrize("cursor", [{"next": ""}, {"next": None}, {"next": "null"}, {}])
def test_more_without_a_cursor_is_a_stall_and_not_the_end(cursor: dict[str, None]) -> None:
    """Taken for the end, everything after it would look deleted."""
    script = Script(cursor_page([1], next="x", has_more=True), cursor_page([2], has_more=True, **cursor))
    with pytest.raises(SourceError, match=r"Page 2 of stream users says at `has_more` .* no cursor at `next`") as it:
        read(open_source(script, MORE))
    assert "pagination.more" in it.value.remedy


@pytest.mark.parametrize("more", [{}, {"has_more": None}, {"has_more": 2}, {"has_more": "yes"}, {"has_more": [True]}])
def test_more_that_is_neither_true_nor_false_is_another_shape(more: dict[str, object]) -> None:
    with pytest.raises(SourceError, match="another shape: expected true or false at `has_more`"):
        read(open_source(Script(cursor_page([1], next="x", **more)), MORE))
