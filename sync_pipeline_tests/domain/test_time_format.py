"""How moments are spelled for a platform and read from its records."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sync_pipeline.domain.time_format import (
    NAMES,
    moment_of,
    rounded_down,
    rounded_up,
    spelled,
    unit_of,
    zone_slack,
)

MOMENT = datetime(2026, 11, 26, 0, 5, 7, 123456, tzinfo=UTC)
SPELLED = {
    "iso": "2026-11-26T00:05:07+00:00",
    "iso_z": "2026-11-26T00:05:07Z",
    "date": "2026-11-26",
    "epoch": "1795651507",
    "epoch_ms": "1795651507123",
    "%Y-%m-%d %H:%M:%S": "2026-11-26 00:05:07",
    "%Y%m%d%H%M": "202611260005",
    "%a, %d %b %Y %H:%M:%S GMT": "Thu, 26 Nov 2026 00:05:07 GMT",
    "%Y-%jT%H:%M:%S.%f%z": "2026-330T00:05:07.123456+0000",
    "100%% %d.%m.%Y": "100% 26.11.2026",
}


@pytest.mark.parametrize(("time_format", "text"), SPELLED.items())
def test_a_moment_is_spelled_in_utc_and_never_later_than_it_is(time_format: str, text: str) -> None:
    assert spelled(MOMENT, time_format) == text
    assert spelled(MOMENT.astimezone(timezone(timedelta(hours=-6))), time_format) == text
    assert moment_of(text, time_format) == rounded_down(MOMENT, time_format) <= MOMENT


def test_every_named_format_is_tried() -> None:
    assert set(NAMES) < set(SPELLED)


@pytest.mark.parametrize("time_format", SPELLED)
def test_rounding_moves_by_less_than_a_unit_and_leaves_whole_units(time_format: str) -> None:
    down, up, unit = rounded_down(MOMENT, time_format), rounded_up(MOMENT, time_format), unit_of(time_format)
    assert down <= MOMENT <= up
    assert up - down in (unit, timedelta())
    assert rounded_down(down, time_format) == rounded_up(down, time_format) == down


def test_only_days_depend_on_where_the_platform_is() -> None:
    assert {one for one in SPELLED if zone_slack(one)} == {"date", "100%% %d.%m.%Y"}


@pytest.mark.parametrize(
    ("time_format", "text"),
    [
        ("iso", "soon"),
        ("iso", "infinity"),
        ("iso", "20261126"),
        ("iso", "1795651507"),
        ("iso", "2026-02-30T00:00:00Z"),
        ("iso", "0001-01-01T00:00:00+12:00"),
        ("iso", ""),
        ("iso", None),
        ("epoch", "today"),
        ("epoch", "999999999999999"),
        ("%d.%m.%Y", "infinity"),
        ("%d.%m.%Y", "30.02.2026"),
        ("%d.%m.%Y", "11/26/2026"),
    ],
)
def test_what_is_no_time_is_none(time_format: str, text: str | None) -> None:
    assert moment_of(text, time_format) is None


@pytest.mark.parametrize("text", ["2026-11-26 00:05:07", "2026-11-26t00:05:07 z", "2026-11-26T02:05:07+02:00"])
@pytest.mark.parametrize("time_format", ["epoch", "date", "%d.%m.%Y", "iso"])
def test_records_may_spell_times_in_iso_8601_whatever_the_parameter_wants(time_format: str, text: str) -> None:
    assert moment_of(text, time_format) == MOMENT.replace(microsecond=0)
