"""Several sources, every kind of write, one ledger: what needs an import waits for it and goes on by itself."""

from pathlib import Path
from typing import Any

import pytest

from sync_pipeline.cli.plan_documents import planned
from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, ORGANIZATION, VIRTUOUS, VOMO, Deployment, secret
from sync_pipeline_tests.end_to_end.kinds import (
    DONATIONS,
    GIFTS,
    GIVING,
    HOURS,
    NOTE,
    OPPORTUNITY,
    SIGN_UP,
    SIZES,
    assert_every_kind_delivered,
    assert_nothing_twice,
    morning,
    served,
)

PERMISSION = "GET /api/Permission"
QUERY = "POST /api/Contact/Query/FullContact"


def test_hours_and_notes_wait_for_the_import_and_everything_is_there_once(kinds_on: Deployment) -> None:
    first = kinds_on.night()
    waiting = len(served(kinds_on)) + len(kinds_on.world.vomo_completions(VOMO))
    assert (first.code, first.report.status, first.report.waiting) == (3, "done", waiting)
    assert (first.report.failures, first.report.requests[GIFTS]) == (0, 1)
    assert first.report.requests[OPPORTUNITY] == SIZES["projects"]
    groups = kinds_on.workplace.state.waiting_groups(CUSTOMER)
    assert {(group.kind, group.waits_for): group.operations for group in groups} == {
        ("attendance", "contact"): len(served(kinds_on)),
        ("note", "contact"): len(kinds_on.world.vomo_completions(VOMO)),
    }
    assert all(example.startswith("contact VOMO/") for group in groups for example in group.examples)
    morning(kinds_on)
    second = kinds_on.night()
    assert (second.code, second.report.total_changes, second.report.carried) == (0, 0, waiting)
    assert (second.report.requests[HOURS], second.report.requests[QUERY]) == (len(served(kinds_on)), 1)
    assert kinds_on.workplace.state.waiting_groups(CUSTOMER) == []
    assert_every_kind_delivered(kinds_on)
    quiet = kinds_on.night()
    assert (quiet.code, quiet.report.total_changes) == (0, 0)
    assert quiet.report.requests == {ORGANIZATION: 1, PERMISSION: 1}


def test_while_nobody_runs_the_import_a_night_costs_two_questions_and_loses_nothing(kinds: Deployment) -> None:
    kinds.night()
    for _ in range(2):
        night = kinds.night()
        assert (night.code, night.report.failures) == (3, 0)
        assert sum(night.report.requests.values()) == 4  # organization, permission, the query's options, the query
    morning(kinds)
    assert kinds.night().code == 0
    assert_every_kind_delivered(kinds)


def test_an_organization_whose_queries_show_no_references_is_asked_person_by_person(kinds: Deployment) -> None:
    kinds.world.change_organization(VIRTUOUS, reference_shape="absent")
    kinds.night()
    morning(kinds)
    night = kinds.night()
    assert night.code == 0
    assert night.report.requests["GET /api/Contact/{referenceSource}/{referenceId}"] > 5
    assert_every_kind_delivered(kinds)


@pytest.mark.parametrize(
    "settings", [{"contact_query_modified": False}, {"query_dates": "relative"}, {"query_operators": "guide"}]
)
def test_people_are_found_by_the_query_whatever_it_can_compare(kinds: Deployment, settings: dict[str, Any]) -> None:
    kinds.world.change_organization(VIRTUOUS, **settings)
    kinds.night()
    morning(kinds)
    night = kinds.night()
    assert night.code == 0
    assert night.report.requests[QUERY] <= 2
    assert "GET /api/Contact/{referenceSource}/{referenceId}" not in night.report.requests
    assert_every_kind_delivered(kinds)


def test_a_dead_source_holds_nobody_else_up(kinds: Deployment) -> None:
    kinds.world.add_fault(side="giving", kind="status_before", status=403)
    night = kinds.night()
    assert (night.code, night.report.status) == (1, "failed")
    assert night.report.successes == 40 + SIZES["projects"]
    kinds.world.clear_faults()
    morning(kinds)
    assert kinds.night().code == 0
    morning(kinds)
    assert_every_kind_delivered(kinds)


def test_a_key_that_may_not_write_gifts_delivers_everything_else(kinds: Deployment) -> None:
    allowed = [
        {"module": module, "action": action, "allowed": module != "Gift" or action == "Read"}
        for module in ("Contact", "Gift", "ContactNote", "Volunteer", "Tag")
        for action in ("Read", "Create", "Update", "Delete")
    ]
    kinds.world.change_organization(VIRTUOUS, permissions=allowed)
    night = kinds.night()
    assert (night.code, night.report.failures) == (1, 0)
    assert "refuses every gift" in night.report.stage_failures[0]["message"]
    assert night.report.successes == 40 + SIZES["projects"]
    assert kinds.books()["requests"][GIFTS] <= 2
    kinds.world.change_organization(VIRTUOUS, permissions=[one | {"allowed": True} for one in allowed])
    morning(kinds)
    kinds.night()
    morning(kinds)
    assert kinds.night().code == 0
    assert_every_kind_delivered(kinds)


