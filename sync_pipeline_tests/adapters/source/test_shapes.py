"""A 200 whose body is not what the connector describes is never taken for data."""

import json
from typing import Any

import httpx
import pytest

from sync_pipeline.domain.errors import SourceError
from sync_pipeline_tests.adapters.source.support import Script, VirtualClock, keys, open_source, page, read, stream


def body(value: Any) -> httpx.Response:
    return httpx.Response(200, content=json.dumps(value))


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"error": "Jane Doe"}, r"nothing there \(the body is an object\)"),
        ({"data": None}, "null"),
        ({"data": {"0": {"id": 1}}}, "an object"),
        ({"data": "Jane Doe"}, "text"),
        ([{"id": 1}], r"nothing there \(the body is a list\)"),
        ("Jane Doe", r"nothing there \(the body is text\)"),
        (None, r"nothing there \(the body is null\)"),
        (7, r"nothing there \(the body is a number\)"),
    ],
)
def test_a_body_without_the_list_of_records_is_refused_by_types_alone(answer: object, found: str) -> None:
    script = Script(body(answer))
    with pytest.raises(SourceError, match=f"Page 1 of stream users has another shape: .*`data`, found {found}") as it:
        read(open_source(script))
    assert "Jane" not in str(it.value)
    assert len(script.requests) == 1


def test_a_record_that_is_no_object_is_refused_by_page_and_position() -> None:
    script = Script(page([1], "?page=2"), body({"data": [{"id": 2}, "Jane Doe"], "links": {"next": None}}))
    with pytest.raises(SourceError, match=r"Page 2 .* another shape: .* found text at position 2") as caught:
        read(open_source(script))
    assert "Jane" not in str(caught.value)


@pytest.mark.parametrize("record", [{}, {"id": None}, {"id": ""}, {"email": "x"}])
def test_a_record_without_a_key_is_refused_by_page_and_position(record: dict[str, Any]) -> None:
    script = Script(body({"data": [{"id": 1}, record], "links": {"next": None}}))
    with pytest.raises(SourceError, match=r"Page 1 .* a key \(id or user \+ date\) .* none at position 2"):
        read(open_source(script, stream(key=[["id"], ["user", "date"]])))


def test_fallback_keys_are_used_where_the_first_is_missing() -> None:
    records = [{"id": 1}, {"user": 7, "date": "9"}]
    script = Script(body({"data": records, "links": {"next": None}}))
    assert keys(read(open_source(script, stream(key=[["id"], ["user", "date"]])))) == ["1", "|user|date|7|9"]


def test_rows_are_text_whatever_types_the_source_answers() -> None:
    record = {"id": 12, "verified": True, "hours": 1.5, "email": None, "address": {"city": "X"}, "tags": ["a"]}
    script = Script(body({"data": [record], "links": {"next": None}}))
    assert read(open_source(script))[0].rows == [
        {
            "id": "12",
            "verified": "true",
            "hours": "1.5",
            "email": None,
            "tags": '["a"]',
            "address.city": "X",
            "_key": "12",
        }
    ]


def test_ids_as_text_and_as_numbers_are_the_same_records() -> None:
    assert read(open_source(Script(page(["12"])))) == read(open_source(Script(page([12]))))


@pytest.mark.parametrize(("total", "number"), [(31, 31), ("31", 31), (None, None)])
def test_the_total_is_read_as_a_number_or_text(total: object, number: int | None) -> None:
    """VOMO's specification shows texts (audit 5)."""
    assert read(open_source(Script(page([1], meta={"total": total}))))[0].total == number


def test_every_page_carries_its_own_total() -> None:
    script = Script(page([1], "?page=2", meta={"total": 2}), page([2], "?page=3", meta={"total": 3}), page([3]))
    assert [one.total for one in read(open_source(script))] == [2, 3, None]


@pytest.mark.parametrize("total", ["many", "", "³", True, 2.5, [3]])
def test_a_total_that_is_no_number_is_another_shape(total: object) -> None:
    with pytest.raises(SourceError, match=r"another shape: expected a whole number at `meta\.total`"):
        read(open_source(Script(page([1], meta={"total": total}))))


@pytest.mark.parametrize(
    "content",
    [b'{"data": [{"id": 1}', b"", b"<html>Jane Doe</html>", b"\xff\xfe", b"[" * 5000, b'{"data": [1e999]}'],
    ids=["cut", "empty", "html", "not utf-8", "too deep", "number out of range"],
)
def test_a_body_that_is_not_json_is_asked_for_again_and_then_refused(content: bytes) -> None:
    clock = VirtualClock()
    script = Script(httpx.Response(200, content=content))
    with pytest.raises(
        SourceError, match=r"Page 1 of stream users has another shape: expected JSON, .* 10 tries"
    ) as it:
        read(open_source(script, clock=clock))
    assert len(script.requests) == 10
    assert clock.elapsed < 10
    assert "Jane" not in str(it.value)


def test_a_body_cut_short_once_is_read_whole_on_the_next_try() -> None:
    script = Script(httpx.Response(200, content=b'{"data": [{"id": 1}, {"i'), page([1, 2]))
    source = open_source(script)
    assert keys(read(source)) == ["1", "2"]
    assert source.requests == 2
