"""`status` says what waits for what, and since when."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync_pipeline.adapters.process import this_process
from sync_pipeline.cli.status import waiting_text
from sync_pipeline.domain.platforms import Trouble
from sync_pipeline.domain.run import Layer, Run
from sync_pipeline.sandbox.world import World
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.cli.conftest import Printed
from sync_pipeline_tests.clock import FakeClock
from sync_pipeline_tests.sandbox_fleet import CUSTOMER

Command = Callable[..., Printed]
NOTES = "  completions: {source: vomo, recipe: vomo_completions_to_notes}\n"


@pytest.fixture
def run_with_notes(fleet: Path, world: World, command: Command) -> Printed:
    """A first run, after which the people are accepted and not imported yet, so that notes on them have to wait."""
    world.add_vomo_organization("vomo-token", users=20, seed=3, forms=1, completions=6)
    customer = fleet / f"{CUSTOMER}.yaml"
    customer.write_text(customer.read_text(encoding="utf-8") + NOTES, encoding="utf-8")
    return command("run", CUSTOMER, "--json")


def test_what_waits_is_grouped_with_its_age_and_examples(run_with_notes: Printed, command: Command) -> None:
    printed = command("status", CUSTOMER, "--json")
    entry = printed.document
    assert printed.code == run_with_notes.code == 3
    (group,) = entry["waiting"]
    assert list(group) == ["kind", "action", "waits_for", "operations", "since", "examples"]
    assert (group["kind"], group["action"], group["waits_for"]) == ("note", "save", "contact")
    assert group["operations"] == entry["ledger"]["waiting"] == 6
    assert run_with_notes.document["started_at"] <= group["since"] <= run_with_notes.document["completed_at"]
    assert 0 < len(group["examples"]) <= 3
    assert all(example.startswith("contact VOMO/") for example in group["examples"])
    (listed,) = command("status", "--json").document["customers"]
    assert listed["waiting"] == entry["waiting"]


@pytest.mark.usefixtures("run_with_notes")
def test_a_person_reads_what_waits_below_the_table(command: Command) -> None:
    for printed in (command("status", CUSTOMER), command("status")):
        assert f"{CUSTOMER}: 6 notes wait for a contact (since " in printed.out
        assert "e.g. contact VOMO/" in printed.out


@pytest.mark.usefixtures("fleet")
def test_a_customer_that_waits_for_nothing_says_nothing(command: Command) -> None:
    command("run", CUSTOMER, "--json")
    assert command("status", CUSTOMER, "--json").document["waiting"] == []
    assert "wait" not in command("status", CUSTOMER).out


@pytest.mark.parametrize(
    ("kind", "action", "waits_for", "operations", "words"),
    [
        ("note", "save", "contact", 1, "1 note waits for a contact"),
        ("attendance", "save", "opportunity", 2, "2 attendances wait for an opportunity"),
        ("opportunity", "save", "opportunity", 2, "2 opportunities wait to be found in Virtuous"),
        ("contact", "archive", "contact", 3, "3 contacts to archive wait to be found in Virtuous"),
        ("gift", "reverse", "gift", 1, "1 gift to reverse waits to be found in Virtuous"),
    ],
)
def test_every_kind_is_told_in_a_sentence(kind: str, action: str, waits_for: str, operations: int, words: str) -> None:
    group = {
        "kind": kind,
        "action": action,
        "waits_for": waits_for,
        "operations": operations,
        "since": "2026-03-01T22:00:59.123456+00:00",
        "examples": [f"{waits_for} VOMO/17", f"{waits_for} VOMO/18"],
    }
    assert waiting_text(group) == f"{words} (since 2026-03-01 22:00 UTC, e.g. {waits_for} VOMO/17)"
    assert waiting_text({**group, "examples": []}) == f"{words} (since 2026-03-01 22:00 UTC)"


def test_the_fleets_next_nights_are_shown_hour_by_hour(command: Command, fleet: Path) -> None:
    text = (fleet / f"{CUSTOMER}.yaml").read_text(encoding="utf-8")
    slots = {"early": ("premium", "22:10"), "also-early": ("standard", "22:50"), "late": ("standard", "04:00")}
    for name, (lane, nightly) in slots.items():
        changed = text.replace(f"id: {CUSTOMER}", f"id: {name}")
        changed += f"\nlane: {lane}\nschedule: {{nightly: '{nightly}'}}\n"
        (fleet / f"{name}.yaml").write_text(changed, encoding="utf-8")
    (fleet / f"{CUSTOMER}.yaml").write_text(f"{text}\nschedule: {{nightly: '22:30'}}\n", encoding="utf-8")
    requests = sum(command("run", CUSTOMER, "--json").document["requests"].values())
    command("customers", "pause", "also-early", "--reason", "moving house", "--json")
    (fleet / "broken.yaml").write_text("id: [broken", encoding="utf-8")
    document = command("status", "--fleet", "--json").document
    by_hour: dict[str, Counter[str]] = defaultdict(Counter)
    for hour in document["hours"]:  # some of them are tomorrow's when this runs late in the evening
        by_hour[hour["hour"][11:13]].update({name: hour[name] for name in ("premium", "standard", "requests")})
    assert by_hour == {
        "22": {"premium": 1, "standard": 1, "requests": requests},
        "04": {"premium": 0, "standard": 1, "requests": 0},
    }
    assert (document["paused"], document["broken"], document["without_a_night"]) == (["also-early"], ["broken"], 2)
    assert "22:00" in command("status", "--fleet").out
    assert command("status", CUSTOMER, "--fleet", "--json").code == 2


@pytest.mark.usefixtures("fleet")
def test_the_fleet_says_which_platform_is_down(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("status", "--fleet", "--json").document["platforms_down"] == {}
    workplace = Workplace()
    for name in ("one", "two", "three"):
        workplace.state.platforms.failed("api.example.org", name, Trouble.UNAVAILABLE)
    workplace.close()
    assert "platform_went_down" in capsys.readouterr().out
    down = command("status", "--fleet", "--json").document["platforms_down"]["api.example.org"]
    assert (down["trouble"], down["failed_first"]) == ("unavailable", ["one", "two", "three"])
    assert down["since"] < down["tried_next_at"]
    assert "down: api.example.org is unavailable since" in command("status", "--fleet").out


@pytest.mark.usefixtures("fleet")
def test_thirty_days_are_held_against_the_objectives(command: Command) -> None:
    assert command("status", CUSTOMER, "--json").document["objectives"] is None
    before = datetime.now(UTC) - timedelta(days=3, hours=12)
    workplace = Workplace(clock=FakeClock(before))
    lease = workplace.state.leases.acquire(CUSTOMER, this_process())
    assert lease is not None
    run = Run(CUSTOMER, "long-ago", Layer.NIGHTLY, before.date().isoformat())
    workplace.state.runs.begin_slice(lease, run, "dagster-1")
    workplace.state.leases.release(lease)
    workplace.state.objectives.note({CUSTOMER: before + timedelta(hours=24)})
    workplace.close()
    command("run", CUSTOMER, "--json")
    told = command("status", CUSTOMER, "--json").document["objectives"]
    assert told["completion"]["spent"] == told["completion"]["total"] >= 2
    assert told["freshness"]["spent"] == pytest.approx(60, abs=0.2)
    assert told["freshness"]["left"] == pytest.approx(14.4 - 60, abs=0.2)
    printed = command("status", CUSTOMER).out
    assert "30 days: 0.0% nights done (objective 95.0%, -" in printed
    assert "% of the time fresh (objective 98.0%, -45.6 h left)" in printed
    fleet = command("status", "--fleet", "--json").document["objectives"]
    assert (fleet["used_up"], fleet["freshness"]) == ([CUSTOMER], told["freshness"])
    assert f"no error budget left: {CUSTOMER}" in command("status", "--fleet").out
