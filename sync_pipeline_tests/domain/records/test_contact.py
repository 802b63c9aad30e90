"""Contacts: who can be written, in which writes a change travels, and how a person leaves and comes back."""

from dataclasses import replace

import pytest

from sync_pipeline.domain.change import Action, Write
from sync_pipeline.domain.fingerprint import fingerprint
from sync_pipeline.domain.operation import State
from sync_pipeline.domain.records import KINDS, Known, Rules
from sync_pipeline_tests.domain.records.support import (
    REFERENCE,
    RULES,
    Fields,
    but,
    change_of,
    gone,
    has,
    prints,
    record,
    weighed,
    writes_of,
)

CONTACT = KINDS["contact"]
ADA = {"firstName": "Adelaide", "lastName": "Quill", "email": "adelaide@example.org", "gender": "Female"}
BODY = {"referenceId": REFERENCE, "contactType": "Household", **ADA}
EVERYTHING = ("core", "birth_gender", "tags")
ARCHIVING = replace(RULES, on_delete="archive")
EXACT = replace(RULES, exact_tags=True)
BULK = replace(RULES, bulk_tags=True)
BEFORE = record(ADA, tags=["VOMO: Leader"])
AFTER = record(ADA, tags=["VOMO: Member", "Choir"])


class TestWhoCanBeWritten:
    @pytest.mark.parametrize("fields", [{"firstName": "Adelaide"}, {"lastName": "Quill"}, {"name": "Quill & Sons"}])
    def test_any_name_is_enough(self, fields: Fields) -> None:
        assert CONTACT.problem(record(fields)) is None

    @pytest.mark.parametrize("blank", [None, "", "  "])
    def test_a_contact_without_any_name_is_a_dead_letter(self, blank: str | None) -> None:
        """Virtuous refuses it, and a whole batch with it."""
        fields = {"name": blank, "firstName": blank, "lastName": blank, "email": "adelaide@example.org"}
        change = weighed(CONTACT, record(fields))
        assert change is not None
        assert change.writes is None
        assert change.problem == "the contact has no name: name, firstName and lastName are empty"

    @pytest.mark.parametrize(
        ("year", "month", "day"),
        [
            ("1990", "5", "9"),
            ("1990", "05", "09"),
            ("2024", "2", "29"),
            (None, "2", "29"),
            (None, "12", "31"),
            ("1990", None, None),
            (None, "5", None),
            (None, None, "31"),
            (" 1990 ", " 5 ", ""),
            (None, None, None),
        ],
    )
    def test_a_birthday_may_be_known_in_part(self, year: str | None, month: str | None, day: str | None) -> None:
        assert CONTACT.problem(record({**ADA, "birthYear": year, "birthMonth": month, "birthDay": day})) is None

    @pytest.mark.parametrize(
        ("year", "month", "day"),
        [
            ("2023", "2", "29"),
            (None, "2", "30"),
            ("1990", "13", "1"),
            ("1990", "5", "32"),
            ("90210", "5", "1"),
            ("-1990", "5", "1"),
            ("MCMXC", "5", "1"),
            ("1990", "Mayvember", "1"),
            (None, None, "9th"),
            ("0", "5", "9"),
            ("1990", "0", "9"),
            ("1990", "5", "0"),
            ("99999999999999999999", None, None),
        ],
    )
    def test_what_is_no_day_of_the_calendar_is_told_without_quoting_it(
        self, year: str | None, month: str | None, day: str | None
    ) -> None:
        problem = CONTACT.problem(record({**ADA, "birthYear": year, "birthMonth": month, "birthDay": day}))
        assert problem == "birthYear, birthMonth and birthDay are no day of the calendar"


