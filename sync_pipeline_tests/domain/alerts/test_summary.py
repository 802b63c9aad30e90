"""The morning's message: whoever reads it over coffee knows whether anything is wrong, and what comes."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from sync_pipeline.domain.alerts.summary import DayTotals, Summary, Tonight, summary_text
from sync_pipeline.domain.alerts.summary_time import SummaryTime
from sync_pipeline.domain.objectives import Budget, Budgets
from sync_pipeline.domain.pages.fleet_page import FleetPage, Need, OrganizationHours, SlowNight
from sync_pipeline.domain.platforms import PlatformState, Trouble
from sync_pipeline_tests.domain.pages.support import NOW
from sync_pipeline_tests.domain.pages.test_fleet_page import customer, page

HOUR = timedelta(hours=1)
GOOD = Budgets(Budget(0.95, 60, 1, 3), Budget(0.98, 1440, 0, 28.8))
QUIET = Tonight({}, 0, ())


def told(of: FleetPage, **facts: object) -> str:
    empty = Summary("us", of, DayTotals(0, 0, 0, 0), 0, 0, 0, GOOD, (), QUIET)
    return summary_text(replace(empty, **facts))


def line(text: str, begin: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(f"*{begin}"))


def test_a_good_morning() -> None:
    hours = [NOW - HOUR, NOW]
    of = page(
        customer("oak"),
        customer("maple", accounted=NOW - 3 * HOUR),
        customer("elm", state="parked"),
        hours=hours,
        organizations=[OrganizationHours(("maple",), (30, 10), 100), OrganizationHours(("oak",), (0, 20), 1_000)],
        nights=[SlowNight("maple", NOW, timedelta(hours=3, minutes=20), None), SlowNight("oak", NOW, HOUR / 2, None)],
    )
    totals = DayTotals(records=1_204_322, changes=15_332, delivered=15_300, failed=4)
    tonight = Tonight({NOW: 3, NOW + HOUR: 9, NOW + 2 * HOUR: 1}, 15_000, ())
    text = told(of, totals=totals, tonight=tonight)
    at, later = f"{NOW:%H:%M}", f"{NOW + 3 * HOUR:%H:%M}"
    assert text.splitlines()[0] == f":sunrise: *Summary of us*, {NOW:%Y-%m-%d %H:%M} UTC"
    assert line(text, "Customers") == "*Customers:* 2 done · 1 parked"
    assert line(text, "Needs") == "*Needs a person:* nobody"
    assert line(text, "Last 24 hours:") == (
        "*Last 24 hours:* 1,204,322 records compared, 15,332 changes, 15,300 delivered, 4 refused"
    )
    assert line(text, "Waiting") == "*Waiting for a person:* 0 dead letters, 0 reviews; 0 of them new"
    assert line(text, "Requests") == (
        f"*Requests to Virtuous:* 60 in 24 hours; nearest to its share: *maple* with 30% at {hours[0]:%H:%M} UTC"
    )
    assert line(text, "Slowest") == "*Slowest nights:* *maple* 3 h 20 min · *oak* 30 min"
    assert line(text, "Oldest") == f"*Oldest checkpoint:* *maple*, {NOW - 3 * HOUR:%Y-%m-%d %H:%M} UTC (3 h)"
    assert line(text, "30 days") == (
        "*30 days:* 98.3% (objective 95.0%) of nights done, 100.0% (objective 98.0%) of the time fresh; "
        "error budget left for everybody"
    )
    assert line(text, "Tonight") == (
        f"*Tonight:* 13 nights from {at} to {later} UTC, most at {NOW + HOUR:%H:%M} (9); 15,000 requests as last time, "
        "everybody's share will do"
    )


def test_a_bad_morning_names_whom_what_and_the_command() -> None:
    need = Need(1, "paused: <the> token & more", "sync-pipeline customers resume oak")
    down = PlatformState(trouble=Trouble.UNAVAILABLE, failing=("a", "b", "c"), since=NOW - HOUR, probe_at=NOW)
    of = page(customer("oak", need, Need(4, "1 dead letter", "list"), state="paused"), down={"api.example.org": down})
    spent = Budgets(Budget(0.95, 30, 2, 1.5), Budget(0.98, 720, 1, 14.4))
    tight = Tonight({NOW: 1}, 40_000, [(("oak", "elm"), 1.5)])
    text = told(of, letters=12, reviews=1, new_letters=4, budgets=spent, used_up=["oak"], tonight=tight)
    assert line(text, "Down") == f"*Down:* api.example.org since {NOW - HOUR:%Y-%m-%d %H:%M} UTC"
    assert line(text, "Needs") == "*Needs a person:* 1 customer"
    assert "• *oak*: paused: &lt;the&gt; token &amp; more — `sync-pipeline customers resume oak`" in text
    assert line(text, "Waiting") == "*Waiting for a person:* 12 dead letters, 1 review; 4 of them new"
    assert line(text, "30 days").endswith("; no error budget left: *oak*")
    assert line(text, "Tonight").endswith("40,000 requests as last time, too much for the share of *oak*, *elm* (150%)")


def test_many_who_need_a_person_are_counted() -> None:
    of = page(*(customer(f"c{number}", Need(4, "1 dead letter", "list")) for number in range(8)))
    text = told(of)
    assert text.count("dead letter —") == 5
    assert "• and 3 more: `sync-pipeline report --fleet --open`" in text


def test_a_fleet_without_customers_has_a_summary_too() -> None:
    text = told(page(), region=None, budgets=Budgets(Budget(1, 0, 0, 0), Budget(1, 0, 0, 0)))
    assert text.startswith(":sunrise: *Summary*, ")
    assert line(text, "Customers") == "*Customers:* none yet"
    assert line(text, "30 days").startswith("*30 days:* nothing yet")


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 3, 2, 12, 59, tzinfo=UTC), None),
        (datetime(2026, 3, 2, 13, 0, tzinfo=UTC), date(2026, 3, 2)),
        (datetime(2026, 3, 2, 15, 59, tzinfo=UTC), date(2026, 3, 2)),
        (datetime(2026, 3, 2, 16, 0, tzinfo=UTC), None),
        (datetime(2026, 3, 9, 12, 0, tzinfo=UTC), date(2026, 3, 9)),  # clocks went forward in Chicago
    ],
)
def test_a_summary_is_due_in_the_morning_of_its_own_clocks(now: datetime, day: date | None) -> None:
    assert SummaryTime(time(7), ZoneInfo("America/Chicago")).due(now) == day
