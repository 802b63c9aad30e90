"""Every customer has its night in its own slot, once."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from sync_pipeline.orchestration.run_queue import MOST_ATTEMPTS
from sync_pipeline_tests.adapters.sql.support import holder_elsewhere
from sync_pipeline_tests.clock import FakeClock
from sync_pipeline_tests.orchestration.nights import Nights
from sync_pipeline_tests.sandbox_fleet import CUSTOMER, write_customer

EVENING = datetime(2026, 3, 2, 21, tzinfo=UTC)


NEVER = "{daily: false, weekly: null}"


def schedule(folder: Path, customer_id: str, nightly: str, lane: str = "standard", reconcile: str = NEVER) -> None:
    """The file of the fleet's customer under another id, with this slot."""
    file = folder / f"{customer_id}.yaml"
    if not file.exists():
        url = (folder / f"{CUSTOMER}.yaml").read_text().partition('base_url: "')[2].partition('"')[0]
        write_customer(folder, customer_id, url)
    text = file.read_text(encoding="utf-8").partition("schedule:")[0]
    slots = f"schedule: {{nightly: '{nightly}', reconcile: {reconcile}}}"
    file.write_text(f"{text}{slots}\nlane: {lane}\n", encoding="utf-8")


@pytest.fixture
def nights(fleet: Path, instance: dg.DagsterInstance) -> Nights:
    """One customer, whose night begins at 23:00 UTC; it is nine in the evening."""
    schedule(fleet, CUSTOMER, "23:00")
    return Nights(instance, FakeClock(EVENING))


def synced(nights: Nights) -> None:
    """The first night has been."""
    nights.clock.advance(hours=2)
    (request,) = nights.tick()
    assert nights.start(request).success


def test_a_night_begins_in_its_slot_and_once(nights: Nights) -> None:
    synced(nights)
    assert nights.tick() == []
    assert "nobody is due" in nights.said
    nights.clock.advance(hours=23, minutes=59)
    assert nights.tick() == []
    nights.clock.advance(minutes=1)
    (request,) = nights.tick()
    assert (request.partition_key, request.tags["sync/slot"], request.tags["sync/layer"]) == (
        CUSTOMER,
        "2026-03-03",
        "nightly",
    )
    assert request.run_key == f"{CUSTOMER}:nightly:2026-03-03:1:1"
    assert nights.start(request).success
    assert nights.tick() == []


def test_a_daemon_that_was_away_for_days_catches_up_one_night(nights: Nights) -> None:
    synced(nights)
    nights.clock.advance(days=5, hours=9)  # somebody starts it again in the morning
    (request,) = nights.tick()
    assert request.tags["sync/slot"] == "2026-03-07"
    nights.start(request)
    assert nights.tick() == []


def test_a_new_customer_is_loaded_in_quiet_hours(nights: Nights) -> None:
    nights.clock.advance(hours=14)  # its file is added at eleven in the morning
    assert nights.tick() == []
    assert "until the quiet hours" in nights.said
    nights.clock.advance(hours=12)
    (request,) = nights.tick()
    assert request.tags["sync/layer"] == "initial"


