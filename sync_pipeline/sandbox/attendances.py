"""The endpoints of the hours that volunteers gave."""

from starlette.responses import Response

from sync_pipeline.sandbox.answers import json_answer
from sync_pipeline.sandbox.endpoint import Json, VirtuousCall, deleted, object_body, path_id
from sync_pipeline.sandbox.gate import VIRTUOUS
from sync_pipeline.sandbox.refusal import NotFound
from sync_pipeline.sandbox.volunteer_shape import ATTENDANCE_FIELDS, attendance_document, read_shift
from sync_pipeline.sandbox.volunteer_store import Attendance, Shift, Volunteer
from sync_pipeline.sandbox.volunteers import opportunity_of, volunteer_module, volunteer_of


def record_attendance(call: VirtuousCall) -> Response:
    """A repeated POST adds the hours twice: no source knows of an external reference here."""
    volunteer = volunteer_of(call)
    return _answer(call, volunteer, call.organization.volunteers.attend(volunteer, _shift(call), call.now))


def attendances_of_volunteer(call: VirtuousCall) -> Response:
    """All of them: the registry names no `skip` and `take` for this path."""
    volunteer = volunteer_of(call)
    calendar = call.organization.calendar(call.now)
    rows = [attendance_document(one, volunteer, calendar) for one in volunteer.attendances.values()]
    return json_answer({"list": rows, "total": len(rows)})


def attendance_by_id(call: VirtuousCall) -> Response:
    return _answer(call, *_found(call))


def replace_attendance(call: VirtuousCall) -> Response:
    volunteer, attendance = _found(call)
    attendance.shift = _shift(call)
    attendance.modified_at = call.now
    return _answer(call, volunteer, attendance)


def delete_attendance(call: VirtuousCall) -> Response:
    volunteer, attendance = _found(call)
    del volunteer.attendances[attendance.attendance_id]
    return deleted(call)


def _shift(call: VirtuousCall) -> Shift:
    body: Json = object_body(call)
    unknown = (name for name in body if name not in ATTENDANCE_FIELDS)
    call.organization.books.unknown_fields.update(f"attendance.{name}" for name in unknown)
    return read_shift(body)


def _found(call: VirtuousCall) -> tuple[Volunteer, Attendance]:
    attendance_id = path_id(call, "volunteerAttendanceId")
    for volunteer in opportunity_of(call).volunteers.values():
        if attendance := volunteer.attendances.get(attendance_id):
            return volunteer, attendance
    raise NotFound


def _answer(call: VirtuousCall, volunteer: Volunteer, attendance: Attendance) -> Response:
    return json_answer(attendance_document(attendance, volunteer, call.organization.calendar(call.now)))


_OPPORTUNITY = "/api/VolunteerOpportunity/{volunteerOpportunityId:int}"
_OF_VOLUNTEER = f"{_OPPORTUNITY}/Volunteers/{{volunteerId:int}}/Attendance"
_ONE = f"{_OPPORTUNITY}/Attendance/{{volunteerAttendanceId:int}}"
ROUTES = [
    VIRTUOUS.route("GET", _OF_VOLUNTEER, volunteer_module("Read", attendances_of_volunteer)),
    VIRTUOUS.route("POST", _OF_VOLUNTEER, volunteer_module("Create", record_attendance)),
    VIRTUOUS.route("GET", _ONE, volunteer_module("Read", attendance_by_id)),
    VIRTUOUS.route("PUT", _ONE, volunteer_module("Update", replace_attendance)),
    VIRTUOUS.route("DELETE", _ONE, volunteer_module("Delete", delete_attendance)),
]
