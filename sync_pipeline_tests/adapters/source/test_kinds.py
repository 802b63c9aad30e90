"""The JSON kinds of every column travel with the pages: a schema that changes can be told."""

import pytest

from sync_pipeline.domain import json_kinds
from sync_pipeline.domain.flatten import flatten
from sync_pipeline_tests.adapters.source.support import Script, open_source, page, read


def seen(*records: dict[str, object]) -> dict[str, str]:
    kinds: dict[str, int] = {}
    for record in records:
        flatten(record, kinds)
    return {column: json_kinds.names(kind, null=True) for column, kind in kinds.items()}


@pytest.mark.parametrize(
    ("value", "kind"),
    [("x", "text"), ("", "text"), (1, "number"), (1.5, "number"), (True, "boolean"), ([1], "list"), (None, "null")],
)
def test_a_value_has_one_kind(value: object, kind: str) -> None:
    assert seen({"field": value}) == {"field": kind}


def test_the_kinds_of_all_records_are_joined() -> None:
    assert seen({"id": 1}, {"id": "1"}, {"id": None}) == {"id": "number|text|null"}


def test_a_nested_object_counts_by_its_columns_and_an_empty_one_as_null() -> None:
    assert seen({"address": {"city": "X"}}, {"address": {}}) == {"address.city": "text", "address": "null"}


def test_a_null_is_no_kind_of_a_column() -> None:
    assert json_kinds.names(json_kinds.NULL) == ""
    assert json_kinds.names(json_kinds.NULL | json_kinds.TEXT) == "text"


def test_every_page_carries_its_own_kinds() -> None:
    first, second = read(open_source(Script(page([1], "?page=2"), page(["2"]))))
    assert (first.kinds, second.kinds) == ({"id": json_kinds.NUMBER}, {"id": json_kinds.TEXT})
    known: dict[str, int] = {}
    json_kinds.merge(known, first.kinds)
    json_kinds.merge(known, second.kinds)
    assert json_kinds.names(known["id"]) == "number|text"
