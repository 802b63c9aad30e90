"""One page looked at closely: what a person needs to write a connector, and no value of a record."""

import asyncio
from typing import Any

import httpx
import pytest

from sync_pipeline.adapters.source import HttpSource
from sync_pipeline.domain.errors import SourceError, SourceRefused
from sync_pipeline.domain.stream_fit import paging_remarks
from sync_pipeline.domain.stream_sample import StreamSample
from sync_pipeline_tests.adapters.source.support import BASE, TOKEN, Api, Script, open_source, page, stream


def sample(source: HttpSource, limit: int = 2) -> StreamSample:
    async def session() -> StreamSample:
        async with source:
            return await source.sample("users", limit)

    return asyncio.run(session())


RECORDS: list[dict[str, Any]] = [
    {"id": 1, "email": "jane@example.org", "changed": "2026-01-01", "tags": []},
    {"id": "2", "email": None, "changed": ""},
    {"user": 7, "date": 9, "active": True},
    {"user": 7},
]


def test_a_sample_says_what_one_page_looks_like() -> None:
    described = stream(
        key=[["id"], ["user", "date"]],
        modified={"field": "changed", "parameter": "since"},
        parameters={"email_like": "jane"},
    )
    body = {"data": RECORDS, "links": {"next": "?page=2"}, "meta": {"total": 10}}
    script = Script(httpx.Response(200, json=body))
    found = sample(open_source(script, described, auth={"kind": "query", "name": "api_key"}))
    assert len(script.requests) == 1
    assert (found.stream, found.address) == ("users", f"{BASE}/users?email_like=…")
    assert (found.records_path, found.records, found.total, found.pages) == ("data", 4, 10, 3)
    assert found.keys == {"id": 2, "user + date": 1, "none": 1}
    assert (found.modified_field, found.modified) == ("changed", 1)
    assert found.columns == {
        "id": "number|text",
        "email": "text|null",
        "changed": "text",
        "tags": "list",
        "user": "number",
        "date": "number",
        "active": "boolean",
    }
    assert found.next_page == "next_link: found"
    assert [row.get("id") for row in found.rows] == ["1", "2"]


def test_everything_but_the_rows_is_free_of_values() -> None:
    body = {"data": RECORDS[:1], "links": {"next": f"?api_key={TOKEN}"}}
    found = sample(open_source(Script(httpx.Response(200, json=body)), auth={"kind": "query", "name": "api_key"}), 0)
    assert found.rows == []
    assert not any(secret in repr(found) for secret in ("jane", "2026-01-01", TOKEN))


@pytest.mark.parametrize(
    ("pagination", "more", "next_page", "pages"),
    [
        ({"kind": "none"}, {}, "none: no further page", 1),
        ({"kind": "cursor", "path": "next", "parameter": "c"}, {"next": "x"}, "cursor: found", None),
        ({"kind": "cursor", "path": "next", "parameter": "c"}, {"next": None}, "cursor: no further page", 1),
        ({"kind": "page_number", "parameter": "p", "last": "last"}, {"last": 7}, "page_number: found", 7),
        ({"kind": "page_number", "parameter": "p"}, {"meta": {"total": 5}}, "page_number: found", 3),
        (
            {"kind": "offset", "parameter": "o", "size_parameter": "n", "size": 2},
            {"meta": {"total": 5}},
            "offset: found",
            3,
        ),
    ],
)
def test_a_sample_says_how_the_next_page_is_found(
    pagination: dict[str, Any], more: dict[str, Any], next_page: str, pages: int | None
) -> None:
    script = Script(page([1, 2], **more))
    found = sample(open_source(script, stream(pagination=pagination)))
    assert (found.next_page, found.pages) == (next_page, pages)


@pytest.mark.parametrize(
    ("second", "trouble"),
    [
        (page([3, 4], meta={"total": 4}), None),
        (page([1, 2], meta={"total": 4}), "holds the same records"),
        (page([], meta={"total": 0}), "there are 4 records, and the next page is empty"),
        (httpx.Response(404), "cannot be read: Page 2 of stream users: path not found"),
        (httpx.Response(200, json={"users": []}), "cannot be read: Page 2 of stream users has another shape"),
    ],
)
def test_where_the_whole_page_is_wanted_the_next_one_must_lead_on(second: httpx.Response, trouble: str | None) -> None:
    first = page([1, 2], "?page=2", meta={"total": 4})
    script = Script(first, second)
    found = sample(open_source(script), 100).next_trouble
    assert found is None if trouble is None else trouble in (found or "")
    assert len(script.requests) == 2
    (remark,) = paging_remarks(sample(open_source(Script(first, second)), 100)) if trouble else [None]
    assert remark is None or remark.is_problem


def test_an_empty_page_after_the_last_one_is_an_end_where_no_total_is_told() -> None:
    numbered = stream(pagination={"kind": "page_number", "parameter": "p"}, total=None)
    assert sample(open_source(Script(page([1]), page([])), numbered), 100).next_trouble is None


def test_of_a_stream_in_windows_the_newest_one_is_looked_at() -> None:
    script = Script(page([1]))
    pagination = {"kind": "since_until", "since": "from", "until": "to", "window": "7d"}
    assert sample(open_source(script, stream(pagination=pagination))).records == 1
    assert script.requests[0].url.params["from"].startswith("2026-02-22")


def test_a_walked_stream_is_looked_at_below_the_first_record_of_every_parent() -> None:
    api = Api(
        {
            "/projects": {"data": [{"id": 31}, {"id": 32}]},
            "/projects/31/dates": {"data": [{"id": 41, "name": "x"}]},
            "/dates/41": {"data": [{"id": 1, "hours": "1.50"}]},
        }
    )
    plain = {"pagination": {"kind": "none"}, "total": None}
    others = {
        "projects": stream(path="/projects", **plain),
        "dates": stream(path="/projects/{id}/dates", walk={"parent": "projects"}, **plain),
    }
    described = stream(path="/dates/{id}", key=["parent.parent.id", "id"], walk={"parent": "dates"}, **plain)
    found = sample(open_source(api, described, others=others))
    assert api.paths == ["/projects", "/projects/31/dates", "/dates/41"]
    assert [one.stream for one in found.ancestors] == ["projects", "dates"]
    assert [one.records for one in found.ancestors] == [2, 1]
    assert found.address == f"{BASE}/dates/{{id}}"
    assert found.keys == {"parent.parent.id + id": 1}
    assert found.columns == {"id": "number", "hours": "text"}
    assert found.rows[0]["parent.name"] == "x"


def test_a_walk_without_a_parent_to_look_below_says_so() -> None:
    shifts = stream(path="/events/{id}/shifts", walk={"parent": "events"})
    api = Api({"/events": {"data": [], "links": {}}})
    with pytest.raises(SourceError, match=r"Stream users is read below the records of events, .* holds none"):
        sample(open_source(api, shifts, others={"events": stream(path="/events")}))


def test_what_cannot_be_read_is_told_like_in_a_read() -> None:
    with pytest.raises(SourceError, match="expected a list of records at `data`"):
        sample(open_source(Script(httpx.Response(200, json={"users": []}))))
    with pytest.raises(SourceRefused, match="HTTP 401"):
        sample(open_source(Script(httpx.Response(401))))