def test_an_organization_without_volunteers_says_so_and_delivers_everything_else(kinds: Deployment) -> None:
    kinds.world.change_organization(VIRTUOUS, volunteers_enabled=False)
    kinds.night()
    morning(kinds)
    night = kinds.night()
    assert night.code == 1
    assert "no volunteer endpoints" in night.report.stage_failures[0]["remedy"]
    assert kinds.books()["notes"].keys()
    assert night.report.failures == 0
    kinds.world.change_organization(VIRTUOUS, volunteers_enabled=True)
    assert kinds.night().code == 0
    assert_every_kind_delivered(kinds)


def test_one_endpoint_that_answers_nothing_defers_its_own_work_only(kinds: Deployment) -> None:
    kinds.world.add_fault(side="virtuous", kind="status_before", status=500, path="/api/v2/Gift")
    night = kinds.night()
    assert (night.code, night.report.failures, night.report.successes) == (3, 0, 40 + SIZES["projects"])
    gifts = sum(one["status"] == "succeeded" for one in kinds.world.giving_donations(GIVING))
    assert (night.report.pending, kinds.ledger()["sending"]) == (gifts, gifts)  # in doubt: it may have taken them
    kinds.world.clear_faults()
    morning(kinds)
    kinds.night()
    morning(kinds)
    assert kinds.night().code == 0
    assert_every_kind_delivered(kinds)


def test_two_sources_of_one_customer_keep_their_references_apart(kinds: Deployment) -> None:
    """User 1 of VOMO and user 1 of another account are two people."""
    kinds.world.add_vomo_organization("second-vomo", users=10, seed=9)
    kinds.configure(
        sources={
            "other": {
                "connector": "vomo",
                "base_url": f"{kinds.url}/vomo/v1",
                "token": secret(kinds.folder, "second-vomo"),
                "reference_source": "VOMO 2",
            }
        },
        streams={"others": {"source": "other", "stream": "users", "recipe": "vomo_users_to_contacts"}},
    )
    assert kinds.night().report.creates == 40 + 10 + SIZES["projects"] + _children(kinds)
    morning(kinds)
    assert {name for name in kinds.world.contact_ids(VIRTUOUS) if name.startswith("VOMO 2/")} == {
        f"VOMO 2/{number}" for number in range(1, 11)
    }
    assert_nothing_twice(kinds)


def _children(deployment: Deployment) -> int:
    gifts = sum(one["status"] == "succeeded" for one in deployment.world.giving_donations(GIVING))
    assert 0 < gifts < DONATIONS
    return gifts + len(served(deployment)) + len(deployment.world.vomo_completions(VOMO))


def test_bulk_notes_travel_together_where_the_organization_has_the_endpoint(kinds: Deployment) -> None:
    kinds.world.change_organization(VIRTUOUS, bulk_notes=True)
    kinds.configure(destination={"bulk": {"notes": True}})
    kinds.night()
    morning(kinds)
    night = kinds.night()
    assert night.report.requests["POST /api/ContactNote/Bulk"] == 1
    assert NOTE not in night.report.requests
    assert_every_kind_delivered(kinds)


def test_bulk_notes_that_the_organization_does_not_have_fail_the_run_with_the_setting(kinds: Deployment) -> None:
    kinds.configure(destination={"bulk": {"notes": True}})
    kinds.night()
    morning(kinds)
    night = kinds.night()
    assert (night.code, kinds.ledger()["deferred"]) == (1, len(kinds.world.vomo_completions(VOMO)))
    (failure,) = night.report.stage_failures
    assert "Virtuous has no POST /api/ContactNote/Bulk" in failure["message"]
    assert "`destination.bulk.notes: false`" in failure["remedy"]
    kinds.configure(destination={"bulk": {"notes": False}})
    assert kinds.night().code == 0
    assert_every_kind_delivered(kinds)


def test_a_quota_that_ends_during_the_look_ups_parks_the_run(kinds: Deployment) -> None:
    """What waits may be deliverable: nobody knows before everything was asked about."""
    kinds.night()
    morning(kinds)
    kinds.configure(destination={"quota": {"cap": 24}})
    slices = [kinds.slice_of_night()]
    while slices[-1].report.status == "parked":
        resume_at = slices[-1].report.resume_at
        assert resume_at is not None
        kinds.clock.advance(seconds=(resume_at - kinds.clock.now()).total_seconds())
        slices.append(kinds.slice_of_night())
        assert len(slices) < 40
    assert (slices[0].report.status, slices[-1].code) == ("parked", 0)
    assert_every_kind_delivered(kinds)


def test_people_sign_up_once_however_many_hours_they_give(kinds: Deployment) -> None:
    kinds.night()
    morning(kinds)
    night = kinds.night()
    pairs = {(one["user_id"], one["project_id"]) for one in served(kinds)}
    assert night.report.requests[SIGN_UP] == len(pairs)
    assert len(kinds.world.volunteers(VIRTUOUS)) == len(pairs)


def test_a_plan_foretells_the_requests_of_every_kind_and_the_run_says_how_well(
    kinds: Deployment, tmp_path: Path
) -> None:
    for night in range(3):
        scratch = tmp_path / f"plan-{night}"
        scratch.mkdir()
        foretold = planned(kinds.workplace, CUSTOMER, scratch).requests_by_endpoint
        report = kinds.night().report
        assert foretold == report.foretold_requests == report.requests, f"night {night + 1}"
        assert report.forecast_error == 0
        morning(kinds)
