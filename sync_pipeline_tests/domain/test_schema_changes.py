"""Columns that come, go and change their kind: said once, and never because a read was small."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_pipeline.domain.schema_changes import MOST_TOLD, Schema, compare_columns

KNOWN = {"id": "number", "hours": "number", "phone": "text", "note": ""}
KINDS = st.sampled_from(["", "number", "text", "number|text", "boolean", "list"])
COLUMNS = st.dictionaries(st.sampled_from(["a", "b", "b.c", "b.d", "e"]), KINDS)


def test_the_first_read_reports_nothing_and_is_remembered() -> None:
    assert compare_columns(None, KNOWN, complete=True) == Schema(KNOWN)


def test_a_read_without_records_says_nothing() -> None:
    assert compare_columns(None, {}, complete=True) == Schema(None)
    assert compare_columns(KNOWN, {}, complete=True) == Schema(KNOWN)


@pytest.mark.parametrize("complete", [True, False])
def test_a_new_column_is_told_with_its_kind_once(complete: bool) -> None:
    seen = {**KNOWN, "waiver_url": "text", "waiver_at": ""}
    schema = compare_columns(KNOWN, seen, complete=complete)
    assert schema.changes == ("new column waiver_at (only nulls)", "new column waiver_url (text)")
    assert compare_columns(schema.columns, seen, complete=complete) == Schema(seen)


def test_only_a_complete_read_misses_a_column() -> None:
    seen = {"id": "number", "hours": "number", "note": ""}
    assert compare_columns(KNOWN, seen, complete=False) == Schema(KNOWN)
    assert compare_columns(KNOWN, seen, complete=True) == Schema(seen, ("missing column phone",))


@pytest.mark.parametrize(
    ("seen", "complete", "now"),
    [("text", True, "text"), ("text", False, "number|text"), ("number|text", True, "number|text")],
)
def test_another_kind_is_told_once(seen: str, complete: bool, now: str) -> None:
    schema = compare_columns(KNOWN, {**KNOWN, "hours": seen}, complete=complete)
    assert schema == Schema({**KNOWN, "hours": now}, (f"hours was number, is {now}",))
    assert compare_columns(schema.columns, {**KNOWN, "hours": seen}, complete=complete).changes == ()


@pytest.mark.parametrize("seen", ["number", "text", "", "number|text"])
def test_fewer_kinds_than_known_are_no_news(seen: str) -> None:
    known = {"hours": "number|text"}
    assert compare_columns(known, {"hours": seen}, complete=True) == Schema(known)


def test_a_first_value_in_a_column_of_nulls_is_no_news_but_remembered() -> None:
    assert compare_columns({"note": ""}, {"note": "text"}, complete=False) == Schema({"note": "text"})


def test_an_object_that_is_null_in_some_records_is_the_same_object() -> None:
    known = {"id": "number", "address.city": "text"}
    with_null = {**known, "address": ""}
    assert compare_columns(known, with_null, complete=True) == Schema(with_null)
    assert compare_columns(with_null, known, complete=True) == Schema(known)


def test_an_object_that_becomes_a_text_is_told() -> None:
    told = compare_columns({"address.city": "text"}, {"address": "text"}, complete=True).changes
    assert told == ("new column address (text)", "missing column address.city")


def test_columns_without_end_are_counted() -> None:
    seen: Mapping[str, str] = {f"day.{number:03}": "number" for number in range(MOST_TOLD + 30)}
    told = compare_columns({"id": "number"}, {"id": "number", **seen}, complete=False).changes
    assert (len(told), told[0], told[-1]) == (MOST_TOLD + 1, "new column day.000 (number)", "and 30 more")


@given(known=COLUMNS, seen=COLUMNS, complete=st.booleans())
def test_the_same_read_twice_is_never_news_twice(
    known: Mapping[str, str], seen: Mapping[str, str], complete: bool
) -> None:
    first = compare_columns(known, seen, complete=complete)
    assert compare_columns(first.columns, seen, complete=complete) == Schema(first.columns)
