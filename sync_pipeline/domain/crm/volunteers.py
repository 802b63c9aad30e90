"""Opportunities, the people signed up for them, and the hours they gave. None of these has an external reference."""

from collections.abc import Mapping
from typing import Any

from sync_pipeline.domain.crm.reading import listing, record_id, same_moment
from sync_pipeline.domain.request import Request

CREATE_OPPORTUNITY = "POST /api/VolunteerOpportunity"
SIGN_UP = "POST /api/VolunteerOpportunity/{volunteerOpportunityId}/Volunteers"
RECORD_HOURS = "POST /api/VolunteerOpportunity/{volunteerOpportunityId}/Volunteers/{volunteerId}/Attendance"
LARGEST_PAGE = 1_000


def opportunities(skip: int, take: int = LARGEST_PAGE) -> Request:
    return Request("GET", "/api/VolunteerOpportunity", query={"skip": skip, "take": take})


def opportunity(opportunity_id: int) -> Request:
    parts = {"volunteerOpportunityId": opportunity_id}
    return Request("GET", "/api/VolunteerOpportunity/{volunteerOpportunityId}", parts)


def create_opportunity(fields: Mapping[str, Any]) -> Request:
    return Request("POST", "/api/VolunteerOpportunity", body=dict(fields))


def replace_opportunity(opportunity_id: int, fields: Mapping[str, Any]) -> Request:
    parts = {"volunteerOpportunityId": opportunity_id}
    path = "/api/VolunteerOpportunity/{volunteerOpportunityId}"
    return Request("PUT", path, parts, body=dict(fields), documented=False)


def read_opportunities(document: Any) -> list[tuple[str, int]] | None:
    """Names and ids of a page's opportunities; None when the document is no list."""
    page = listing(document)
    if page is None:
        return None
    named = ((str(row.get("name") or "").strip(), record_id(row)) for row in page.rows)
    return [(name, found) for name, found in named if name and found is not None]


def volunteers(opportunity_id: int, skip: int, take: int = LARGEST_PAGE) -> Request:
    """Everybody signed up for an opportunity."""
    query = {"volunteerOpportunityId": opportunity_id, "skip": skip, "take": take}
    return Request("GET", "/api/Volunteer/Search", query=query)


def sign_up(opportunity_id: int, individual_id: int) -> Request:
    path = "/api/VolunteerOpportunity/{volunteerOpportunityId}/Volunteers"
    parts = {"volunteerOpportunityId": opportunity_id}
    return Request("POST", path, parts, body={"contactIndividualId": individual_id})


def read_volunteers(document: Any, opportunity_id: int) -> dict[int, int] | None:
    """Volunteer ids by individual; a row that names another opportunity is not taken."""
    page = listing(document)
    if page is None:
        return None
    found: dict[int, int] = {}
    for row in page.rows:
        individual, volunteer = record_id(row, "contactIndividualId"), record_id(row)
        if individual and volunteer and record_id(row, "volunteerOpportunityId") in (None, opportunity_id):
            found.setdefault(individual, volunteer)
    return found


def attendances(opportunity_id: int, volunteer_id: int) -> Request:
    return Request(
        "GET",
        "/api/VolunteerOpportunity/{volunteerOpportunityId}/Volunteers/{volunteerId}/Attendance",
        {"volunteerOpportunityId": opportunity_id, "volunteerId": volunteer_id},
    )


def record_hours(opportunity_id: int, volunteer_id: int, hours: Mapping[str, Any]) -> Request:
    return Request(
        "POST",
        "/api/VolunteerOpportunity/{volunteerOpportunityId}/Volunteers/{volunteerId}/Attendance",
        {"volunteerOpportunityId": opportunity_id, "volunteerId": volunteer_id},
        body=dict(hours),
    )


def correct_hours(opportunity_id: int, attendance_id: int, hours: Mapping[str, Any]) -> Request:
    return Request(
        "PUT", ONE_ATTENDANCE, _attendance(opportunity_id, attendance_id), body=dict(hours), documented=False
    )


def remove_hours(opportunity_id: int, attendance_id: int) -> Request:
    return Request("DELETE", ONE_ATTENDANCE, _attendance(opportunity_id, attendance_id), documented=False)


ONE_ATTENDANCE = "/api/VolunteerOpportunity/{volunteerOpportunityId}/Attendance/{volunteerAttendanceId}"


def _attendance(opportunity_id: int, attendance_id: int) -> dict[str, str | int]:
    return {"volunteerOpportunityId": opportunity_id, "volunteerAttendanceId": attendance_id}


def starting_at(document: Any, start: str) -> list[int] | None:
    """Ids of a volunteer's attendances that begin at this moment; None when the document is no list."""
    page = listing(document)
    if page is None:
        return None
    rows = [row for row in page.rows if same_moment(row.get("startDateTimeUtc"), start)]
    return [found for row in rows if (found := record_id(row)) is not None]


def ids_of(document: Any) -> set[int] | None:
    """Ids of a volunteer's attendances; None when the document is no list."""
    page = listing(document)
    return None if page is None else {found for row in page.rows if (found := record_id(row)) is not None}
