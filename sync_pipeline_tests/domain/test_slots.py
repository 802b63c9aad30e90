"""Every customer has one night per local date, and a fleet's nights are spread over its window."""

from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sync_pipeline.domain.slots import latest_slot, next_slot, nightly_slot
from sync_pipeline_tests.domain.scheduled import customer

ZONES = (
    "America/Chicago",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Berlin",
    "Africa/Cairo",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Kiritimati",
)
AT = ("02:30", "23:50")
YEAR = [date(2026, 1, 1) + timedelta(days=day) for day in range(366)]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("nightly", ["auto", "02:30", "00:00"])
def test_a_year_has_one_slot_for_each_local_date(zone: str, nightly: str) -> None:
    one = customer(zone, nightly)
    slots = [nightly_slot(one, day) for day in YEAR]
    assert slots == sorted(set(slots))
    found, now = list[datetime](), slots[0]
    while now <= slots[-1]:  # whoever looks for the next slot again and again comes upon each of them once
        found.append(next_slot(one, now))
        now = found[-1] + timedelta(microseconds=1)
    assert found == slots
    if nightly != "auto":
        assert [slot.astimezone(ZoneInfo(zone)).date() for slot in slots] == YEAR


@pytest.mark.parametrize(
    ("zone", "nightly"),
    # Each zone, and each kind of night where clocks change by an hour, by half of one, and on the other half of Earth.
    [
        *((zone, "auto") for zone in ZONES),
        *((zone, at) for zone in ("America/Chicago", "Australia/Lord_Howe", "Pacific/Auckland") for at in AT),
    ],
)
def test_whoever_asks_all_year_long_comes_upon_every_night_once_and_in_its_time(zone: str, nightly: str) -> None:
    one = customer(zone, nightly)
    nights: dict[str, datetime] = {}
    now, end = nightly_slot(one, YEAR[0]), nightly_slot(one, YEAR[-1])
    while now <= end:
        slot = latest_slot(one, now)
        assert slot.starts_at <= now < slot.starts_at + timedelta(hours=26)
        nights.setdefault(slot.name, now)
        now += timedelta(minutes=20)
    assert list(nights) == [day.isoformat() for day in YEAR][: len(nights)]
    assert len(nights) >= len(YEAR) - 1
    late = (found - nightly_slot(one, date.fromisoformat(name)) for name, found in nights.items())
    assert max(late) <= timedelta(minutes=20)


def test_an_initial_load_has_the_rest_of_its_window_and_an_hour_at_least() -> None:
    for name in (f"c-{number}" for number in range(100)):
        one = customer("America/Chicago", name=name)
        slot = latest_slot(one, nightly_slot(one, YEAR[40]))
        closes = datetime.combine(YEAR[41], datetime.min.time(), ZoneInfo("America/Chicago")) + timedelta(hours=5)
        assert slot.quiet_until == max(closes, slot.starts_at + timedelta(hours=1))


@pytest.mark.parametrize("zone", ZONES)
def test_a_slot_lies_in_the_window_of_its_night_also_when_the_clocks_change(zone: str) -> None:
    one = customer(zone)
    for day in YEAR:
        local = nightly_slot(one, day).astimezone(ZoneInfo(zone))
        evening = local.date() == day and local.hour >= 22
        assert evening or (local.date() == day + timedelta(days=1) and local.hour < 5)


def test_a_fleet_is_spread_over_its_window() -> None:
    hours = Counter(nightly_slot(customer("UTC", name=f"c-{number}"), YEAR[0]).hour for number in range(700))
    assert set(hours) == {22, 23, 0, 1, 2, 3, 4}
    assert max(hours.values()) < 1.4 * 100


def test_a_customer_keeps_its_slot_in_every_release() -> None:
    slot = nightly_slot(customer("UTC", name="riverside-food-bank"), date(2026, 3, 1))
    assert slot.isoformat(timespec="seconds") == "2026-03-02T03:59:59+00:00"
