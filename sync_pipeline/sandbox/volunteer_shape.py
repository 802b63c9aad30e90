"""Opportunities, volunteers and attendances as they are read and written (section 5.6; hand-written types of SC)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sync_pipeline.sandbox.contact import Contact
from sync_pipeline.sandbox.gift_rules import decimal
from sync_pipeline.sandbox.moments import Calendar, read_moment, utc_moment
from sync_pipeline.sandbox.refusal import Problem, Refusal
from sync_pipeline.sandbox.volunteer_store import Attendance, Opportunity, Shift, Volunteer

Json = dict[str, Any]

_HOURS_OF_A_YEAR = 8_784

OPPORTUNITY_FIELDS = (
    *("name", "startDateTime", "endDateTime", "timeZone", "preferredNumberOfHours", "projectId", "locationName"),
    *("address1", "address2", "city", "state", "postal", "country", "description", "isActive", "isLocalOnly"),
    *("preferredDateTime", "currentNeed", "currentPriority", "customFields"),
)
ATTENDANCE_FIELDS = ("timeZone", "hours", "startDateTimeUtc", "endDateTimeUtc")


def read_opportunity(body: Json) -> Json:
    """The written fields. That a name is required is our reading: without one nobody could find it again."""
    if not isinstance(body.get("name"), str) or not body["name"].strip():
        raise Refusal(Problem("name", "REQUIRED", "name is required."))
    wrong = [name for name in ("startDateTime", "endDateTime") if body.get(name) and read_moment(body[name]) is None]
    if wrong:
        raise Refusal(*(Problem(name, "INVALID_FORMAT", f"{name} is not a time.") for name in wrong))
    return {name: body[name] for name in OPPORTUNITY_FIELDS if body.get(name) is not None}


def read_shift(body: Json) -> Shift:
    hours, start = read_hours(body.get("hours")), read_moment(body.get("startDateTimeUtc"))
    if hours is None:
        raise Refusal(Problem("hours", "INVALID_FORMAT", "hours is not a number of hours."))
    if start is None:
        raise Refusal(Problem("startDateTimeUtc", "REQUIRED", "startDateTimeUtc is required."))
    end = read_moment(body.get("endDateTimeUtc"))
    if end is None and body.get("endDateTimeUtc") is not None:
        raise Refusal(Problem("endDateTimeUtc", "INVALID_FORMAT", "endDateTimeUtc is not a time."))
    if end is not None and end < start:
        raise Refusal(Problem("endDateTimeUtc", "OUT_OF_RANGE", "The shift ends before it starts."))
    return Shift(hours, start, end, str(body["timeZone"]) if body.get("timeZone") else None)


def read_hours(value: object) -> Decimal | None:
    """Zero is taken (somebody signed up and did not come); more than a year's hours are none."""
    hours = decimal(value)
    return hours if hours is not None and 0 <= hours <= _HOURS_OF_A_YEAR else None


def opportunity_document(opportunity: Opportunity) -> Json:
    number = opportunity.opportunity_id
    return {
        "id": number,
        **dict.fromkeys(OPPORTUNITY_FIELDS),
        "isActive": True,
        "isLocalOnly": False,
        "customFields": [],
        **opportunity.row,
        "volunteersUrl": f"/api/VolunteerOpportunity/{number}/Volunteers",
        "createDateTimeUtc": utc_moment(opportunity.created_at, number),
        "modifiedDateTimeUtc": utc_moment(opportunity.modified_at, number),
    }


def volunteer_document(volunteer: Volunteer, contact: Contact) -> Json:
    url = f"/api/VolunteerOpportunity/{volunteer.opportunity_id}/Volunteers/{volunteer.volunteer_id}"
    return {
        "id": volunteer.volunteer_id,
        "volunteerUrl": url,
        "contactId": contact.contact_id,
        "contactIndividualId": volunteer.individual_id,
        "contactUrl": f"/api/Contact/{contact.contact_id}",
        "displayName": contact.person or contact.name,
        "firstName": contact.fields.get("firstName"),
        "avatarUrl": None,
        "primaryPhone": contact.fields.get("phone"),
        "primaryEmail": contact.fields.get("email"),
        "totalHours": float(volunteer.total_hours),
        "timesVolunteered": len(volunteer.attendances),
        "volunteerAttendanceUrl": f"{url}/Attendance",
        "volunteerOpportunityId": volunteer.opportunity_id,
    }


def attendance_document(attendance: Attendance, volunteer: Volunteer, calendar: Calendar) -> Json:
    shift, number = attendance.shift, attendance.attendance_id
    # An attendance written without an end lasts as long as its hours.
    end = shift.end or shift.start + timedelta(hours=float(shift.hours))
    zone = _zone(shift.time_zone) or calendar.zone
    return {
        "id": number,
        "volunteerId": volunteer.volunteer_id,
        "volunteerOpportunityId": volunteer.opportunity_id,
        "hours": float(shift.hours),
        "startDateTimeUtc": _plain(shift.start.astimezone(UTC)),
        "startDateTime": _plain(shift.start.astimezone(zone)),
        "endDateTimeUtc": _plain(end.astimezone(UTC)),
        "endDateTime": _plain(end.astimezone(zone)),
        "timeZone": shift.time_zone or zone.key,
        "createDateTimeUtc": utc_moment(attendance.created_at, number),
        "modifiedDateTimeUtc": utc_moment(attendance.modified_at, number),
    }


def _plain(moment: datetime) -> str:
    """Without an offset, as recordings have it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, OSError, ValueError):
        return None
