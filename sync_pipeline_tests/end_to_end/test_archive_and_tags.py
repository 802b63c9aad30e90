"""Departed volunteers by policy, and tags that have to go."""

from typing import Any

import pytest

from sync_pipeline_tests.end_to_end.deployment import VIRTUOUS, VOMO, Deployment
from sync_pipeline_tests.end_to_end.expectations import assert_delivered
from sync_pipeline_tests.end_to_end.kinds import morning

FULL = {"read": {"strategy": "full_snapshot", "concurrency": 1}}
ARCHIVE = "PUT /api/Contact/Archive/{contactId}"
UNARCHIVE = "PUT /api/Contact/Unarchive/{contactId}"
UNTAG = "DELETE /api/ContactTag/{contactTagId}"
TAG_BULK = "POST /api/Tag/Bulk"


def archiving(deployment: Deployment) -> Deployment:
    deployment.configure(streams={"users": {**FULL, "on_delete": "archive"}})
    deployment.night()
    morning(deployment)
    return deployment


def leave(deployment: Deployment) -> tuple[int, dict[str, Any]]:
    """One user leaves VOMO; answers who, to come back later."""
    users = {one["id"]: one for one in deployment.world.vomo_users(VOMO)}
    gone = deployment.world.change_vomo(VOMO, share=0, remove=1)["removed"][0]
    return gone, users[gone]


def archived(deployment: Deployment) -> set[str]:
    ids = {contact: name for name, contact in deployment.world.contact_ids(VIRTUOUS).items()}
    return {ids[contact] for contact in deployment.world.archived_contacts(VIRTUOUS)}


def tags(deployment: Deployment, user_id: int) -> set[str]:
    morning(deployment)
    return set(deployment.world.contacts(VIRTUOUS)[f"VOMO/{user_id}"]["tags"])


def test_a_departed_volunteer_is_archived_once(deployment: Deployment) -> None:
    archiving(deployment)
    gone, _ = leave(deployment)
    night = deployment.night()
    assert (night.code, night.report.deletes, night.report.requests[ARCHIVE]) == (0, 1, 1)
    assert archived(deployment) == {f"VOMO/{gone}"}
    assert deployment.night().report.total_changes == 0


def test_who_leaves_before_the_import_is_archived_after_it(deployment: Deployment) -> None:
    deployment.configure(streams={"users": {**FULL, "on_delete": "archive"}})
    deployment.night()
    gone, _ = leave(deployment)
    night = deployment.night()
    assert (night.code, night.report.waiting) == (3, 1)
    morning(deployment)
    assert deployment.night().code == 0
    assert archived(deployment) == {f"VOMO/{gone}"}


def test_who_comes_back_is_brought_back_before_the_new_values(deployment: Deployment) -> None:
    archiving(deployment)
    gone, user = leave(deployment)
    deployment.night()
    with deployment.world.lock:
        deployment.world.vomo[VOMO].users.put({**user, "phone": "(555) 555-0177"})
    night = deployment.night()
    assert (night.code, night.report.updates, night.report.requests[UNARCHIVE]) == (0, 1, 1)
    assert archived(deployment) == set()
    assert_delivered(deployment.world, VIRTUOUS, VOMO)
    again, _ = leave(deployment)
    deployment.night()
    assert archived(deployment) == {f"VOMO/{again}"}
    assert gone


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize("kind", ["cut_after", "cut_before", "status_after"])
def test_an_archiving_without_an_answer_is_settled_by_the_contact_s_state(
    deployment: Deployment, kind: str, *, shown: bool
) -> None:
    deployment.world.change_organization(VIRTUOUS, shows_is_archived=shown)
    archiving(deployment)
    gone, _ = leave(deployment)
    deployment.world.add_fault(side="virtuous", kind=kind, method="PUT", path="/api/Contact", times=1)
    assert deployment.night().code == 0
    assert archived(deployment) == {f"VOMO/{gone}"}


def test_a_contact_that_staff_merged_is_archived_where_it_went(deployment: Deployment) -> None:
    archiving(deployment)
    gone, _ = leave(deployment)
    ids = deployment.world.contact_ids(VIRTUOUS)
    winner = next(contact for name, contact in ids.items() if name != f"VOMO/{gone}")
    deployment.world.merge_contacts(VIRTUOUS, ids[f"VOMO/{gone}"], winner)
    deployment.night()
    assert deployment.world.archived_contacts(VIRTUOUS) == [winner]


def test_an_exact_tag_leaves_with_the_role_and_staff_s_tags_stay(deployment: Deployment) -> None:
    deployment.configure(destination={"tags": "exact"})
    deployment.world.edit_vomo_user(VOMO, 3, membership_role="VOLUNTEER")
    deployment.night()
    morning(deployment)
    contact = deployment.world.contact_ids(VIRTUOUS)["VOMO/3"]
    for tag in ("Staff favourite", "VOMO: Old marker"):
        deployment.world.tag_contact(VIRTUOUS, contact, tag)
    deployment.world.edit_vomo_user(VOMO, 3, membership_role="ADMIN")
    night = deployment.night()
    assert (night.code, night.report.updates, night.report.requests[UNTAG]) == (0, 1, 2)
    assert tags(deployment, 3) == {"Staff favourite", "VOMO: Admin"}
    assert deployment.night().report.total_changes == 0


