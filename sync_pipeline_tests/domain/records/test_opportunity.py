"""Opportunities: the documented body; they are never taken away."""

import pytest

from sync_pipeline.domain.change import Action, Write
from sync_pipeline.domain.records import KINDS
from sync_pipeline_tests.domain.records.support import change_of, gone, has, record, weighed, writes_of

OPPORTUNITY = KINDS["opportunity"]
PANTRY = {"name": "Food pantry", "city": "Springfield"}


def test_an_opportunity_has_the_documented_body() -> None:
    fields = {
        **PANTRY,
        "startDateTime": "2026-03-04T10:00:00",
        "timeZone": "America/Chicago",
        "preferredNumberOfHours": "2.5",
        "projectId": "12",
        "isActive": "true",
        "isLocalOnly": "0",
        "currentNeed": "8",
        "description": None,
        "customFields.Team": "Blue",
    }
    body = {
        "name": "Food pantry",
        "city": "Springfield",
        "startDateTime": "2026-03-04T10:00:00",
        "timeZone": "America/Chicago",
        "preferredNumberOfHours": 2.5,
        "projectId": 12,
        "isActive": True,
        "isLocalOnly": False,
        "currentNeed": 8,
        "customFields": [{"name": "Team", "value": "Blue"}],
    }
    payload = {"opportunity": body, "replaces": False}
    assert writes_of(OPPORTUNITY, record(fields)) == (Write(Action.SAVE, payload, ("core",)),)


def test_a_change_replaces_what_virtuous_has() -> None:
    (write,) = writes_of(OPPORTUNITY, record({**PANTRY, "city": "Shelby"}), has(OPPORTUNITY, record(PANTRY)))
    assert write.payload == {"opportunity": {"name": "Food pantry", "city": "Shelby"}, "replaces": True}


@pytest.mark.parametrize("name", [None, "", " "])
def test_without_a_name_it_could_not_be_found_again(name: str | None) -> None:
    change = change_of(OPPORTUNITY, record({**PANTRY, "name": name}))
    assert (change.writes, change.problem) == (None, "name is empty")


def test_what_says_nothing_makes_no_difference() -> None:
    known = has(OPPORTUNITY, record({**PANTRY, "postal": None}))
    assert weighed(OPPORTUNITY, record({**PANTRY, "postal": " "}), known) is None


def test_a_vanished_opportunity_stays_in_virtuous_with_the_hours_given_at_it() -> None:
    assert OPPORTUNITY.deletions == ("ignore",)
    assert gone(OPPORTUNITY, record(PANTRY), has(OPPORTUNITY, record(PANTRY))) is None
    assert OPPORTUNITY.accepts_field("customFields.Team")
    assert not OPPORTUNITY.accepts_field("customFields.")
