"""`alerts test` says whether messages arrive, and what to mend when they do not; `alerts list` what is wrong now."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sync_pipeline.domain.alerts import Seen
from sync_pipeline.sandbox.world import World
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.cli.conftest import Printed
from sync_pipeline_tests.domain.alerts.support import problem

SLACK, OPS = "slack-token", "C0001"


@pytest.fixture
def slack(fleet: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    text = next(fleet.glob("*.yaml")).read_text()
    url = text.partition('base_url: "')[2].partition('"')[0]
    world.add_slack(SLACK, {OPS: "ops"})
    monkeypatch.setenv("SYNC_SLACK_TOKEN", SLACK)
    monkeypatch.setenv("SYNC_SLACK_CHANNEL", OPS)
    monkeypatch.setenv("SYNC_SLACK_BASE_URL", f"{url}/slack/api")
    return world


def test_a_test_message_arrives(slack: World, command: Callable[..., Printed]) -> None:
    printed = command("alerts", "test", "--json")
    assert (printed.code, printed.document) == (0, {"channel": OPS, "through": "Slack", "sent": True})
    (message,) = slack.slack_messages(SLACK)
    assert "sync-pipeline alerts test" in message["text"]


@pytest.mark.parametrize(
    ("variable", "value", "reason", "remedy"),
    [
        ("SYNC_SLACK_TOKEN", "revoked", "invalid_auth", "Bot User OAuth Token"),
        ("SYNC_SLACK_CHANNEL", "C9999", "channel_not_found", "the channel's id"),
        ("SYNC_SLACK_BASE_URL", "http://127.0.0.1:9/api", "URLError", "can this host reach it?"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_mend(
    slack: World,
    command: Callable[..., Printed],
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
    reason: str,
    remedy: str,
) -> None:
    monkeypatch.setenv(variable, value)
    printed = command("alerts", "test", "--json")
    assert printed.code == 1
    assert reason in printed.document["error"]["message"]
    assert remedy in printed.document["error"]["remedy"]
    assert slack.slack_messages(SLACK) == []


def test_without_a_channel_nothing_is_sent(
    slack: World, command: Callable[..., Printed], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SYNC_SLACK_CHANNEL")
    assert command("alerts", "test").code == 2
    assert slack.slack_messages(SLACK) == []


def test_without_slack_the_file_is_named(fleet: Path, command: Callable[..., Printed]) -> None:
    printed = command("alerts", "test", "--json")
    file = fleet.parent / "home" / "alerts.jsonl"
    assert (printed.code, str(file) in printed.document["through"]) == (0, True)
    assert json.loads(file.read_text())["not_in_slack"] == "Slack is not configured"


def test_open_problems_are_listed(fleet: Path, command: Callable[..., Printed]) -> None:
    del fleet
    workplace = Workplace()
    workplace.state.alerts.record(Seen([problem(said="it broke")], frozenset()))
    workplace.close()
    printed = command("alerts", "list", "--json")
    (alert,) = printed.document["alerts"]
    assert (alert["customer_id"], alert["problem"], alert["said"]) == ("riverside", "run_failed", "it broke")
    assert "it broke" in command("alerts", "list").out