def test_a_night_that_failed_has_had_its_slot(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    nights.clock.advance(hours=2)
    monkeypatch.delenv("VOMO_TOKEN")
    (request,) = nights.tick()
    assert not nights.start(request).success
    assert nights.tick() == []
    nights.clock.advance(days=1)
    assert nights.due() == [CUSTOMER]


def test_what_is_queued_is_not_asked_for_again(nights: Nights) -> None:
    nights.clock.advance(hours=2)
    (request,) = nights.tick()
    (again,) = nights.tick()  # the daemon died before it submitted anything
    assert request.run_key == again.run_key
    nights.queue(request)
    assert nights.tick() == []
    assert "1 in the queue or at work" in nights.said


def test_a_night_whose_process_died_before_it_began_is_tried_again_and_not_for_ever(nights: Nights) -> None:
    nights.clock.advance(hours=2)
    keys = []
    for _ in range(MOST_ATTEMPTS):
        (request,) = nights.tick()
        keys.append(request.run_key)
        nights.instance.report_run_failed(nights.queue(request), "the machine went away before it started")
    assert len(set(keys)) == MOST_ATTEMPTS
    assert nights.tick() == []
    assert f"1 after {MOST_ATTEMPTS} runs that ended before they began" in nights.said


def test_nobody_paused_or_at_work_is_disturbed_and_the_tick_says_so(nights: Nights) -> None:
    nights.clock.advance(hours=2)
    workplace = nights.open()
    workplace.state.breakers.pause(CUSTOMER, "a question to the nonprofit", "someone")
    assert nights.tick() == []
    assert "1 paused" in nights.said
    workplace.state.breakers.resume(CUSTOMER, "answered", "someone")
    lease = workplace.state.leases.acquire(CUSTOMER, holder_elsewhere())
    assert lease is not None
    assert nights.tick() == []
    assert "1 at work on something else" in nights.said
    workplace.state.leases.release(lease)
    assert nights.due() == [CUSTOMER]
    workplace.close()


def test_premium_begins_before_standard_and_standard_does_not_starve(nights: Nights, fleet: Path) -> None:
    schedule(fleet, "b-premium", "23:30", "premium")
    schedule(fleet, "c-premium", "23:40", "premium")
    schedule(fleet, "d-standard", "21:20")
    nights.clock.advance(hours=2, minutes=45)
    # A premium customer counts as if it had been due two hours earlier.
    assert nights.due() == ["d-standard", "b-premium", "c-premium", CUSTOMER]


def test_only_as_many_begin_as_the_queue_has_room_for_and_nobody_is_forgotten(nights: Nights, fleet: Path) -> None:
    for number in range(60):
        schedule(fleet, f"crowd-{number:02}", f"22:{number:02}")
    nights.clock.advance(hours=3)
    first = nights.tick()
    assert [request.partition_key for request in first] == [f"crowd-{number:02}" for number in range(40)]
    runs = [nights.queue(request) for request in first]
    assert nights.tick() == []
    assert nights.said == "the queue is full"
    for request, run in zip(first[:25], runs[:25], strict=True):
        nights.begin(request)
        nights.instance.delete_run(run.run_id)
    assert nights.due() == [f"crowd-{number:02}" for number in range(40, 60)] + [CUSTOMER]


def test_a_customer_whose_file_is_broken_waits_and_holds_nobody_up(nights: Nights, fleet: Path) -> None:
    schedule(fleet, "broken", "22:00")
    nights.tick()
    (fleet / "broken.yaml").write_text("id: [broken", encoding="utf-8")
    nights.clock.advance(hours=2)
    assert nights.due() == [CUSTOMER]


def test_a_reconciliation_follows_the_night_and_the_weekly_one_reads_everything(nights: Nights, fleet: Path) -> None:
    schedule(fleet, CUSTOMER, "23:00", reconcile="{daily: true, weekly: thursday}")
    synced(nights)  # on Monday evening
    assert nights.tick() == []
    begun: list[str] = []
    for _ in range(4 * 12):
        nights.clock.advance(hours=2)
        for request in nights.tick():
            begun.append(f"{nights.clock.now():%a} {request.tags['sync/layer']} {request.tags['sync/slot']}")
            assert nights.start(request).success
        assert nights.tick() == []
    assert begun == [
        "Tue reconcile weekly-2026-03-03",
        "Tue nightly 2026-03-03",
        "Wed reconcile daily-2026-03-04",
        "Wed nightly 2026-03-04",
        "Thu reconcile weekly-2026-03-05",
        "Thu nightly 2026-03-05",
        "Fri reconcile daily-2026-03-06",
        "Fri nightly 2026-03-06",
    ]


def test_a_reconciliation_that_was_missed_is_dropped_when_the_next_night_comes(nights: Nights, fleet: Path) -> None:
    schedule(fleet, CUSTOMER, "23:00", reconcile="{daily: true, weekly: tuesday}")
    synced(nights)
    nights.clock.advance(hours=24)  # the daemon was away over Tuesday morning, that of the weekly one
    (night,) = nights.tick()
    assert night.tags["sync/layer"] == "nightly"
    nights.start(night)
    assert nights.tick() == []
    nights.clock.advance(hours=8)
    (caught_up,) = nights.tick()
    assert caught_up.tags["sync/slot"] == "weekly-2026-03-04"
