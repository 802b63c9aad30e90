"""Attendance: the hours a person gave at an opportunity, by the direct endpoints (reference section 5.6)."""

from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from sync_pipeline.domain.change import Action, Write
from sync_pipeline.domain.fingerprint import fingerprint
from sync_pipeline.domain.record import MappedRecord
from sync_pipeline.domain.records.kind import CORE, Deletion, Groups, Known, Rules
from sync_pipeline.domain.records.shapes import filled, first_missing, utc, utc_text

REMOVED = {"deleted": "removed"}
LONGEST_HOURS = 24 * 31


class AttendanceKind:
    """Implements `RecordKind`. `contact` and `opportunity` are references, of this source unless a `…Source` says."""

    name = "attendance"
    fields = (
        *("contact", "contactSource", "opportunity", "opportunitySource"),
        *("hours", "startDateTimeUtc", "endDateTimeUtc", "timeZone"),
    )
    deletions = ("remove", "ignore")
    takes_tags = False
    takes_designations = False
    is_final = False

    def accepts_field(self, name: str) -> bool:
        return name in self.fields

    def problem(self, record: MappedRecord) -> str | None:
        missing = first_missing(record.fields, ("contact", "opportunity", "hours", "startDateTimeUtc"))
        if missing is not None:
            return missing
        hours = _hours(record.fields["hours"])
        if hours is None or not 0 <= hours <= LONGEST_HOURS:
            return "hours is not a number of hours"
        for name in ("startDateTimeUtc", "endDateTimeUtc"):
            if (record.fields.get(name) or "").strip() and utc(record.fields[name]) is None:
                return f"{name} is not a time"
        return None

    def groups(self, record: MappedRecord) -> Groups:
        """By value: VOMO spells the same hours 3.5 and "3.50"."""
        fields = dict(filled(record.fields))
        hours, start, end = (
            _hours(fields.get("hours")),
            utc(fields.get("startDateTimeUtc")),
            utc(fields.get("endDateTimeUtc")),
        )
        fields |= {"hours": "" if hours is None else f"{hours.normalize():f}"}
        fields |= {"startDateTimeUtc": "" if start is None else utc_text(start)}
        fields |= {} if end is None else {"endDateTimeUtc": utc_text(end)}
        return {CORE: {**fields, "referenceId": record.reference}}

    def writes(
        self, record: MappedRecord, reference: str, rules: Rules, needed: Collection[str], known: Known
    ) -> tuple[Write, ...]:
        del reference, needed
        fields = dict(filled(record.fields))
        payload = {
            "contact": [fields.get("contactSource", rules.reference_source), fields["contact"].strip()],
            "opportunity": [fields.get("opportunitySource", rules.reference_source), fields["opportunity"].strip()],
            "attendance": _body(fields),
            "replaces": known.acknowledged.get(CORE) not in (None, fingerprint(REMOVED)),
        }
        return (Write(Action.SAVE, payload, (CORE,)),)

    def deletion(self, last: MappedRecord | None, reference: str, rules: Rules) -> Deletion:
        del last, reference, rules
        return Deletion(REMOVED, (Write(Action.REMOVE, {}, (CORE,)),))


def _body(fields: dict[str, str]) -> dict[str, Any]:
    """The documented body. Without an end the hours tell it."""
    hours, start, end = _hours(fields["hours"]), utc(fields["startDateTimeUtc"]), utc(fields.get("endDateTimeUtc"))
    if hours is None or start is None:
        raise ValueError("a record with a problem has no writes")
    until = end if end is not None and end > start else start + timedelta(hours=float(hours))
    body = {"hours": float(hours), "startDateTimeUtc": utc_text(start), "endDateTimeUtc": utc_text(until)}
    return {**body, "timeZone": fields.get("timeZone", "UTC")}


def _hours(text: str | None) -> Decimal | None:
    try:
        hours = Decimal((text or "").strip())
    except InvalidOperation:
        return None
    return hours if hours.is_finite() else None