class TestGroups:
    def test_what_says_nothing_makes_no_difference(self) -> None:
        assert prints(CONTACT, record({**ADA, "phone": None})) == prints(CONTACT, record({**ADA, "phone": " "}))

    def test_a_changed_value_changes_its_own_group_only(self) -> None:
        before = prints(CONTACT, BEFORE)
        for after, changed in (
            (record({**ADA, "email": "quill@example.org"}, tags=BEFORE.tags), "core"),
            (record({**ADA, "gender": "Male"}, tags=BEFORE.tags), "birth_gender"),
            (AFTER, "tags"),
        ):
            new = prints(CONTACT, after)
            assert {group for group in EVERYTHING if new[group] != before[group]} == {changed}

    def test_another_reference_is_another_value(self) -> None:
        assert prints(CONTACT, record(ADA, reference="r-2"))["core"] != prints(CONTACT, record(ADA))["core"]


class TestWrites:
    def test_a_new_person_travels_whole_in_one_transaction(self) -> None:
        payload = {**BODY, "tags": "VOMO: Leader"}
        assert writes_of(CONTACT, BEFORE) == (Write(Action.SAVE, payload, EVERYTHING),)

    @pytest.mark.parametrize("rules", [RULES, BULK, EXACT, replace(EXACT, bulk_tags=True)])
    def test_a_changed_value_travels_in_one_transaction_whatever_is_done_with_tags(self, rules: Rules) -> None:
        changed = record({**ADA, "email": "quill@example.org"}, tags=BEFORE.tags)
        (write,) = writes_of(CONTACT, changed, has(CONTACT, BEFORE), rules)
        assert (write.action, write.groups) == (Action.SAVE, EVERYTHING)

    def test_tags_to_add_travel_in_the_transaction(self) -> None:
        payload = {**BODY, "tags": "Choir;VOMO: Member"}
        assert writes_of(CONTACT, AFTER, has(CONTACT, BEFORE)) == (Write(Action.SAVE, payload, EVERYTHING),)

    def test_exact_tags_are_added_by_a_transaction_and_taken_away_by_a_direct_call(self) -> None:
        tagging = {"tags": "Choir;VOMO: Member", "prefix": "VOMO: ", "transaction": None}
        assert writes_of(CONTACT, AFTER, has(CONTACT, BEFORE), EXACT) == (
            Write(Action.SAVE, {**BODY, "tags": "Choir;VOMO: Member"}, ("core", "birth_gender")),
            Write(Action.TAG, tagging, ("tags",)),
        )

    def test_exact_tags_of_a_new_person_need_no_second_call(self) -> None:
        (write,) = writes_of(CONTACT, BEFORE, rules=EXACT)
        assert (write.action, write.groups) == (Action.SAVE, EVERYTHING)

    @pytest.mark.parametrize("state", [State.WAITING, State.PLANNED, State.DEFERRED])
    def test_tags_still_to_be_taken_away_survive_another_change_of_the_person(self, state: State) -> None:
        """Planning the newer change ends every open operation of the person, the removal too."""
        known = has(CONTACT, BEFORE)
        stands = but(known, change_of(CONTACT, AFTER, known, EXACT), state)
        written = writes_of(CONTACT, record({**ADA, "phone": "555"}, tags=AFTER.tags), stands, EXACT)
        assert [write.action for write in written] == [Action.SAVE, Action.TAG]

    @pytest.mark.parametrize(("exact", "prefix"), [(False, None), (True, "VOMO: ")])
    def test_with_the_bulk_endpoint_a_change_of_tags_alone_needs_no_transaction(
        self, exact: bool, prefix: str | None
    ) -> None:
        tagging = {
            "tags": "Choir;VOMO: Member",
            "prefix": prefix,
            "transaction": {**BODY, "tags": "Choir;VOMO: Member"},
        }
        written = writes_of(CONTACT, AFTER, has(CONTACT, BEFORE), replace(BULK, exact_tags=exact))
        assert written == (Write(Action.TAG, tagging, EVERYTHING),)

    def test_with_the_bulk_endpoint_other_changes_take_the_tags_along(self) -> None:
        (write,) = writes_of(CONTACT, record({**ADA, "phone": "555"}, tags=AFTER.tags), has(CONTACT, BEFORE), BULK)
        assert (write.action, write.payload["tags"]) == (Action.SAVE, "Choir;VOMO: Member")


