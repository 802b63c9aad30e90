"""A record becomes one flat row of text, and its key one text that no other record has."""

import json
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_pipeline.domain.flatten import flatten, record_key

TEXT = st.text(st.sampled_from("ab|\\=\n"), min_size=1, max_size=5)
ALTERNATIVES = (("id",), ("a", "b"), ("c",), ("b", "a"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12, "12"),
        ("12", "12"),
        (0, "0"),
        (-7, "-7"),
        (123456789012345678901234567890, "123456789012345678901234567890"),
        (True, "true"),
        (False, "false"),
        (12.5, "12.5"),
        (0.1, "0.1"),
        (1e22, "1e22"),
        ("", ""),
        (" kept as it is ", " kept as it is "),
        (None, None),
        ({}, None),
        ([], "[]"),
        ([1, "b", {"z": None, "a": 2}], '[1,"b",{"a":2,"z":null}]'),
    ],
)
def test_a_value_has_one_text(value: object, text: str | None) -> None:
    assert flatten({"field": value}) == {"field": text}


def test_nested_objects_become_dotted_columns() -> None:
    record = {"id": 1, "address": {"city": "X", "geo": {"lat": 1.5}}, "tags": [1]}
    assert flatten(record) == {"id": "1", "tags": "[1]", "address.city": "X", "address.geo.lat": "1.5"}


@pytest.mark.parametrize(
    ("members", "kept"),
    [
        ([("a.b", "literal"), ("a", {"b": "nested"})], "literal"),
        ([("a.b.c", "one level"), ("a", {"b": {"c": "three"}}), ("a.b", {"c": "two"})], "one level"),
        ([("a", {"b.c": "path a, b.c"}), ("a.b", {"c": "path a.b, c"}), ("a.x", 1)], "path a, b.c"),
    ],
)
def test_two_spellings_of_a_column_resolve_alike_in_every_order(members: list[tuple[str, Any]], kept: str) -> None:
    name = "a.b" if ("a.b", "literal") in members else "a.b.c"
    assert {flatten(dict(order))[name] for order in permutations(members)} == {kept}


@given(st.dictionaries(st.text(max_size=3), st.recursive(st.integers() | st.text(max_size=3), st.lists, max_leaves=4)))
def test_the_order_of_members_never_changes_the_row(record: dict[str, Any]) -> None:
    assert flatten(record) == flatten(dict(reversed(record.items())))


def test_a_plain_key_is_the_value_itself() -> None:
    assert record_key({"id": "12"}, (("id",),)) == "12"


def test_numbers_and_their_texts_are_the_same_key() -> None:
    assert record_key(flatten({"id": 12}), (("id",),)) == record_key(flatten({"id": "12"}), (("id",),))


def test_a_key_of_several_columns_joins_them() -> None:
    assert record_key({"user": "7", "date": "9"}, (("user", "date"),)) == "7|9"


@pytest.mark.parametrize("empty", [None, ""])
def test_the_first_alternative_with_all_values_gives_the_key(empty: str | None) -> None:
    assert record_key({"id": empty, "a": "1", "b": "2"}, ALTERNATIVES) == "|a|b|1|2"


@pytest.mark.parametrize("row", [{}, {"id": None}, {"id": ""}, {"a": "1"}, {"a": "1", "b": ""}])
def test_a_record_without_any_complete_alternative_has_no_key(row: dict[str, str | None]) -> None:
    assert record_key(row, (("id",), ("a", "b"))) is None


def _identity(row: dict[str, str]) -> tuple[int, tuple[str, ...]]:
    for position, columns in enumerate(ALTERNATIVES):
        if all(column in row for column in columns):
            return position, tuple(row[column] for column in columns)
    raise AssertionError(json.dumps(row))


ROWS = st.one_of(
    st.fixed_dictionaries({"id": TEXT}),
    st.fixed_dictionaries({"a": TEXT, "b": TEXT}),
    st.fixed_dictionaries({"c": TEXT}),
)


@given(ROWS, ROWS)
def test_different_values_or_alternatives_never_share_a_key(one: dict[str, str], other: dict[str, str]) -> None:
    same = record_key(one, ALTERNATIVES) == record_key(other, ALTERNATIVES)
    assert same == (_identity(one) == _identity(other))


@given(st.tuples(TEXT, TEXT), st.tuples(TEXT, TEXT))
def test_values_with_separators_inside_stay_apart(one: tuple[str, str], other: tuple[str, str]) -> None:
    key = (("a", "b"),)
    same = record_key(dict(zip("ab", one, strict=True)), key) == record_key(dict(zip("ab", other, strict=True)), key)
    assert same == (one == other)
