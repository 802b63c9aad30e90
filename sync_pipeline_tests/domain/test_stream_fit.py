"""What one page gives away about its connector's description."""

from typing import Any

import pytest

from sync_pipeline.domain.configuration import ConnectorStream
from sync_pipeline.domain.cut import KEY_COLUMN
from sync_pipeline.domain.stream_fit import Remark, stream_remarks
from sync_pipeline.domain.stream_sample import StreamSample

CURSOR = {"kind": "cursor", "path": "next", "parameter": "cursor"}


def remarks(
    count: int = 3,
    changed: tuple[str, ...] = (),
    pagination: dict[str, Any] | None = None,
    spelled: str = "iso",
    **sample: Any,
) -> list[Remark]:
    """The remarks on a page of `count` records, of which the first ones have a modified time."""
    rows = [
        {KEY_COLUMN: str(number), "id": str(number), **({"at": changed[number]} if number < len(changed) else {})}
        for number in range(count)
    ]
    described = ConnectorStream.model_validate(
        {
            "path": "/x",
            "key": ["id"],
            "total": "meta.total",
            "pagination": pagination or CURSOR,
            "modified": {"field": "at", "parameter": "since", "format": spelled},
        }
    )
    page: dict[str, Any] = {
        "stream": "people",
        "address": "https://people.example.org/x",
        "records_path": "data",
        "records": count,
        "total": count,
        "keys": {"id": count},
        "modified_field": "at" if changed else None,
        "modified": len(changed) if changed else None,
        "columns": {},
        "next_page": "cursor: no further page",
        "pages": 1,
        "ancestors": [],
        "rows": rows,
    }
    return list(stream_remarks(described, StreamSample(**{**page, **sample})))


def test_a_page_that_fits_says_nothing() -> None:
    assert remarks() == []
    assert remarks(changed=("2026-03-01T10:00:00Z", "2026-03-01 10:00:00", "2026-03-01")) == []


def test_records_beyond_a_page_without_a_next_one_are_a_problem() -> None:
    (found,) = remarks(total=40)
    assert found.is_problem
    assert "40 records, the page holds 3, and no next page is found" in found.message
    assert "`pagination`" in found.remedy
    assert remarks(total=40, next_page="cursor: found") == []


@pytest.mark.parametrize(("count", "notes"), [(50, 1), (49, 0)])
def test_exactly_a_page_full_without_a_next_one_is_worth_a_look(count: int, notes: int) -> None:
    found = remarks(count, total=None, pagination={"kind": "none"}, next_page="none: no further page")
    assert [remark.is_problem for remark in found] == [False] * notes


def test_a_total_that_is_not_where_the_connector_says_is_told() -> None:
    (found,) = remarks(total=None)
    assert (found.is_problem, "no total at `meta.total`" in found.message) == (False, True)
    assert remarks(total=None, pagination={"kind": "none"}) == []


def test_records_without_a_modified_time_are_told() -> None:
    (found,) = remarks(changed=("2026-03-01",))
    assert (found.is_problem, found.message) == (False, "2 of 3 records have no value in `at`.")


def test_times_are_looked_for_as_the_connector_spells_them() -> None:
    seconds, words = ("1795651507",) * 3, ("soon",) * 3
    (found,) = remarks(changed=seconds)
    assert found.is_problem
    assert found.message == "No value of the modified field `at` is an ISO 8601 time."
    assert "`modified.format`" in found.remedy
    assert "epoch, epoch_ms" in found.remedy
    assert remarks(changed=seconds, spelled="epoch") == []
    (found,) = remarks(changed=words, spelled="epoch")
    assert "a time in the format `epoch`, nor an ISO 8601 time" in found.message


def test_an_empty_page_says_only_that_it_is_empty() -> None:
    (found,) = remarks(0, modified_field="at", modified=0)
    assert not found.is_problem


def test_a_key_column_that_only_some_records_lack_is_not_suggested_again() -> None:
    rows = [{KEY_COLUMN: "1", "id": "1"}, {KEY_COLUMN: None, "id": None}]
    (found,) = remarks(2, rows=rows)
    assert "1 of 2 records have no key (id)" in found.message
    assert "Did you mean" not in found.remedy
