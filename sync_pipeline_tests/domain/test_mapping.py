"""A recipe applied to records: what fails alone, how a gift is split, and what makes a mapping another one."""

import json
from typing import Any

import polars as pl
import pytest

from sync_pipeline.domain.configuration import CustomerStream
from sync_pipeline.domain.mapping import RecordMapping
from sync_pipeline.domain.record import MappedRecord

RECIPE = {
    "recipe": "donations",
    "writes": "gift",
    "reference": "trim(id)",
    "when": "status = 'succeeded'",
    "fields": {"amount": "amount"},
    "designations": {"column": "parts", "amount": "money.amount", "code": "fund.code"},
}
PARTS = [{"money": {"amount": "20.00"}, "fund": {"code": "GEN", "name": "General"}}, {"money": {"amount": 5}}]


def mapping(
    *, deleted_tag: str = "gone", hash_scheme: str = "1", fields: dict[str, str] | None = None, **recipe: Any
) -> RecordMapping:
    stream = CustomerStream.model_validate({"source": "giving", "recipe": {**RECIPE, **recipe}, "fields": fields or {}})
    return RecordMapping(stream, deleted_tag, hash_scheme)


def apply(made: RecordMapping, *rows: dict[str, str | None]) -> list[MappedRecord]:
    names = ["_key", *made.columns]
    columns = {name: [row.get(name) for row in rows] for name in names}
    return list(made.apply(pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))))


def gift(parts: str | None, key: str = "1") -> dict[str, str | None]:
    return {"_key": key, "id": f" {key} ", "status": "succeeded", "amount": "25.00", "parts": parts}


class TestDesignations:
    def test_the_parts_of_every_entry_are_found_at_their_paths(self) -> None:
        (record,) = apply(mapping(), gift(json.dumps(PARTS)))
        assert record.designations == (
            {"amountDesignated": "20.00", "code": "GEN"},
            {"amountDesignated": "5", "code": None},
        )
        assert (record.failed, record.reference, record.fields) == (None, "1", {"amount": "25.00"})

    @pytest.mark.parametrize("parts", ["[]", "", None])
    def test_no_entries_are_no_designations(self, parts: str | None) -> None:
        (record,) = apply(mapping(), gift(parts))
        assert (record.designations, record.failed) == ((), None)

    @pytest.mark.parametrize(
        "parts", ["Zebedee", "{}", '{"Zebedee": 1}', "7", '"Zebedee"', '["Zebedee"]', "[[]]", "[null]", "[{"]
    )
    def test_what_is_no_list_of_objects_fails_the_record_without_quoting_it(self, parts: str) -> None:
        broken, whole = apply(mapping(), gift(parts), gift("[]", "2"))
        assert broken.failed == "the column parts is no list of designations"
        assert broken.designations is None
        assert (whole.failed, whole.designations) == (None, ())

    @pytest.mark.parametrize(
        "entry", [{}, {"money": None}, {"money": "20.00"}, {"money": []}, {"money": {"amount": None}}]
    )
    def test_a_path_that_leads_nowhere_gives_nothing(self, entry: dict[str, Any]) -> None:
        (record,) = apply(mapping(), gift(json.dumps([entry])))
        assert record.designations == ({"amountDesignated": None, "code": None},)

    def test_a_recipe_without_designations_names_none(self) -> None:
        (record,) = apply(mapping(designations=None), gift(None))
        assert record.designations is None
        assert "parts" not in mapping(designations=None).columns


class TestHash:
    @pytest.mark.parametrize(
        "designations",
        [
            None,
            {**RECIPE["designations"], "column": "splits"},
            {**RECIPE["designations"], "amount": "amount"},
            {**RECIPE["designations"], "id": "fund.id"},
            {"column": "parts", "amount": "money.amount", "name": "fund.code"},
        ],
    )
    def test_another_split_is_another_mapping(self, designations: dict[str, str] | None) -> None:
        """Every record is mapped anew then: what was acknowledged of the old split says nothing about the new one."""
        assert mapping(designations=designations).hash != mapping().hash

    @pytest.mark.parametrize(
        "change",
        [
            {"reference": "id"},
            {"when": "true"},
            {"fields": {"notes": "'thanks'"}},
            {"writes": "contact"},
            {"deleted_tag": "removed"},
            {"hash_scheme": "2"},
            {"tags": ["'Donor'"]},
        ],
    )
    def test_another_recipe_is_another_mapping(self, change: dict[str, Any]) -> None:
        assert mapping(**change).hash != mapping().hash

    def test_the_same_recipe_under_another_name_is_the_same_mapping(self) -> None:
        turned = dict(reversed(RECIPE["designations"].items()))
        assert mapping(recipe="gifts", designations=turned).hash == mapping().hash

    def test_what_is_urgent_changes_no_value_and_maps_nothing_anew(self) -> None:
        assert mapping(urgent="status = 'failed'").hash == mapping().hash


class TestRecords:
    def test_a_record_that_an_expression_cannot_digest_fails_alone_and_is_not_quoted(self) -> None:
        made = mapping(fields={"amount": "cast(amount as integer)"})
        rows = [{**gift("[]", f"{number}"), "amount": f"{number}"} for number in range(5)]
        rows[3]["amount"] = "Zebedee"
        records = apply(made, *rows)
        assert [record.key for record in records] == ["0", "1", "2", "3", "4"]
        assert [record.failed is None for record in records] == [True, True, True, False, True]
        assert records[3].matches
        assert "Zebedee" not in str(records[3])

    @pytest.mark.parametrize(("status", "matches"), [("succeeded", True), ("failed", False), (None, False)])
    def test_a_row_matches_only_if_when_is_true(self, status: str | None, matches: bool) -> None:
        (record,) = apply(mapping(), {**gift("[]"), "status": status})
        assert record.matches is matches

    @pytest.mark.parametrize("identity", [None, "", " "])
    def test_an_empty_reference_is_none(self, identity: str | None) -> None:
        (record,) = apply(mapping(), {**gift("[]"), "id": identity})
        assert record.reference is None

    def test_tags_that_say_nothing_are_left_out(self) -> None:
        (record,) = apply(mapping(tags=["'Donor'", "nullif(status, 'succeeded')", "''"]), gift("[]"))
        assert record.tags == ("Donor",)

    @pytest.mark.parametrize(("status", "is_urgent"), [("succeeded", True), ("failed", False), (None, False)])
    def test_a_row_is_urgent_only_if_its_recipe_says_so(self, status: str | None, is_urgent: bool) -> None:
        (record,) = apply(mapping(urgent="status = 'succeeded'"), {**gift("[]"), "status": status})
        assert record.is_urgent is is_urgent
        (record,) = apply(mapping(), {**gift("[]"), "status": status})
        assert not record.is_urgent
