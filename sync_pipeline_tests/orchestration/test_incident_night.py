"""A night on which everything happens at once, as whoever is on call reads it in Slack.

One token is revoked, one source is cut short, 12 % of one customer's rows are bad, Virtuous is down for an hour. After
that the daemon is dead for a day.
"""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from sync_pipeline.orchestration.sensors import check_alerts
from sync_pipeline.orchestration.sweep import sweep
from sync_pipeline.sandbox.server import running_sandbox
from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.clock import FakeClock
from sync_pipeline_tests.end_to_end.deployment import secret, write_yaml
from sync_pipeline_tests.orchestration.nights import Nights
from sync_pipeline_tests.quick_instance import quick_instance

EVENING = datetime(2026, 3, 2, 22, 58, tzinfo=UTC)
SLACK, OPS = "slack-token", "C0001"
TOKEN, SOURCE, ROWS = "token", "source", "rows"
LATER = [f"later-{number}" for number in range(1, 4)]
CUSTOMERS = [TOKEN, SOURCE, ROWS, *LATER]
PEOPLE, BAD = 50, 6
STEP = timedelta(minutes=12)  # somebody who looks less often than every quarter of an hour was away

INCIDENTS = [
    r"\*token\*: paused: Virtuous does not accept the token.*customers resume token.*docs/operations/[a-z-]+\.md",
    r"\*source\*: the nightly run failed: users: The source gave clearly fewer records.*sources check",
    r"\*rows\*: 6 dead letters.*dead-letters list rows.*docs/operations/refused-records\.md",
    r"\*rows\*: 6 of 50 changes were refused \(12\.0%\).*correct them at the source",
    r"\*127\.0\.0\.1:\d+\*: gives no useful answer since 2026-03-04 00:\d\d UTC;.*Nothing to do unless it lasts",
    r"\*2 customers: run failed\* • \*later-\d\*:.*• \*later-\d\*:.*Nothing was sent\. The next run tries again",
    r"\*127\.0\.0\.1:\d+\*: platform down is over, after",
    r"Dagster's daemon did not run from 2026-03-04 02:\d\d to 2026-03-05 02:\d\d UTC.*SYNC_HEARTBEAT_URL",
    r"\*3 customers: run failed is over\* • \*source\*:.*• \*later-\d\*:.*• \*later-\d\*: ",
]
ENDS = [
    r"\*token\*: paused is over",
    r"\*rows\*: dead letters is over",
    r"\*rows\*: failure rate is over",
]


@pytest.fixture
def world() -> World:
    world = World()
    world.add_slack(SLACK, {OPS: "ops"})
    for name in CUSTOMERS:
        world.add_organization(name)
        world.add_vomo_organization(f"{name}-vomo", users=PEOPLE, oddities=False)
    return world


@pytest.fixture
def nights(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Nights]:
    (folder := tmp_path / "customers").mkdir()
    dagster = tmp_path / "dagster"
    with running_sandbox(world) as url, quick_instance(dagster) as instance:
        settings = {"HOME": tmp_path / "home", "CUSTOMERS": folder, "SUMMARY_AT": "never"}
        slack = {"SLACK_TOKEN": SLACK, "SLACK_CHANNEL": OPS, "SLACK_BASE_URL": f"{url}/slack/api"}
        for name, value in (settings | slack).items():
            monkeypatch.setenv(f"SYNC_{name}", str(value))
        monkeypatch.setenv("DAGSTER_HOME", str(dagster))
        for name in CUSTOMERS:
            configure(tmp_path, name, url)
        yield Nights(instance, FakeClock(EVENING))


def configure(folder: Path, name: str, url: str) -> None:
    source = {"connector": "vomo", "base_url": f"{url}/vomo/v1", "token": secret(folder, f"{name}-vomo")}
    read = {"strategy": "modified_since"} if name in LATER else {}
    document = {
        "id": name,
        "name": name,
        "destination": {"base_url": url, "token": secret(folder, name)},
        "sources": {"vomo": {**source, "reference_source": "VOMO"}},
        "streams": {"users": {"source": "vomo", "recipe": "vomo_users_to_contacts", "read": read}},
        "schedule": {
            "nightly": "00:30" if name in LATER else "23:00",
            "reconcile": {"daily": False, "weekly": None},
        },
        "limits": {"guard": {"changes": 1.0}},
    }
    write_yaml(folder / "customers" / f"{name}.yaml", document)


def daemon(nights: Nights, until: datetime) -> None:
    """What Dagster's daemon does until then."""
    while nights.clock.now() < until:
        workplace = nights.open()
        asyncio.run(sweep(workplace, f"sweep-{nights.clock.now():%d%H%M}"))
        workplace.close()
        for request in [*nights.tick(), *nights.resumed()]:
            nights.start(request)
        look(nights)
        nights.clock.advance(seconds=STEP.total_seconds())


def look(nights: Nights) -> None:
    with dg.build_sensor_context(instance=nights.instance, resources={"workplace": nights.resource}) as context:
        check_alerts(context)


def transcript(world: World) -> list[str]:
    return [message["text"] for message in world.slack_messages(SLACK)]


def assert_told(said: list[str], wanted: list[str]) -> None:
    """Each of these once, and nothing else."""
    lines = [" ".join(text.split()) for text in said]
    for pattern in wanted:
        assert sum(bool(re.search(pattern, line)) for line in lines) == 1, "\n".join([pattern, *lines])
    assert len(lines) == len(wanted), lines


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def quiet(nights: Nights, until: datetime) -> None:
    """Nothing happens, and somebody looks all the time."""
    workplace = nights.open()
    while nights.clock.now() < until:
        workplace.state.alerts.look()
        nights.clock.advance(seconds=STEP.total_seconds())
    workplace.close()


def test_the_transcript_of_an_incident_night_names_each_problem_its_customer_and_the_remedy(
    nights: Nights, world: World
) -> None:
    daemon(nights, at(3, 0, 40))
    quiet(nights, at(3, 22, 40))
    assert transcript(world) == []

    world.add_fault(side="virtuous", kind="unauthorized", token=TOKEN)
    world.add_fault(side="vomo", kind="missing_rows", token=f"{SOURCE}-vomo", path="/vomo/v1/users")
    for name in CUSTOMERS:
        world.change_vomo(f"{name}-vomo", share=1.0)
    for number in range(1, BAD + 1):
        world.edit_vomo_user(f"{ROWS}-vomo", number, last_name="")
    daemon(nights, at(4, 0, 20))
    world.add_fault(side="virtuous", kind="status_before", status=503)
    daemon(nights, at(4, 1, 20))
    world.clear_faults()
    world.add_fault(side="virtuous", kind="unauthorized", token=TOKEN)
    daemon(nights, at(4, 2, 30))

    nights.clock.advance(hours=24)
    daemon(nights, at(5, 3))
    assert_told(transcript(world), INCIDENTS)
    told = len(transcript(world))

    world.clear_faults()
    workplace = nights.open()
    workplace.state.breakers.resume(TOKEN, "a new key", "sam")
    workplace.close()
    for number in range(1, BAD + 1):
        world.edit_vomo_user(f"{ROWS}-vomo", number, last_name="Whitfield")
    daemon(nights, at(5, 4))
    assert_told(transcript(world)[told:], ENDS)
    workplace = nights.open()
    assert workplace.state.alerts.open_alerts() == {}
    workplace.close()
    for name in CUSTOMERS:
        assert world.books(name)["duplicates"] == 0
