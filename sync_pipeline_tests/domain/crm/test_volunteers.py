"""Opportunities, sign-ups and hours: addresses, bodies, and answers in the spellings that may come."""

from typing import Any

import pytest

from sync_pipeline.domain.crm import volunteers

HOURS = {"hours": 3.5, "startDateTimeUtc": "2026-03-04T10:00:00Z", "endDateTimeUtc": "x", "timeZone": "UTC"}
ONE_ATTENDANCE = "/api/VolunteerOpportunity/{volunteerOpportunityId}/Attendance/{volunteerAttendanceId}"


def test_opportunities_are_read_by_name() -> None:
    rows = [{"id": 3, "name": " Food pantry "}, {"id": "4", "name": "Garden"}, {"id": 5}, {"name": "x"}, {"id": 0}]
    for document in (rows, {"list": rows, "total": 5}):
        assert volunteers.read_opportunities(document) == [("Food pantry", 3), ("Garden", 4)]


@pytest.mark.parametrize("document", [None, {"message": "no"}, "x"])
def test_an_answer_that_is_no_list_proves_no_absence(document: Any) -> None:
    assert volunteers.read_opportunities(document) is None
    assert volunteers.read_volunteers(document, 3) is None
    assert volunteers.starting_at(document, HOURS["startDateTimeUtc"]) is None
    assert volunteers.ids_of(document) is None


def test_volunteers_are_read_by_individual_and_those_of_other_opportunities_are_not_taken() -> None:
    """Whether the search keeps to its parameter is not recorded."""
    rows = [
        {"id": 60, "contactIndividualId": 30, "volunteerOpportunityId": 3},
        {"id": "61", "contactIndividualId": "31"},
        {"id": 62, "contactIndividualId": 32, "volunteerOpportunityId": 4},
        {"id": 63, "contactIndividualId": 30, "volunteerOpportunityId": 3},
        {"id": 64},
    ]
    assert volunteers.read_volunteers({"list": rows, "total": 5}, 3) == {30: 60, 31: 61}


def test_hours_are_found_by_their_start_whatever_its_spelling() -> None:
    rows = [
        {"id": 1, "startDateTimeUtc": "2026-03-04T10:00:00.0000000"},
        {"id": "2", "startDateTimeUtc": "2026-03-04T04:00:00-06:00"},
        {"id": 3, "startDateTimeUtc": "2026-03-04T11:00:00Z"},
        {"id": 4, "startDateTimeUtc": None},
        {"startDateTimeUtc": "2026-03-04T10:00:00Z"},
    ]
    assert volunteers.starting_at(rows, "2026-03-04T10:00:00Z") == [1, 2]
    assert volunteers.ids_of(rows) == {1, 2, 3, 4}


def test_a_person_is_signed_up_by_the_individual_not_by_the_contact() -> None:
    request = volunteers.sign_up(3, 30)
    assert request.endpoint == volunteers.SIGN_UP
    assert (request.parts, request.body) == ({"volunteerOpportunityId": 3}, {"contactIndividualId": 30})


def test_hours_are_recorded_corrected_and_removed_at_the_documented_addresses() -> None:
    new = volunteers.record_hours(3, 60, HOURS)
    assert (new.endpoint, new.body) == (volunteers.RECORD_HOURS, HOURS)
    assert new.parts == {"volunteerOpportunityId": 3, "volunteerId": 60}
    corrected, removed = volunteers.correct_hours(3, 1, HOURS), volunteers.remove_hours(3, 1)
    assert (corrected.endpoint, removed.endpoint) == (f"PUT {ONE_ATTENDANCE}", f"DELETE {ONE_ATTENDANCE}")
    assert corrected.parts == removed.parts == {"volunteerOpportunityId": 3, "volunteerAttendanceId": 1}
    assert (corrected.body, removed.body) == (HOURS, None)
    assert (new.documented, corrected.documented, removed.documented) == (True, False, False)


def test_opportunities_are_created_and_replaced_with_the_whole_body() -> None:
    created = volunteers.create_opportunity({"name": "Garden"})
    replaced = volunteers.replace_opportunity(3, {"name": "Garden"})
    assert (created.endpoint, created.body) == (volunteers.CREATE_OPPORTUNITY, {"name": "Garden"})
    assert (replaced.endpoint, replaced.body) == (
        "PUT /api/VolunteerOpportunity/{volunteerOpportunityId}",
        {"name": "Garden"},
    )
    assert volunteers.volunteers(3, 0).query == {"volunteerOpportunityId": 3, "skip": 0, "take": 1_000}
    assert volunteers.opportunities(0).query == {"skip": 0, "take": 1_000}
    assert volunteers.opportunity(3).parts == {"volunteerOpportunityId": 3}
    assert volunteers.attendances(3, 60).parts == {"volunteerOpportunityId": 3, "volunteerId": 60}
