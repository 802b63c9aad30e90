"""A mass change is held until a person has looked, and nothing of its stream is sent."""

import pytest

from sync_pipeline.domain.positions import CutState
from sync_pipeline.domain.run import Layer
from sync_pipeline.stages.change_set.discarding import discard_change_set
from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, VIRTUOUS, VOMO, Deployment
from sync_pipeline_tests.end_to_end.expectations import assert_delivered

FULL = {"users": {"read": {"strategy": "full_snapshot", "concurrency": 1}}}
TAG = "VOMO: removed"


@pytest.fixture
def settled(deployment: Deployment) -> Deployment:
    """Forty users in Virtuous, under the guard as shipped."""
    deployment.configure(streams=FULL, limits={"guard": {"changes": 0.5}})
    assert deployment.night().code == 0
    return deployment


def edit(deployment: Deployment, first: int, last: int, digits: str = "0199") -> None:
    for user_id in range(first, last + 1):
        deployment.world.edit_vomo_user(VOMO, user_id, phone=f"(555) {user_id:03}-{digits}")


def held(deployment: Deployment) -> list[int]:
    return [cut.cut for cut in deployment.workplace.state.cuts.cuts(CUSTOMER, [CutState.HELD])]


def approve(deployment: Deployment, cut: int) -> bool:
    return deployment.workplace.state.held.approve(CUSTOMER, cut, "anna")


def tagged(deployment: Deployment) -> int:
    deployment.world.run_import(VIRTUOUS)
    return sum(TAG in contact["tags"] for contact in deployment.world.contacts(VIRTUOUS).values())


def test_a_mass_deletion_is_held_and_goes_on_when_a_person_agrees(settled: Deployment) -> None:
    settled.world.change_vomo(VOMO, share=0, remove=21)
    writes = settled.writes()
    night = settled.night()
    assert (night.code, night.report.status, night.report.held, night.report.deletes) == (4, "held", 21, 21)
    assert any("21 of 40 records are gone" in warning for warning in night.report.warnings)
    (cut,) = held(settled)
    again = settled.night()
    assert (again.code, again.report.held, settled.writes()) == (4, 21, writes)
    (newer,) = held(settled)
    assert newer > cut
    assert not approve(settled, cut)
    assert approve(settled, newer)
    done = settled.night()
    assert (done.code, done.report.successes, tagged(settled)) == (0, 21, 21)
    assert held(settled) == []
    assert settled.night().report.total_changes == 0


def test_up_to_twenty_departures_are_no_mass_deletion(settled: Deployment) -> None:
    settled.world.change_vomo(VOMO, share=0, remove=20)
    night = settled.night()
    assert (night.code, night.report.deletes, tagged(settled)) == (0, 20, 20)


def test_a_mass_change_is_held_and_the_rest_of_the_day_counts(settled: Deployment) -> None:
    edit(settled, 1, 15)
    assert settled.slice_of_night(Layer.POLL).code == 0
    settled.clock.advance(hours=2)
    edit(settled, 16, 22)
    night = settled.slice_of_night(Layer.POLL)
    assert (night.code, night.report.held) == (4, 7)
    assert any("22 of 40 records differ" in warning for warning in night.report.warnings)
    settled.clock.advance(hours=23)
    assert settled.slice_of_night(Layer.POLL).code == 0  # a day later seven records are nothing special
    assert_delivered(settled.world, VIRTUOUS, VOMO)


def test_what_changed_again_after_the_approval_is_measured_anew(settled: Deployment) -> None:
    edit(settled, 1, 30)
    settled.night()
    assert approve(settled, held(settled)[0])
    edit(settled, 1, 5, "0142")
    night = settled.night()
    assert (night.code, night.report.successes) == (0, 30)
    assert_delivered(settled.world, VIRTUOUS, VOMO)


def test_an_approval_is_no_licence_for_another_mass_change(settled: Deployment) -> None:
    edit(settled, 1, 30)
    settled.night()
    assert approve(settled, held(settled)[0])
    edit(settled, 1, 30, "0142")
    writes = settled.writes()
    night = settled.night()
    assert (night.code, night.report.held, settled.writes()) == (4, 30, writes)


def test_a_discarded_change_set_is_not_sent_until_the_source_says_something_else(settled: Deployment) -> None:
    edit(settled, 1, 30)
    night = settled.night()
    writes = settled.writes()
    (cut,) = settled.workplace.state.cuts.cuts(CUSTOMER, [CutState.HELD])
    with settled.stages() as stage:
        discard_change_set(stage(), cut, "anna")
    assert night.report.held == 30
    quiet = settled.night()
    assert (quiet.code, quiet.report.total_changes, settled.writes()) == (0, 0, writes)
    edit(settled, 3, 3, "0142")
    one = settled.night()
    assert (one.code, one.report.successes) == (0, 1)


def test_a_discard_that_was_interrupted_is_discarded_again(settled: Deployment) -> None:
    edit(settled, 1, 30)
    settled.night()
    (cut,) = settled.workplace.state.cuts.cuts(CUSTOMER, [CutState.HELD])
    for _ in range(2):  # the first time the process died before the change set was closed
        with settled.stages() as stage:
            discard_change_set(stage(), cut, "anna")
        with settled.workplace.state.database.write() as connection:
            connection.exec_driver_sql(f"UPDATE change_sets SET state = 'held' WHERE cut = {cut.cut}")  # noqa: S608
    assert settled.ledger()["discarded"] == 30
    with settled.stages() as stage:
        discard_change_set(stage(), cut, "anna")
    assert settled.night().report.total_changes == 0


def test_other_streams_go_on_while_one_is_held(kinds: Deployment) -> None:
    kinds.configure(streams=FULL, limits={"guard": {"changes": 0.5}})
    kinds.night()
    kinds.world.run_import(VIRTUOUS)
    assert kinds.night().code == 0
    edit(kinds, 1, 30)
    form = kinds.world.vomo_completions(VOMO)[0]["form_id"]
    kinds.world.edit_vomo_record(VOMO, "forms", form, name="Another Form")
    night = kinds.night()
    assert (night.code, night.report.held) == (4, 30)
    assert any('"Another Form"' in note["note"] for note in kinds.world.notes(VIRTUOUS))


def test_a_first_sync_is_never_held(deployment: Deployment) -> None:
    deployment.configure(limits={"guard": {"changes": 0.5}})
    assert (deployment.night().code, deployment.night().code) == (0, 0)


def test_a_source_that_suddenly_holds_nothing_deletes_nobody(settled: Deployment) -> None:
    settled.world.change_vomo(VOMO, share=0, remove=40)
    night = settled.night()
    assert tagged(settled) == 0
    assert night.report.warnings