class TestLeavingAndComingBack:
    def test_by_default_a_vanished_person_is_tagged_and_nothing_else_of_it_is_sent(self) -> None:
        """The transaction needs a name, and must not write old values of the rest again."""
        change = gone(CONTACT, BEFORE, has(CONTACT, BEFORE))
        assert change is not None
        names = {"firstName": "Adelaide", "lastName": "Quill"}
        payload = {"referenceId": REFERENCE, "contactType": "Household", **names, "tags": "VOMO: removed"}
        assert change.writes == (Write(Action.SAVE, payload, ("core",)),)

    def test_an_organization_that_vanished_keeps_its_type(self) -> None:
        shop = record({"contactType": "Organization", "name": "Quill & Sons", "email": "shop@example.org"})
        change = gone(CONTACT, shop, has(CONTACT, shop))
        assert change is not None
        assert change.writes is not None
        payload = change.writes[0].payload
        assert (payload["contactType"], payload["name"], "email" in payload) == ("Organization", "Quill & Sons", False)

    def test_a_vanished_person_can_be_archived_instead(self) -> None:
        change = gone(CONTACT, BEFORE, has(CONTACT, BEFORE), ARCHIVING)
        assert change is not None
        assert change.writes == (Write(Action.ARCHIVE, {"reason": "VOMO: removed"}, ("core",)),)

    def test_an_archived_person_who_comes_back_is_brought_back_before_anything_is_written(self) -> None:
        archived = Known({**prints(CONTACT, BEFORE), "core": fingerprint({"deleted": "archived"})}, {})
        unarchive, save = writes_of(CONTACT, BEFORE, archived, ARCHIVING)
        assert unarchive == Write(Action.UNARCHIVE, {}, ("presence",))
        assert (save.action, save.groups) == (Action.SAVE, EVERYTHING)

    def test_a_tagged_person_who_comes_back_needs_no_unarchiving(self) -> None:
        deletion = gone(CONTACT, BEFORE, has(CONTACT, BEFORE))
        assert deletion is not None
        tagged = Known({**prints(CONTACT, BEFORE), **deletion.fingerprints}, {})
        assert [write.action for write in writes_of(CONTACT, BEFORE, tagged)] == [Action.SAVE]

    def test_where_tags_are_exact_who_comes_back_loses_the_tag_of_the_removed(self) -> None:
        deletion = gone(CONTACT, BEFORE, has(CONTACT, BEFORE), EXACT)
        assert deletion is not None
        tagged = Known({**prints(CONTACT, BEFORE), **deletion.fingerprints}, {})
        save, tag = writes_of(CONTACT, BEFORE, tagged, EXACT)
        assert (save.action, save.groups) == (Action.SAVE, ("core", "birth_gender"))
        assert (tag.action, tag.payload["prefix"], tag.payload["tags"]) == (Action.TAG, "VOMO: ", "VOMO: Leader")

    def test_another_policy_is_another_value(self) -> None:
        """Who was tagged is archived after the customer's file says so, and the other way round."""
        tagged, archived = (gone(CONTACT, BEFORE, has(CONTACT, BEFORE), rules) for rules in (RULES, ARCHIVING))
        assert tagged is not None
        assert archived is not None
        assert gone(CONTACT, None, Known(tagged.fingerprints, {})) is None
        assert gone(CONTACT, None, Known(tagged.fingerprints, {}), ARCHIVING) is not None
        assert gone(CONTACT, None, Known(archived.fingerprints, {}), ARCHIVING) is None


def test_the_policies_of_deletion_and_what_a_recipe_may_fill() -> None:
    assert CONTACT.deletions == ("tag", "archive", "ignore")
    assert CONTACT.takes_tags
    assert not CONTACT.takes_designations
    assert CONTACT.accepts_field("customFields.Shirt size")
    assert not CONTACT.accepts_field("amount")