def test_add_only_leaves_the_old_tag(deployment: Deployment) -> None:
    deployment.world.edit_vomo_user(VOMO, 3, membership_role="VOLUNTEER")
    deployment.night()
    morning(deployment)
    deployment.world.edit_vomo_user(VOMO, 3, membership_role="ADMIN")
    night = deployment.night()
    assert UNTAG not in night.report.requests
    assert tags(deployment, 3) == {"VOMO: Volunteer", "VOMO: Admin"}


def test_an_exact_tag_waits_for_the_import_and_goes_then(deployment: Deployment) -> None:
    deployment.configure(destination={"tags": "exact"})
    deployment.world.edit_vomo_user(VOMO, 3, membership_role="VOLUNTEER")
    deployment.night()
    deployment.world.edit_vomo_user(VOMO, 3, membership_role="ADMIN")
    assert deployment.night().report.waiting == 1
    morning(deployment)
    assert deployment.night().code == 0
    assert tags(deployment, 3) == {"VOMO: Admin"}


def test_changed_roles_travel_as_bulk_tags_where_the_organization_has_the_endpoint(deployment: Deployment) -> None:
    deployment.world.change_organization(VIRTUOUS, bulk_tags=True)
    deployment.configure(destination={"bulk": {"tags": True}})
    for user_id in range(1, 41):
        role = "ADMIN" if user_id == 40 else "VOLUNTEER"
        deployment.world.edit_vomo_user(VOMO, user_id, membership_role=role)
    deployment.night()
    morning(deployment)
    for user_id in (3, 4, 5):
        deployment.world.edit_vomo_user(VOMO, user_id, membership_role="ADMIN")
    night = deployment.night()
    assert (night.code, night.report.updates, night.report.requests[TAG_BULK]) == (0, 3, 1)
    assert tags(deployment, 4) == {"VOMO: Volunteer", "VOMO: Admin"}
    assert deployment.night().report.total_changes == 0


def test_bulk_tags_that_the_organization_does_not_have_go_as_transactions_once_that_is_said(
    deployment: Deployment,
) -> None:
    deployment.configure(destination={"bulk": {"tags": True}})
    for user_id in range(1, 41):
        role = "ADMIN" if user_id == 40 else "VOLUNTEER"
        deployment.world.edit_vomo_user(VOMO, user_id, membership_role=role)
    deployment.night()
    morning(deployment)
    deployment.world.edit_vomo_user(VOMO, 3, membership_role="ADMIN")
    night = deployment.night()
    assert (night.code, deployment.ledger()["deferred"]) == (1, 1)
    assert "`destination.bulk.tags: false`" in night.report.stage_failures[0]["remedy"]
    deployment.configure(destination={"bulk": {"tags": False}})
    assert deployment.night().code == 0
    morning(deployment)
    assert tags(deployment, 3) == {"VOMO: Volunteer", "VOMO: Admin"}


def test_a_tag_that_virtuous_does_not_know_yet_travels_as_a_transaction(deployment: Deployment) -> None:
    deployment.world.change_organization(VIRTUOUS, bulk_tags=True)
    deployment.configure(destination={"bulk": {"tags": True}})
    for user_id in range(1, 41):
        deployment.world.edit_vomo_user(VOMO, user_id, membership_role="VOLUNTEER")
    deployment.night()
    morning(deployment)
    deployment.world.edit_vomo_user(VOMO, 3, membership_role="ORGANIZER")
    night = deployment.night()
    assert (night.code, night.report.requests["POST /api/Contact/Transaction"]) == (0, 1)
    assert tags(deployment, 3) == {"VOMO: Volunteer", "VOMO: Organizer"}


def test_who_cannot_be_brought_back_yet_ends_the_night_all_the_same(deployment: Deployment) -> None:
    """The new values stay behind the way back, which needs a contact that is not to be found."""
    archiving(deployment)
    gone, user = leave(deployment)
    deployment.night()
    with deployment.workplace.state.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM crm_ids")
    deployment.world.add_fault(
        side="virtuous", kind="status_before", status=404, method="GET", path="/api/Contact/VOMO"
    )
    with deployment.world.lock:
        deployment.world.vomo[VOMO].users.put({**user, "phone": "(555) 555-0177"})
    night = deployment.night()
    assert (night.code, deployment.ledger()["waiting"], deployment.ledger()["planned"]) == (3, 1, 1)
    deployment.world.clear_faults()
    assert deployment.night().code == 0
    assert archived(deployment) == set()
    assert gone
