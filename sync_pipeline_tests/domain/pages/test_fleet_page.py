"""What the page of a fleet says, and in which order."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from sync_pipeline.domain.pages.facts import PastRun
from sync_pipeline.domain.pages.fleet_page import FleetCustomer, FleetPage, Need, OrganizationHours
from sync_pipeline.domain.pages.headline import Tone
from sync_pipeline.domain.platforms import PlatformState, Trouble
from sync_pipeline_tests.domain.pages.support import NOW

HOUR = timedelta(hours=1)
DEAD, PAUSED = Need(4, "1 dead letter", "list"), Need(1, "paused: a look", "resume")
DOWN = PlatformState(trouble=Trouble.UNAVAILABLE, failing=("a", "b", "c"), since=NOW - HOUR, probe_at=NOW)


def customer(
    name: str, *needs: Need, state: str = "done", accounted: datetime | None = NOW, is_stale: bool = False
) -> FleetCustomer:
    newest = PastRun(name, "run", "nightly", state, NOW, 1, 0, 0, 0)
    return FleetCustomer(name, state, None if state == "never run" else newest, accounted, is_stale, needs, None)


def page(*customers: FleetCustomer, **facts: Any) -> FleetPage:
    empty: dict[str, Any] = {"down": {}, "nights": [], "hours": [NOW], "organizations": []}
    return FleetPage(as_of=NOW, customers=customers, **{**empty, **facts})


@pytest.mark.parametrize(
    ("shown", "tone", "sentence"),
    [
        (page(), Tone.GOOD, "There is no customer yet."),
        (page(customer("a")), Tone.GOOD, "The only customer goes on by itself, nobody has to do anything."),
        (page(customer("a", DEAD), customer("b")), Tone.PERSON, "1 of 2 customers needs a person."),
        (page(customer("a", PAUSED, state="paused"), customer("b", DEAD)), Tone.BAD, "2 of 2 customers need a person."),
    ],
)
def test_the_first_sentence_says_how_many_need_a_person(shown: FleetPage, tone: Tone, sentence: str) -> None:
    assert (shown.headline.tone, shown.headline.sentence) == (tone, sentence)


def test_a_platform_that_is_down_comes_first() -> None:
    told = page(customer("a"), customer("b"), down={"api.vomo.org/v1": DOWN}).headline
    assert told.tone == Tone.PERSON
    assert told.sentence.startswith("api.vomo.org/v1 is down since 2026-03-02 06:30 UTC; all 2 customers go on")
    assert len(told.todos) == 1


def test_the_most_urgent_come_first() -> None:
    shown = page(customer("a", DEAD), customer("b"), customer("c", DEAD, PAUSED), customer("d", PAUSED))
    assert [one.customer_id for one in shown.needing] == ["c", "d", "a"]


def test_the_oldest_checkpoints_begin_with_those_that_never_had_one() -> None:
    shown = page(
        customer("fresh"),
        customer("old", accounted=NOW - 30 * HOUR, is_stale=True),
        customer("never", accounted=None),
        customer("new", state="never run", accounted=None),
    )
    assert [one.customer_id for one in shown.oldest] == ["never", "old", "fresh"]
    assert shown.stale == 2


def test_requests_are_held_against_the_share_of_each_organization() -> None:
    small, large = OrganizationHours(("a",), (10, 90), 100), OrganizationHours(("b", "c"), (200, 0), 1_000)
    shown = page(customer("a"), hours=[NOW - HOUR, NOW], organizations=[large, small])
    assert shown.requests == [210, 90]
    assert shown.highest_shares == [0.2, 0.9]
    assert [one.customers for one in shown.busiest] == [("a",), ("b", "c")]
    assert shown.hour_rows == [("2026-03-02 07:30", 90, "90%"), ("2026-03-02 06:30", 210, "20%")]
