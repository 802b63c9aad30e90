"""Notes: the documented body, a mark to find them by, and nothing said when they vanish."""

import pytest

from sync_pipeline.domain.change import Action, Write
from sync_pipeline.domain.crm.notes import marked
from sync_pipeline.domain.records import KINDS
from sync_pipeline.domain.records.note import note_mark
from sync_pipeline_tests.domain.records.support import (
    RULES,
    Fields,
    change_of,
    gone,
    has,
    prints,
    record,
    weighed,
    writes_of,
)

NOTE = KINDS["note"]
FORM = {"contact": "u-7", "note": "Completed the form."}
TEXT = "Completed the form.\n[sync:VOMO/r-1]"


def test_a_note_has_the_documented_body_and_names_its_contact_by_reference() -> None:
    fields = {
        **FORM,
        "type": "Volunteer",
        "noteDateTime": " 2026-03-04T10:00:00Z ",
        "important": "true",
        "private": "False",
        "timeSpent": "1.5",
    }
    body = {
        "type": "Volunteer",
        "note": TEXT,
        "noteDateTime": "2026-03-04T10:00:00Z",
        "important": True,
        "private": False,
        "timeSpent": 1.5,
    }
    payload = {"contact": ["VOMO", "u-7"], "note": body, "replaces": False}
    assert writes_of(NOTE, record(fields)) == (Write(Action.SAVE, payload, ("core",)),)


def test_a_note_that_says_little_has_a_general_type_and_nothing_made_up() -> None:
    (write,) = writes_of(NOTE, record({**FORM, "noteDateTime": "", "important": None}))
    assert write.payload["note"] == {"type": "General", "note": TEXT}


def test_the_contact_may_be_known_under_another_source() -> None:
    (write,) = writes_of(NOTE, record({**FORM, "contact": " u-7 ", "contactSource": "GIVING"}))
    assert write.payload["contact"] == ["GIVING", "u-7"]


def test_a_shape_that_is_none_travels_as_it_is_and_virtuous_refuses_it_by_name() -> None:
    (write,) = writes_of(NOTE, record({**FORM, "important": "perhaps", "timeSpent": "long"}))
    assert (write.payload["note"]["important"], write.payload["note"]["timeSpent"]) == ("perhaps", "long")


def test_a_later_version_replaces_the_note_and_has_the_same_mark() -> None:
    later = record({**FORM, "note": "Completed the form twice."})
    (write,) = writes_of(NOTE, later, has(NOTE, record(FORM)))
    assert write.payload["replaces"] is True
    assert write.payload["note"]["note"] == "Completed the form twice.\n[sync:VOMO/r-1]"


def test_the_mark_of_one_record_is_not_found_in_the_note_of_another() -> None:
    page = {"list": [{"id": 3, "note": f"text {note_mark('VOMO', '11')}"}], "total": 1}
    found = marked(page, note_mark("VOMO", "11"))
    assert found is not None
    assert found.note_id == 3
    assert marked(page, note_mark("VOMO", "1")) is None
    assert marked(page, note_mark("GIVING", "11")) is None


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"contact": None}, "contact is empty"),
        ({"contact": " "}, "contact is empty"),
        ({"note": ""}, "note is empty"),
        ({"noteDateTime": "last Walpurgisnacht"}, "noteDateTime is not a time"),
        ({"noteDateTime": "2026-02-30T10:00:00Z"}, "noteDateTime is not a time"),
    ],
)
def test_what_is_wrong_is_told_by_the_name_of_the_field(change: Fields, problem: str) -> None:
    found = change_of(NOTE, record({**FORM, **change}))
    assert (found.writes, found.problem) == (None, problem)


def test_equal_notes_need_nothing_and_a_null_is_an_empty_text() -> None:
    known = has(NOTE, record({**FORM, "type": None}))
    assert weighed(NOTE, record({**FORM, "type": "", "private": None}), known) is None


@pytest.mark.parametrize("change", [{"note": "Other"}, {"contact": "u-8"}, {"important": "true"}])
def test_every_field_counts_in_the_comparison(change: Fields) -> None:
    assert prints(NOTE, record({**FORM, **change})) != prints(NOTE, record(FORM))


def test_a_vanished_note_stays_in_virtuous() -> None:
    assert NOTE.deletions == ("ignore",)
    assert gone(NOTE, record(FORM), has(NOTE, record(FORM)), RULES) is None
