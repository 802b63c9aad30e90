"""A plan says what the next run will do, and changes nothing: `plan_of` compares everything before and after."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sync_pipeline.domain.positions import CutState
from sync_pipeline.stages.change_set import make_change_sets
from sync_pipeline.stages.source_snapshot import take_snapshots
from sync_pipeline_tests.adapters.sql.support import holder_elsewhere
from sync_pipeline_tests.end_to_end.deployment import (
    BATCH,
    CUSTOMER,
    ORGANIZATION,
    SINGLE,
    VOMO,
    Deployment,
    deployed,
    vomo_source,
)
from sync_pipeline_tests.stages.plan_support import assert_foretold, plan_of

QUIET = {ORGANIZATION: 1, "GET /api/Permission": 1}
READ_EVERYTHING = {"users": {"read": {"strategy": "full_snapshot"}}}
SECOND_VOMO = "second-vomo-token"


@pytest.fixture
def deployment(tmp_path: Path, sqlite_url: str) -> Iterator[Deployment]:
    """40 VOMO users, nothing synced yet, SQLite."""
    with deployed(tmp_path, sqlite_url) as made:
        yield made


@pytest.fixture
def deployment_on(tmp_path: Path, each_database_url: str) -> Iterator[Deployment]:
    """The same, once on each kind of database."""
    with deployed(tmp_path, each_database_url) as made:
        yield made


def test_before_the_first_run_a_plan_foretells_it_and_leaves_no_state_behind(deployment: Deployment) -> None:
    Path(deployment.workplace.settings.database_url.removeprefix("sqlite:///")).unlink()
    document = plan_of(deployment)
    settings = deployment.workplace.settings
    assert not settings.home.exists()
    assert not Path(settings.database_url.removeprefix("sqlite:///")).exists()
    assert document["changes"] == {"create": 40, "update": 0, "delete": 0}
    assert document["requests"] == {**QUIET, BATCH: 1}
    assert (document["unchanged"], document["backlog"], document["waiting_after_slot"]) == (0, {}, 0)
    assert document["streams"] == {
        "users": {"changes": document["changes"], "unchanged": 0, "rows": 40, "complete": True}
    }
    assert_foretold(document, deployment.night())


def test_after_a_run_a_plan_foretells_a_quiet_night(deployment: Deployment) -> None:
    deployment.night()
    document = plan_of(deployment)
    assert document["changes"] == {"create": 0, "update": 0, "delete": 0}
    assert document["requests"] == QUIET
    assert (document["unchanged"], document["sample"], document["backlog"]) == (40, [], {})
    assert document["streams"]["users"]["complete"] is False  # only what changed since was asked for
    assert_foretold(document, deployment.night())


def test_a_night_with_changes_is_foretold_on_each_kind_of_database(deployment_on: Deployment) -> None:
    deployment_on.configure(streams=READ_EVERYTHING)
    deployment_on.night()
    deployment_on.world.change_vomo(VOMO, share=0.1, add=2, remove=1)
    document = plan_of(deployment_on)
    assert document["changes"] == {"create": 2, "update": 4, "delete": 1}
    assert (document["unchanged"], document["streams"]["users"]["complete"]) == (35, True)
    assert_foretold(document, deployment_on.night())


def test_a_row_left_over_and_a_second_reference_source_take_requests_of_their_own(
    deployment: Deployment, tmp_path: Path
) -> None:
    add_second_source(deployment, tmp_path, users=8)
    deployment.configure(destination={"batch": {"max": 13}})
    document = plan_of(deployment)
    assert {name: stream["rows"] for name, stream in document["streams"].items()} == {"users": 40, "members": 8}
    assert document["requests"] == {**QUIET, BATCH: 4, SINGLE: 1}
    assert_foretold(document, deployment.night())


def test_what_an_outage_left_in_doubt_is_repeated_first_and_a_newer_value_sent_after_it(
    deployment: Deployment,
) -> None:
    deployment.configure(destination={"batch": {"max": 10}})
    deployment.world.add_fault(side="virtuous", kind="status_before", status=500, method="POST")
    deployment.night()
    deployment.world.clear_faults()
    deployment.world.edit_vomo_user(VOMO, 40, phone="(555) 555-0142")
    document = plan_of(deployment)
    assert document["backlog"] == deployment.ledger() == {"sending": 40}
    assert document["changes"]["create"] == 1
    assert document["requests"][SINGLE] == 1
    assert_foretold(document, deployment.night(), carried=40)


def test_a_newer_value_takes_the_place_of_what_waits_to_be_sent(deployment: Deployment) -> None:
    deployment.night()
    deployment.world.edit_vomo_user(VOMO, 5, phone="(555) 555-0143")
    deployment.world.edit_vomo_user(VOMO, 6, phone="(555) 555-0144")
    keep_virtuous_busy(deployment)
    deployment.world.edit_vomo_user(VOMO, 5, phone="(555) 555-0145")
    document = plan_of(deployment)
    assert document["backlog"] == {"planned": 2}
    assert document["requests"] == {**QUIET, BATCH: 1}
    assert_foretold(document, deployment.night(), carried=2)  # one is sent, the other one superseded


def test_a_value_that_is_back_to_what_virtuous_has_costs_no_request(deployment: Deployment) -> None:
    deployment.night()
    phone = deployment.world.vomo_users(VOMO)[4]["phone"]
    deployment.world.edit_vomo_user(VOMO, 5, phone="(555) 555-0143")
    keep_virtuous_busy(deployment)
    deployment.world.edit_vomo_user(VOMO, 5, phone=phone)
    document = plan_of(deployment)
    assert (document["changes"]["update"], document["backlog"]) == (1, {"planned": 1})
    assert document["requests"] == QUIET == deployment.night().report.requests


def test_what_a_killed_run_had_compared_counts_as_backlog(deployment: Deployment) -> None:
    with deployment.stages() as stage:
        asyncio.run(take_snapshots(stage()))
        make_change_sets(stage())
    deployment.world.edit_vomo_user(VOMO, 5, phone="(555) 555-0143")
    document = plan_of(deployment)
    assert document["backlog"] == {"planned": 40}
    assert document["changes"] == {"create": 1, "update": 0, "delete": 0}
    assert document["requests"] == {**QUIET, BATCH: 1}
    assert_foretold(document, deployment.night(), carried=40)  # one of them superseded


def test_records_the_recipe_cannot_map_are_named_and_cost_no_request(deployment: Deployment) -> None:
    deployment.configure(streams={"users": {"fields": {"suffix": "cast(cast(last_name as double) as varchar)"}}})
    document = plan_of(deployment)
    assert document["changes"]["create"] == 40
    assert document["requests"] == QUIET
    assert all("recipe failed" in change["problem"] and change["fields"] == {} for change in document["sample"])
    night = deployment.night()
    assert (night.report.failures, night.report.requests) == (40, QUIET)


def test_a_plan_needs_no_lease_and_leaves_the_holder_its_own(deployment: Deployment) -> None:
    deployment.night()
    leases = deployment.workplace.state.leases
    lease = leases.acquire(CUSTOMER, holder_elsewhere())
    assert lease is not None
    assert plan_of(deployment)["requests"] == QUIET
    leases.renew(lease)


def test_a_plan_of_a_paused_customer_is_made_all_the_same(deployment: Deployment) -> None:
    deployment.workplace.state.breakers.pause(CUSTOMER, "looking into it", "a person")
    assert plan_of(deployment)["changes"]["create"] == 40


def test_a_refused_source_is_told_with_its_remedy_and_the_other_one_is_planned(
    deployment: Deployment, tmp_path: Path
) -> None:
    add_second_source(deployment, tmp_path, users=3)
    deployment.world.add_fault(side="vomo", kind="unauthorized", token=VOMO)
    document = plan_of(deployment)
    assert document["error"] == document["streams"]["users"]["error"]
    assert document["error"]["code"] == "source_refused"
    assert "token" in document["error"]["remedy"]
    assert document["streams"]["users"]["complete"] is False
    assert document["streams"]["members"]["changes"]["create"] == document["changes"]["create"] == 3


def test_a_source_without_its_token_is_told_with_its_remedy_and_the_other_one_is_planned(
    deployment: Deployment, tmp_path: Path
) -> None:
    add_second_source(deployment, tmp_path, users=3)
    (tmp_path / f"{SECOND_VOMO}.secret").unlink()
    document = plan_of(deployment)
    assert document["error"] == document["streams"]["members"]["error"]
    assert document["error"]["code"] == "prerequisite"
    assert document["changes"]["create"] == 40


def test_the_sample_hides_values_unless_they_are_asked_for(deployment: Deployment) -> None:
    hidden = plan_of(deployment)["sample"]
    shown = plan_of(deployment, show_values=True)["sample"]
    assert len(hidden) == len(shown) == 10
    assert shown[0] == {"stream": "users", "key": "1", "kind": "create", "fields": shown[0]["fields"]}
    values = [field["new"] for change in shown for field in change["fields"].values()]
    assert [value for value in values if len(value) > 3 and value in json.dumps(hidden)] == []
    email = shown[0]["fields"]["email"]["new"]
    assert hidden[0]["fields"]["email"] == {"new": f"{email[0]}…({len(email)})"}


def test_the_sample_shows_of_an_update_what_differs_and_of_a_delete_the_tag(deployment: Deployment) -> None:
    deployment.configure(streams=READ_EVERYTHING)
    deployment.night()
    before = deployment.world.vomo_users(VOMO)[2]
    deployment.world.edit_vomo_user(VOMO, 3, last_name="Nightingale", phone=None)
    removed = deployment.world.change_vomo(VOMO, share=0, remove=1)["removed"][0]
    update, delete = plan_of(deployment, show_values=True)["sample"]
    assert (update["key"], update["kind"]) == ("3", "update")
    assert update["fields"]["lastName"] == {"old": before["last_name"], "new": "Nightingale"}
    assert update["fields"]["phone"] == {"old": before["phone"], "new": None}
    assert update["fields"].keys() == {"lastName", "phone", "phoneType"}
    assert (delete["key"], delete["kind"]) == (str(removed), "delete")
    assert delete["fields"] == {"tags": {"new": "VOMO: removed"}}


def test_a_night_longer_than_the_quota_is_forecast_in_windows_of_it(deployment: Deployment) -> None:
    # Midnight in Chicago, five hours left of the window; 4 of 5 requests an hour may be ours.
    deployment.configure(destination={"batch": {"max": 1}, "quota": {"requests": 5, "use": 0.8}})
    document = plan_of(deployment)
    assert document["requests"] == {**QUIET, SINGLE: 40}
    assert document["starts_at"].startswith("2026-03-01T06:00:00")
    # Four at once, then three after each park: one of the four asks whose token it is.
    assert document["finishes_at"].startswith("2026-03-01T19:07:41.75")
    assert document["hours"] == 13.1283
    assert document["waiting_after_slot"] == 42 - (4 + 4 * 3)


def keep_virtuous_busy(deployment: Deployment) -> None:
    """A night on which Virtuous asks to come again later: everything stays planned."""
    deployment.world.add_fault(side="virtuous", kind="rate_limited", retry_after=3600, method="POST")
    night = deployment.night()
    assert night.report.status == "parked"
    deployment.world.clear_faults()


def add_second_source(deployment: Deployment, folder: Path, users: int) -> None:
    deployment.world.add_vomo_organization(SECOND_VOMO, users=users, seed=9)
    source: dict[str, Any] = vomo_source(folder, f"http://127.0.0.1:{deployment.port}", SECOND_VOMO, "OTHER")
    deployment.configure(
        sources={"other": source},
        streams={"members": {"source": "other", "stream": "users", "recipe": "vomo_users_to_contacts"}},
    )


def test_a_plan_says_what_would_be_held_and_foretells_no_request_for_it(deployment_on: Deployment) -> None:
    deployment_on.configure(streams=READ_EVERYTHING, limits={"guard": {"changes": 0.5}})
    deployment_on.night()
    deployment_on.world.change_vomo(VOMO, share=0, remove=21)
    document = plan_of(deployment_on)
    assert "21 of 40 records are gone" in document["streams"]["users"]["held"]
    assert (document["changes"]["delete"], document["requests"]) == (21, QUIET)
    night = deployment_on.night()
    assert (night.report.held, night.report.requests) == (21, QUIET)

    (held,) = deployment_on.workplace.state.cuts.cuts(CUSTOMER, [CutState.HELD])
    assert deployment_on.workplace.state.held.approve(CUSTOMER, held.cut, "anna")
    approved = plan_of(deployment_on)
    assert "held" not in approved["streams"]["users"]
    assert_foretold(approved, deployment_on.night())


def test_what_earlier_runs_of_a_day_changed_counts_for_what_a_plan_would_hold(deployment: Deployment) -> None:
    deployment.configure(streams=READ_EVERYTHING, limits={"guard": {"changes": 0.5}})
    deployment.night()
    deployment.world.change_vomo(VOMO, share=0, remove=15)
    deployment.slice_of_night()
    deployment.world.change_vomo(VOMO, share=0, remove=6)
    assert "21 of 40" in plan_of(deployment)["streams"]["users"]["held"]
    deployment.clock.advance(days=1)
    assert "held" not in plan_of(deployment)["streams"]["users"]
