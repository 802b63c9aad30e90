"""`plan` as a person types it, against a sandbox."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync_pipeline.adapters.configuration.component import SHIPPED
from sync_pipeline.sandbox.world import World
from sync_pipeline.settings import load_settings
from sync_pipeline_tests.cli.conftest import Printed
from sync_pipeline_tests.sandbox_fleet import CUSTOMER, write_customer
from sync_pipeline_tests.stages.plan_support import everything

Command = Callable[..., Printed]
VIRTUOUS, VOMO = "virtuous-token", "vomo-token"
FIELDS = [
    "customer_id",
    "changes",
    "unchanged",
    "held",
    "requests",
    "requests_total",
    "source_requests",
    "hours",
    "starts_at",
    "finishes_at",
    "waiting_after_slot",
    "sample",
    "backlog",
    "streams",
]


@pytest.fixture
def untouched(fleet: Path, world: World) -> Iterator[None]:
    """Nothing is different after the test."""
    del fleet
    before = everything(load_settings(), world)
    yield
    assert everything(load_settings(), world) == before


def test_a_plan_foretells_the_first_run_through_dagster_and_the_quiet_one_after_it(
    fleet: Path, command: Command
) -> None:
    assert fleet.is_dir()
    planned = command("plan", CUSTOMER, "--json")
    assert (planned.code, list(planned.document)) == (0, FIELDS)
    report = command("run", CUSTOMER, "--json").document
    for field in ("requests", "source_requests", "requests_total", "unchanged"):
        assert planned.document[field] == report[field]
    assert planned.document["changes"]["create"] == report["creates"] == 20
    assert 0 < planned.document["hours"] < 0.1
    quiet = command("plan", CUSTOMER, "--json").document
    assert (quiet["changes"], quiet["unchanged"]) == ({"create": 0, "update": 0, "delete": 0}, 20)


@pytest.mark.usefixtures("untouched")
def test_the_tables_show_the_numbers_and_hide_the_values(command: Command, world: World) -> None:
    printed = command("plan", CUSTOMER)
    assert printed.code == 0
    assert "POST /api/Contact/Batch" in printed.out
    assert "waiting_after_slot" in printed.out
    assert_hidden(printed, world)


@pytest.mark.usefixtures("untouched")
def test_values_are_shown_to_whom_asks_for_them_and_to_nobody_else(command: Command, world: World) -> None:
    printed = command("plan", CUSTOMER, "--json")
    assert_hidden(printed, world)
    shown = command("plan", CUSTOMER, "--show-values").out
    assert all(user["email"].lower() in shown for user in world.vomo_users(VOMO)[:10])


@pytest.mark.usefixtures("untouched")
def test_a_refused_source_exits_with_1_and_tells_the_remedy(command: Command, world: World) -> None:
    world.add_fault(side="vomo", kind="unauthorized")
    printed = command("plan", CUSTOMER, "--json")
    assert (printed.code, printed.document["error"]["code"]) == (1, "source_refused")
    assert printed.document["changes"] == {"create": 0, "update": 0, "delete": 0}
    told = command("plan", CUSTOMER)
    assert told.code == 1
    assert printed.document["error"]["message"] in told.err
    assert printed.document["error"]["remedy"] in told.err


@pytest.mark.usefixtures("untouched")
def test_virtuous_is_not_asked_and_its_token_not_needed(
    command: Command, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VIRTUOUS_TOKEN")
    assert command("plan", CUSTOMER, "--json").document["changes"]["create"] == 20
    assert world.books(VIRTUOUS)["requests"] == {}


@pytest.mark.usefixtures("untouched")
def test_an_unknown_customer_exits_with_2_and_one_error_document(command: Command) -> None:
    printed = command("plan", "maple-street", "--json")
    assert printed.code == 2
    assert list(printed.document) == ["error"]
    assert printed.document["error"]["code"] == "configuration"
    assert CUSTOMER in printed.document["error"]["remedy"]


def assert_hidden(printed: Printed, world: World) -> None:
    """No e-mail, phone or last name of anybody, neither in the result nor in the logs."""
    said = (printed.out + printed.err).lower()
    values = [user[field] for user in world.vomo_users(VOMO) for field in ("email", "phone", "last_name")]
    assert [value for value in values if value and value.lower() in said] == []


def changed_recipe(folder: Path, name: str = "vomo-users-to-contacts") -> Path:
    """The shipped recipe with another tag for everybody."""
    shipped = (SHIPPED / "recipes" / "vomo_users_to_contacts.yaml").read_text(encoding="utf-8")
    written = re.search(r"^recipe: (.*)$", shipped, re.MULTILINE)
    assert written is not None
    changed = shipped.replace(f"recipe: {written[1]}", f"recipe: {written[1] if name == 'its own' else name}", 1)
    path = folder / "changed.yaml"
    path.write_text(
        re.sub(r"^tags:.*?(?=^\S|\Z)", "tags: [\"'Another'\"]\n", changed, flags=re.MULTILINE | re.DOTALL), "utf-8"
    )
    return path


def test_what_a_changed_recipe_would_cost_is_known_before_it_is_used(
    fleet: Path, tmp_path: Path, command: Command, world: World
) -> None:
    assert fleet.is_dir()
    command("run", CUSTOMER, "--json")
    recipe = changed_recipe(tmp_path, "its own")
    before = everything(load_settings(), world)
    planned = command("plan", CUSTOMER, "--recipe", str(recipe), "--json").document
    assert planned["changes"] == {"create": 0, "update": 20, "delete": 0}
    assert planned["requests"]["POST /api/Contact/Batch"] == 1
    assert command("plan", CUSTOMER, "--json").document["changes"]["update"] == 0
    after = everything(load_settings(), world)
    assert after == before


@pytest.mark.usefixtures("fleet")
def test_a_recipe_that_no_stream_uses_or_that_is_wrong_is_refused_with_the_remedy(
    tmp_path: Path, command: Command
) -> None:
    stranger = command("plan", CUSTOMER, "--recipe", str(changed_recipe(tmp_path, "another-name")), "--json")
    assert (stranger.code, stranger.document["error"]["code"]) == (2, "configuration")
    assert "another-name" in stranger.document["error"]["message"]
    assert "vomo" in stranger.document["error"]["remedy"]
    missing = command("plan", CUSTOMER, "--recipe", str(tmp_path / "nowhere.yaml"), "--json")
    assert (missing.code, missing.document["error"]["code"]) == (2, "configuration")
    assert "nowhere.yaml" in missing.document["error"]["message"]
    wrong = changed_recipe(tmp_path, "its own")
    wrong.write_text(wrong.read_text("utf-8") + "surprise: true\n", "utf-8")
    refused = command("plan", CUSTOMER, "--recipe", str(wrong), "--json")
    assert refused.code == 2
    assert "surprise" in str(refused.document)


def test_the_night_of_a_fleet_is_told_hour_by_hour(fleet: Path, command: Command) -> None:
    write_customer(fleet, "lakeside", (fleet / f"{CUSTOMER}.yaml").read_text().split('"')[1])
    (fleet / "broken.yaml").write_text("id: broken\n")
    printed = command("plan", "--all", "--json")
    document = printed.document
    assert (printed.code, document["error"]["code"]) == (1, "configuration")
    planned = [entry for entry in document["customers"] if "starts_at" in entry]
    assert sorted(entry["customer_id"] for entry in planned) == sorted([CUSTOMER, "lakeside"])
    assert [entry["starts_at"] for entry in planned] == sorted(entry["starts_at"] for entry in planned)
    assert {entry["customer_id"] for entry in document["customers"] if "error" in entry} == {"broken"}
    alone = command("plan", CUSTOMER, "--json").document
    mine = next(entry for entry in planned if entry["customer_id"] == CUSTOMER)
    assert mine["changes"] == alone["changes"]
    assert mine["requests"] == sum(alone["requests"].values())
    assert sum(hour["requests"] for hour in document["hours"]) == document["requests"] == 2 * mine["requests"]
    assert sum(hour["starting"] for hour in document["hours"]) == 2
    assert max(hour["unfinished"] for hour in document["hours"]) >= 1
    shown = command("plan", "--all")
    assert "lakeside" in shown.out
    assert "validate broken" in shown.err


@pytest.mark.parametrize(
    "words", [(), (CUSTOMER, "--all"), ("--all", "--show-values"), ("--all", "--recipe", "r.yaml")]
)
def test_a_plan_is_of_one_customer_or_of_all(command: Command, words: tuple[str, ...]) -> None:
    printed = command("plan", *words)
    assert printed.code == 2
    assert "plan --all" in printed.err
