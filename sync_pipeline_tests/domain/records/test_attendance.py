"""Attendance: hours by value, times by instant, and a removal that is taken back only by new hours."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_pipeline.domain.change import Action, Write
from sync_pipeline.domain.records import KINDS, Known
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

ATTENDANCE = KINDS["attendance"]
SHIFT = {"contact": "u-7", "opportunity": "p-3", "hours": "3.5", "startDateTimeUtc": "2026-03-04T10:00:00Z"}
REMOVING = replace(RULES, on_delete="remove")
QUARTERS = st.integers(0, 4 * 24).map(lambda quarters: Decimal(quarters) / 4)


def body(fields: Fields) -> dict[str, object]:
    (write,) = writes_of(ATTENDANCE, record(fields))
    return write.payload["attendance"]


def test_hours_have_the_documented_body_and_name_person_and_opportunity_by_reference() -> None:
    fields = {**SHIFT, "endDateTimeUtc": "2026-03-04T15:00:00Z", "timeZone": "America/Chicago"}
    payload = {
        "contact": ["VOMO", "u-7"],
        "opportunity": ["VOMO", "p-3"],
        "attendance": {
            "hours": 3.5,
            "startDateTimeUtc": "2026-03-04T10:00:00Z",
            "endDateTimeUtc": "2026-03-04T15:00:00Z",
            "timeZone": "America/Chicago",
        },
        "replaces": False,
    }
    assert writes_of(ATTENDANCE, record(fields)) == (Write(Action.SAVE, payload, ("core",)),)


def test_person_and_opportunity_may_be_known_under_other_sources() -> None:
    (write,) = writes_of(
        ATTENDANCE, record({**SHIFT, "contactSource": "GIVING", "opportunity": " p-3 ", "opportunitySource": "STAFF"})
    )
    assert (write.payload["contact"], write.payload["opportunity"]) == (["GIVING", "u-7"], ["STAFF", "p-3"])


@pytest.mark.parametrize(
    ("end", "until"),
    [
        (None, "2026-03-04T13:30:00Z"),
        ("", "2026-03-04T13:30:00Z"),
        ("2026-03-04T10:00:00Z", "2026-03-04T13:30:00Z"),
        ("2026-03-03T15:00:00Z", "2026-03-04T13:30:00Z"),
        ("2026-03-04T08:00:00-06:00", "2026-03-04T14:00:00Z"),
    ],
)
def test_an_end_that_is_missing_or_before_the_start_is_told_by_the_hours(end: str | None, until: str) -> None:
    assert body({**SHIFT, "endDateTimeUtc": end})["endDateTimeUtc"] == until


def test_no_hours_are_hours_too_and_a_missing_zone_is_utc() -> None:
    assert body({**SHIFT, "hours": "0"}) == {
        "hours": 0.0,
        "startDateTimeUtc": "2026-03-04T10:00:00Z",
        "endDateTimeUtc": "2026-03-04T10:00:00Z",
        "timeZone": "UTC",
    }


@settings(deadline=None)
@given(hours=QUARTERS, zeros=st.integers(0, 3), blanks=st.sampled_from(["", " "]))
def test_the_same_hours_in_another_spelling_need_no_write(hours: Decimal, zeros: int, blanks: str) -> None:
    """VOMO spells them 3.5 in one place and "3.50" in another."""
    plain = record({**SHIFT, "hours": f"{hours}"})
    padded = record({**SHIFT, "hours": f"{blanks}{hours:.2f}{'0' * zeros}{blanks}"})
    assert weighed(ATTENDANCE, padded, has(ATTENDANCE, plain)) is None


@settings(deadline=None)
@given(one=QUARTERS, other=QUARTERS)
def test_other_hours_are_another_value(one: Decimal, other: Decimal) -> None:
    equal = prints(ATTENDANCE, record({**SHIFT, "hours": f"{one}"})) == prints(
        ATTENDANCE, record({**SHIFT, "hours": f"{other}"})
    )
    assert equal == (one == other)


@settings(deadline=None)
@given(
    moment=st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001  the zone is drawn below
    offset=st.integers(-14 * 4, 14 * 4),
)
def test_the_same_instant_in_another_time_zone_needs_no_write(moment: datetime, offset: int) -> None:
    here = moment.replace(microsecond=0, tzinfo=UTC)
    there = here.astimezone(timezone(timedelta(minutes=15 * offset)))
    known = has(ATTENDANCE, record({**SHIFT, "startDateTimeUtc": f"{here:%Y-%m-%dT%H:%M:%SZ}"}))
    for spelling in (there.isoformat(), here.isoformat(" "), here.replace(tzinfo=None).isoformat()):
        assert weighed(ATTENDANCE, record({**SHIFT, "startDateTimeUtc": spelling}), known) is None


def test_what_says_nothing_makes_no_difference() -> None:
    known = has(ATTENDANCE, record({**SHIFT, "endDateTimeUtc": None, "timeZone": None}))
    assert weighed(ATTENDANCE, record({**SHIFT, "endDateTimeUtc": "", "timeZone": " "}), known) is None


@pytest.mark.parametrize(
    "change",
    [
        {"contact": "u-8"},
        {"opportunity": "p-4"},
        {"startDateTimeUtc": "2026-03-04T10:00:01Z"},
        {"endDateTimeUtc": "2026-03-04T15:00:00Z"},
        {"timeZone": "America/Chicago"},
    ],
)
def test_a_correction_replaces_the_hours_that_are_there(change: Fields) -> None:
    (write,) = writes_of(ATTENDANCE, record({**SHIFT, **change}), has(ATTENDANCE, record(SHIFT)))
    assert (write.action, write.payload["replaces"]) == (Action.SAVE, True)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"contact": None}, "contact is empty"),
        ({"opportunity": " "}, "opportunity is empty"),
        ({"hours": ""}, "hours is empty"),
        ({"startDateTimeUtc": None}, "startDateTimeUtc is empty"),
        ({"hours": "a shift"}, "hours is not a number of hours"),
        ({"hours": "-1"}, "hours is not a number of hours"),
        ({"hours": "745"}, "hours is not a number of hours"),
        ({"hours": "NaN"}, "hours is not a number of hours"),
        ({"hours": "Infinity"}, "hours is not a number of hours"),
        ({"hours": "1e999"}, "hours is not a number of hours"),
        ({"startDateTimeUtc": "at dawn"}, "startDateTimeUtc is not a time"),
        ({"startDateTimeUtc": "0000-00-00T00:00:00Z"}, "startDateTimeUtc is not a time"),
        ({"startDateTimeUtc": "0001-01-01T00:00:00+05:00"}, "startDateTimeUtc is not a time"),
        ({"startDateTimeUtc": "9999-12-31T23:00:00-05:00"}, "startDateTimeUtc is not a time"),
        ({"startDateTimeUtc": "9999-12-31T23:00:00Z"}, "startDateTimeUtc is not a time"),
        ({"endDateTimeUtc": "at dusk"}, "endDateTimeUtc is not a time"),
    ],
)
def test_what_is_wrong_is_told_by_the_name_of_the_field(change: Fields, problem: str) -> None:
    found = change_of(ATTENDANCE, record({**SHIFT, **change}))
    assert (found.writes, found.problem) == (None, problem)


def test_a_vanished_participation_is_removed_once() -> None:
    change = gone(ATTENDANCE, record(SHIFT), has(ATTENDANCE, record(SHIFT)), REMOVING)
    assert change is not None
    assert change.writes == (Write(Action.REMOVE, {}, ("core",)),)
    assert gone(ATTENDANCE, None, Known(change.fingerprints, {}), REMOVING) is None


def test_a_participation_that_comes_back_is_recorded_anew_and_corrects_nothing() -> None:
    removal = gone(ATTENDANCE, record(SHIFT), has(ATTENDANCE, record(SHIFT)), REMOVING)
    assert removal is not None
    (write,) = writes_of(ATTENDANCE, record(SHIFT), Known(removal.fingerprints, {}), REMOVING)
    assert (write.action, write.payload["replaces"]) == (Action.SAVE, False)


def test_the_policies_of_deletion() -> None:
    assert ATTENDANCE.deletions == ("remove", "ignore")
    assert not ATTENDANCE.takes_tags
