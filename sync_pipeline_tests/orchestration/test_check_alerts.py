"""Whoever is on call hears of each change of state once, from Slack or, when Slack refuses, from the second channel."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from sync_pipeline.orchestration.schedules import heartbeat
from sync_pipeline.orchestration.sensors import check_alerts, run_failure_alerts
from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.clock import FakeClock
from sync_pipeline_tests.orchestration.nights import Nights
from sync_pipeline_tests.orchestration.test_due_customers import schedule
from sync_pipeline_tests.quick_instance import quick_instance
from sync_pipeline_tests.sandbox_fleet import CUSTOMER

EVENING = datetime(2026, 3, 2, 23, tzinfo=UTC)
SLACK, OPS = "slack-token", "C0001"
POST = "/slack/api/chat.postMessage"


def url_of(fleet: Path) -> str:
    return (fleet / f"{CUSTOMER}.yaml").read_text().partition('base_url: "')[2].partition('"')[0]


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """One that keeps ticks, which an ephemeral one does not."""
    with quick_instance(tmp_path / "dagster") as instance:
        yield instance


@pytest.fixture
def nights(fleet: Path, world: World, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> Nights:
    """One customer, whose night begins now; Slack listens."""
    world.add_slack(SLACK, {OPS: "ops", "C0002": "maple"})
    monkeypatch.setenv("SYNC_SLACK_TOKEN", SLACK)
    monkeypatch.setenv("SYNC_SLACK_CHANNEL", OPS)
    monkeypatch.setenv("SYNC_SLACK_BASE_URL", f"{url_of(fleet)}/slack/api")
    schedule(fleet, CUSTOMER, "23:00")
    # The sandbox dates messages by the real clock: what is looked for there must lie in the past of it.
    return Nights(instance, FakeClock(EVENING))


def look(nights: Nights) -> None:
    with dg.build_sensor_context(instance=nights.instance, resources={"workplace": nights.resource}) as context:
        check_alerts(context)


def night(nights: Nights) -> bool:
    (request,) = nights.tick()
    return nights.start(request).success


def texts(world: World) -> list[str]:
    """What was said of customers; that nobody looked for days, while a test moved the clock, is left out."""
    return [text for text in everything_said(world) if "scheduler*" not in text]


def everything_said(world: World) -> list[str]:
    return [message["text"] for message in world.slack_messages(SLACK)]


def spoken(home: Path) -> list[dict[str, Any]]:
    file = home / "alerts.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def fail_a_night(nights: Nights, world: World) -> None:
    world.add_fault(side="vomo", kind="wrong_shape", path="/vomo/v1/users")
    assert not night(nights)
    world.clear_faults()


def test_a_night_that_went_well_is_nobodys_news(nights: Nights, world: World) -> None:
    look(nights)
    assert night(nights)
    look(nights)
    assert texts(world) == []


def test_the_first_failure_and_the_recovery_are_told_and_nothing_in_between(nights: Nights, world: World) -> None:
    fail_a_night(nights, world)
    look(nights)
    (text,) = texts(world)
    assert text.startswith(f":red_circle: *{CUSTOMER}*: the initial run failed: ")
    assert "*What to do:*" in text
    assert "docs/operations/run-failed.md" in text
    look(nights)
    nights.clock.advance(days=1)
    fail_a_night(nights, world)
    look(nights)
    assert len(texts(world)) == 1
    nights.clock.advance(days=1)
    assert night(nights)
    look(nights)
    assert texts(world)[1:] == [f":large_green_circle: *{CUSTOMER}*: run failed is over, after 2 d 0 h"]


def test_a_refused_token_pauses_the_customer_and_one_message_says_how_to_go_on(nights: Nights, world: World) -> None:
    assert night(nights)
    nights.clock.advance(days=1)
    world.add_fault(side="virtuous", kind="unauthorized")
    night(nights)
    look(nights)
    (text,) = texts(world)
    assert f"*{CUSTOMER}*: paused" in text
    assert f"sync-pipeline customers resume {CUSTOMER}" in text
    assert "docs/operations/paused.md" in text
    nights.clock.advance(days=3)
    look(nights)
    assert len(texts(world)) == 1, "what a pause explains is not told as well"


def test_a_pause_by_hand_is_no_news(nights: Nights, world: World) -> None:
    workplace = nights.open()
    workplace.state.breakers.pause(CUSTOMER, "holidays", "somebody")
    workplace.close()
    look(nights)
    assert texts(world) == []


def test_a_customer_may_have_a_channel_of_its_own(nights: Nights, world: World, fleet: Path) -> None:
    with (fleet / f"{CUSTOMER}.yaml").open("a") as file:
        file.write("alerts: {channel: C0002}\n")
    fail_a_night(nights, world)
    look(nights)
    assert [message["channel"] for message in world.slack_messages(SLACK)] == ["C0002"]


def test_a_channel_that_is_gone_does_not_swallow_the_message(nights: Nights, world: World, fleet: Path) -> None:
    with (fleet / f"{CUSTOMER}.yaml").open("a") as file:
        file.write("alerts: {channel: C9999}\n")
    fail_a_night(nights, world)
    look(nights)
    (message,) = world.slack_messages(SLACK)
    assert message["channel"] == OPS
    assert message["text"].startswith("(for C9999: channel_not_found)\n")


def test_while_slack_is_down_nothing_is_lost_and_nothing_comes_twice(nights: Nights, world: World) -> None:
    world.add_fault(side="slack", kind="rate_limited", retry_after=60)
    fail_a_night(nights, world)
    world.add_fault(side="slack", kind="rate_limited", retry_after=60)
    look(nights)
    assert texts(world) == []
    world.clear_faults()
    look(nights)
    assert texts(world) == [], "Slack asked for a minute"
    nights.clock.advance(minutes=1)
    look(nights)
    look(nights)
    assert len(texts(world)) == 1


def test_when_slack_refuses_us_the_second_channel_speaks_at_once(
    nights: Nights, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_a_night(nights, world)
    monkeypatch.setenv("SYNC_SLACK_TOKEN", "revoked")
    look(nights)
    (line,) = spoken(tmp_path / "home")
    assert (line["not_in_slack"], line["channel"]) == ("invalid_auth", OPS)
    assert f"*{CUSTOMER}*: the initial run failed" in line["text"]
    for _ in range(5):
        nights.clock.advance(minutes=15)
        look(nights)
    assert len(spoken(tmp_path / "home")) == 1
    monkeypatch.setenv("SYNC_SLACK_TOKEN", SLACK)
    nights.clock.advance(minutes=15)
    look(nights)
    assert len(texts(world)) == 1


def test_without_slack_the_second_channel_is_the_first(
    nights: Nights, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SYNC_SLACK_TOKEN")
    fail_a_night(nights, world)
    look(nights)
    look(nights)
    (line,) = spoken(tmp_path / "home")
    assert line["not_in_slack"] == "Slack is not configured"
    assert texts(world) == []


def test_a_daemon_that_was_away_says_from_when_to_when_and_whose_nights_it_missed(nights: Nights, world: World) -> None:
    assert night(nights)
    look(nights)
    nights.clock.advance(hours=27)
    look(nights)
    (away,) = set(everything_said(world)) - set(texts(world))
    missed, stale = sorted(texts(world), key=lambda text: "was due" not in text)
    assert "did not run from 2026-03-02 23:00 to 2026-03-04 02:00 UTC (1 d 3 h)" in away
    assert f"*{CUSTOMER}*: the night of 2026-03-03 was due at 2026-03-03 23:00 UTC and has not begun" in missed
    assert f"*{CUSTOMER}*: nothing was completely accounted for since 2026-03-02 23:00 UTC (27 h)" in stale
    assert night(nights)
    look(nights)
    assert sum("is over" in text for text in texts(world)) == 0, "gathered for ten minutes"
    nights.clock.advance(minutes=10)
    look(nights)
    assert sum("is over" in text for text in texts(world)) == 2


def test_a_broken_file_is_told_and_its_end_too(nights: Nights, world: World, fleet: Path) -> None:
    good = (fleet / f"{CUSTOMER}.yaml").read_text()
    look(nights)
    (fleet / f"{CUSTOMER}.yaml").write_text(good + "lanes: premium\n")
    look(nights)
    (text,) = texts(world)
    assert f"*{CUSTOMER}*: its file cannot be used" in text
    assert "sync-pipeline customers validate" in text
    (fleet / f"{CUSTOMER}.yaml").write_text(good)
    nights.clock.advance(minutes=10)
    look(nights)
    assert texts(world)[1].startswith(f":large_green_circle: *{CUSTOMER}*: broken file is over")


def test_a_run_that_ended_before_it_began_is_told(nights: Nights, world: World) -> None:
    (request,) = nights.tick()
    run = nights.queue(request, dg.DagsterRunStatus.FAILURE)
    event = dg.DagsterEvent("PIPELINE_FAILURE", run.job_name)
    with dg.build_run_status_sensor_context(
        "run_failure_alerts", event, nights.instance, run, resources={"workplace": nights.resource}
    ) as context:
        run_failure_alerts(context.for_run_failure())
    look(nights)
    (text,) = texts(world)
    assert f"*{CUSTOMER}*: a run of the job nightly_sync ended before it began to work" in text


def test_a_sign_of_life_needs_somebody_who_looks(nights: Nights, fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def beat() -> str:
        with dg.build_schedule_context(instance=nights.instance, resources={"workplace": nights.resource}) as context:
            result = heartbeat.evaluate_tick(context)
        return result.skip_message or ""

    assert beat() == "SYNC_HEARTBEAT_URL is not set"
    monkeypatch.setenv("SYNC_HEARTBEAT_URL", f"{url_of(fleet)}/sandbox/faults")
    assert "no sign of life" in beat()
    look(nights)
    assert beat() == "the monitor answered 200"
    nights.clock.advance(minutes=11)
    assert "no sign of life" in beat()


def test_the_summary_is_told_once_a_morning(nights: Nights, world: World) -> None:
    assert night(nights)
    nights.clock.advance(hours=7, minutes=50)
    summaries: list[str] = []
    for _ in range(8):  # from 06:50 UTC on
        look(nights)
        nights.clock.advance(minutes=10)
        summaries = [text for text in everything_said(world) if "Summary" in text]
    (summary,) = summaries
    assert "*Customers:* 1 done" in summary
    assert f"*Slowest nights:* *{CUSTOMER}*" in summary
    assert "*Needs a person:* nobody" in summary
    assert "*Tonight:* 1 night from 23:00 to 00:00 UTC" in summary
    nights.clock.advance(hours=23)
    look(nights)
    assert sum("Summary" in text for text in everything_said(world)) == 2
