"""Slack over a real connection: what arrived, what was refused, and what nobody can know."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from sync_pipeline.adapters.notifying.slack import SlackNotifier
from sync_pipeline.domain.alerts.notices import Notice, NoticeState, Outcome, Posting
from sync_pipeline.sandbox.server import running_sandbox
from sync_pipeline.sandbox.world import World

TOKEN = "slack-token"
CHANNEL = "C0001"
POST = "/slack/api/chat.postMessage"


@pytest.fixture
def world() -> World:
    made = World()
    made.add_slack(TOKEN, {CHANNEL: "ops"})
    return made


@pytest.fixture
def url(world: World) -> Iterator[str]:
    with running_sandbox(world) as address:
        yield f"{address}/slack/api"


def notice(channel: str = CHANNEL, number: int = 7) -> Notice:
    return Notice(number, channel, "it broke", NoticeState.SENDING, 1, datetime.now(UTC), is_spoken=False)


def post(url: str, token: str = TOKEN, channel: str = CHANNEL) -> Posting:
    return SlackNotifier(token, url).post(notice(), channel, "it broke")


@pytest.mark.parametrize("channel", [CHANNEL, "#ops"])
def test_a_message_arrives_in_a_channel_by_its_id_or_name(world: World, url: str, channel: str) -> None:
    assert post(url, channel=channel).outcome is Outcome.SENT
    (message,) = world.slack_messages(TOKEN)
    assert (message["channel"], message["text"]) == (CHANNEL, "it broke")


def test_a_wrong_token_and_a_wrong_channel_are_refused_by_their_names(url: str) -> None:
    assert post(url, token="another") == Posting(Outcome.REFUSED, "invalid_auth")
    assert post(url, channel="C9999") == Posting(Outcome.REFUSED, "channel_not_found")


def test_who_is_asked_to_wait_waits_as_long(world: World, url: str) -> None:
    world.add_fault(side="slack", kind="rate_limited", retry_after=90)
    assert post(url) == Posting(Outcome.LATER, "ratelimited", timedelta(seconds=90))


def test_nobody_there_means_later(nobody_listens: str) -> None:
    assert post(f"{nobody_listens}/slack/api").outcome is Outcome.LATER


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "status_after", "malformed"])
def test_an_answer_that_says_nothing_leaves_it_open_and_is_not_repeated(world: World, url: str, kind: str) -> None:
    world.add_fault(side="slack", kind=kind, path=POST)
    assert post(url).outcome is Outcome.UNKNOWN
    assert world.books(TOKEN)["requests"] == {f"POST {POST}": 1}


@pytest.mark.parametrize(("kind", "is_there"), [("cut_before", False), ("cut_after", True)])
def test_a_message_without_an_answer_is_looked_for(world: World, url: str, kind: str, *, is_there: bool) -> None:
    world.add_fault(side="slack", kind=kind, path=POST)
    post(url)
    assert SlackNotifier(TOKEN, url).has(notice()) is is_there
    assert SlackNotifier(TOKEN, url).has(notice(number=8)) is False


def test_without_the_right_to_look_nobody_knows(world: World, url: str) -> None:
    world.add_slack(TOKEN, {CHANNEL: "ops"}, scopes=["chat:write"])
    assert SlackNotifier(TOKEN, url).has(notice()) is None
