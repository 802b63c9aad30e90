"""Every customer is reconciled once a local day, after its night, and once a week with everything."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.reconcile_slots import due_reconciliation
from sync_pipeline.domain.slots import latest_slot, nightly_slot
from sync_pipeline_tests.domain.test_slots import YEAR, ZONES, customer

JANUARY = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAYS = 60


def begun_in(one: Customer, days: int) -> list[str]:
    """The slots of a customer whose every slot begins within half an hour."""
    begun: set[tuple[str, str]] = set()
    names: list[str] = []
    now = JANUARY
    while now < JANUARY + timedelta(days=days):
        slot = due_reconciliation(one, latest_slot(one, now), begun, now)
        if slot is not None:
            begun.add((one.id, slot.name))
            names.append(slot.name)
        now += timedelta(minutes=30)
    return names


def with_reconcile(one: Customer, daily: bool, weekly: str | None) -> Customer:
    reconcile = one.schedule.reconcile.model_copy(update={"daily": daily, "weekly": weekly})
    return one.model_copy(update={"schedule": one.schedule.model_copy(update={"reconcile": reconcile})})


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("nightly", ["auto", "04:00", "23:30"])
def test_each_day_has_one_and_each_week_a_full_one(zone: str, nightly: str) -> None:
    names = begun_in(customer(zone, nightly), DAYS)
    assert max(Counter(names).values()) == 1
    assert DAYS - 1 <= len(names) <= DAYS + 1
    assert 8 <= sum(name.startswith("weekly") for name in names) <= 10


def test_who_wants_only_one_of_them_gets_that_one() -> None:
    one = customer("America/Chicago")
    assert all(name.startswith("weekly") for name in begun_in(with_reconcile(one, daily=False, weekly="friday"), 30))
    assert all(name.startswith("daily") for name in begun_in(with_reconcile(one, daily=True, weekly=None), 30))
    assert begun_in(with_reconcile(one, daily=False, weekly=None), 30) == []


def test_a_night_of_its_own_window_has_always_begun_before() -> None:
    for number in range(50):
        one = customer("America/Chicago", name=f"customer-{number}")
        for day in YEAR[::7]:
            night = nightly_slot(one, day)
            assert due_reconciliation(one, latest_slot(one, night), set(), night) is None
            later = night + timedelta(hours=8)
            assert due_reconciliation(one, latest_slot(one, later), set(), later) is not None


def test_a_day_on_which_everything_was_compared_needs_no_daily_one() -> None:
    one = customer("America/Chicago")
    thursday = datetime(2026, 3, 5, 18, tzinfo=UTC)
    begun = {(one.id, "weekly-2026-03-05")}  # Sunday's, caught up
    assert due_reconciliation(one, latest_slot(one, thursday), begun, thursday) is None
    friday = thursday + timedelta(days=1)
    slot = due_reconciliation(one, latest_slot(one, friday), begun, friday)
    assert slot is not None
    assert slot.name == "daily-2026-03-06"
