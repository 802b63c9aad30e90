"""Users that vanish from the source, and reads that only look as if they had."""

import asyncio

from sync_pipeline.domain.run import Layer
from sync_pipeline.stages.source_snapshot import take_snapshots
from sync_pipeline_tests.end_to_end.deployment import USERS, VIRTUOUS, VOMO, Deployment
from sync_pipeline_tests.end_to_end.expectations import assert_delivered

FULL = {"users": {"read": {"strategy": "full_snapshot", "concurrency": 1}}}
TAG = "VOMO: removed"


def tagged(deployment: Deployment) -> list[str]:
    deployment.world.run_import(VIRTUOUS)
    return sorted(name for name, contact in deployment.world.contacts(VIRTUOUS).items() if TAG in contact["tags"])


def test_a_removed_user_is_tagged_once(deployment_on: Deployment) -> None:
    deployment_on.configure(streams=FULL)
    deployment_on.night()
    gone = deployment_on.world.change_vomo(VOMO, share=0, remove=1)["removed"]
    night = deployment_on.night()
    assert (night.code, night.report.deletes, night.report.successes) == (0, 1, 1)
    assert tagged(deployment_on) == [f"VOMO/{gone[0]}"]
    writes = deployment_on.writes()
    quiet = deployment_on.night()
    assert (quiet.report.total_changes, deployment_on.writes()) == (0, writes)


def test_a_user_who_comes_back_is_written_again(deployment: Deployment) -> None:
    deployment.configure(streams=FULL)
    deployment.night()
    gone = deployment.world.change_vomo(VOMO, share=0, remove=1)["removed"][0]
    deployment.night()
    with deployment.world.lock:
        users = deployment.world.vomo[VOMO].users
        users.put({**users.all()[0], "id": gone, "email": "back@example.org", "last_name": "Back"})
    night = deployment.night()
    assert (night.report.updates, night.report.successes) == (1, 1)
    assert_delivered(deployment.world, VIRTUOUS, VOMO)
    assert deployment.night().report.total_changes == 0


def test_a_removed_user_stays_when_deletions_are_ignored(deployment: Deployment) -> None:
    deployment.configure(streams={"users": {**FULL["users"], "on_delete": "ignore"}})
    deployment.night()
    deployment.world.change_vomo(VOMO, share=0, remove=1)
    assert deployment.night().report.total_changes == 0
    assert tagged(deployment) == []


def test_an_incremental_read_never_takes_absence_for_deletion(deployment: Deployment) -> None:
    deployment.night()
    deployment.world.change_vomo(VOMO, share=0, remove=3)
    assert deployment.night().report.total_changes == 0
    assert deployment.night(Layer.INITIAL).report.deletes == 3


def test_a_deletion_seen_before_a_crash_is_not_forgotten_by_the_next_incremental_night(deployment: Deployment) -> None:
    deployment.night()
    gone = deployment.world.change_vomo(VOMO, share=0, remove=1)["removed"]
    with deployment.stages(Layer.INITIAL) as stage:
        asyncio.run(take_snapshots(stage()))  # and here the process dies
    assert deployment.night().report.deletes == 1
    assert tagged(deployment) == [f"VOMO/{gone[0]}"]


def test_an_empty_list_proves_no_deletion(deployment: Deployment) -> None:
    deployment.configure(streams=FULL)
    deployment.night()
    deployment.world.add_vomo_organization(VOMO, users=0)
    night = deployment.night()
    assert night.read is not None
    assert (night.report.total_changes, night.read.reads[0].proven) == (0, False)
    assert "no record at all, where there were 40" in night.report.warnings[0]


def test_an_empty_page_where_a_total_promises_records_proves_no_deletion(deployment: Deployment) -> None:
    deployment.configure(streams=FULL)
    deployment.night()
    deployment.world.add_fault(side="vomo", kind="empty_page", path="/vomo/v1/users")
    night = deployment.night()
    assert night.report.total_changes == 0
    assert tagged(deployment) == []


def test_totals_that_disagree_once_are_read_again_and_then_believed(deployment: Deployment) -> None:
    deployment.configure(streams=FULL)
    deployment.night()
    gone = deployment.world.change_vomo(VOMO, share=0, remove=1)["removed"]
    pages = deployment.books(VOMO)["requests"][USERS]
    deployment.world.add_fault(side="vomo", kind="missing_rows", path="/vomo/v1/users", every=2, times=1)
    night = deployment.night()
    assert deployment.books(VOMO)["requests"][USERS] == pages + 1 + 3 + 3
    assert night.report.deletes == 1
    assert tagged(deployment) == [f"VOMO/{gone[0]}"]


def test_totals_that_disagree_twice_delete_nobody_and_still_deliver_what_was_read(deployment: Deployment) -> None:
    deployment.configure(streams=FULL)
    deployment.night()
    deployment.world.change_vomo(VOMO, share=0, remove=1)
    deployment.world.edit_vomo_user(VOMO, 1, phone="(555) 555-0111")
    deployment.world.add_fault(side="vomo", kind="missing_rows", path="/vomo/v1/users")
    night = deployment.night()
    assert night.read is not None
    assert (night.report.deletes, night.read.reads[0].proven) == (0, False)
    assert tagged(deployment) == []
    deployment.world.clear_faults()
    assert deployment.night().report.deletes == 1
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_a_user_removed_before_anything_was_sent_is_not_written_at_all(deployment: Deployment) -> None:
    deployment.configure(streams=FULL)
    deployment.world.add_fault(side="virtuous", kind="rate_limited", path="/api/Contact", retry_after=3600)
    first = deployment.night()
    assert (first.report.status, first.report.pending) == ("parked", 40)
    deployment.world.clear_faults()
    gone = deployment.world.change_vomo(VOMO, share=0, remove=1)["removed"][0]
    night = deployment.night()
    assert (night.code, night.report.deletes, night.report.superseded) == (0, 1, 1)
    assert f"VOMO/{gone}" not in deployment.books()["effects"]
    assert tagged(deployment) == []
