"""kill -9 at chosen points, each one a place where an answer, a file or a row has just come into being."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sync_pipeline_tests.chaos.victims import Reached, Scene
from sync_pipeline_tests.end_to_end.deployment import BATCH, SINGLE, USERS, VIRTUOUS, VOMO

pytestmark = pytest.mark.chaos

CONTACT = "/api/Contact"


def files_from_now(scene: Scene, kind: str) -> Reached:
    data = Path(scene.environment["SYNC_HOME"]) / "data"

    def names() -> set[str]:
        # `os.walk`, because a folder of parts may vanish while it is looked through, which is an error for `rglob`.
        folders = (found for found in os.walk(data) if Path(found[0]).name == kind)
        return {name for _, _, files in folders for name in files if name.endswith(".parquet")}

    before = names()
    return lambda: bool(names() - before)


def test_killed_at_every_point_of_a_night_once(scene: Scene) -> None:
    points: list[Callable[[], Reached]] = [
        lambda: scene.after_requests(VOMO, USERS, 2),
        lambda: files_from_now(scene, "deltas"),
        lambda: files_from_now(scene, "snapshots"),
        lambda: files_from_now(scene, "change_sets"),
        lambda: files_from_now(scene, "acknowledged"),
        lambda: scene.after_requests(VIRTUOUS, BATCH, 1),
        lambda: scene.after_requests(VIRTUOUS, BATCH, 2),
    ]
    killed = 0
    for number, point in enumerate(points):
        scene.world.edit_vomo_user(VOMO, 1 + number, phone=f"({number:03}) 555-0101")
        scene.world.change_vomo(VOMO, share=0, add=12, seed=number)
        killed += scene.night().kill_when(point())
    report = scene.finish()
    assert killed >= len(points) - 2  # an index is not written every night
    assert report["failures"] == 0
    scene.assert_nothing_lost_and_nothing_twice()


def test_killed_after_the_effect_and_before_its_answer(scene_on: Scene) -> None:
    scene_on.world.add_fault(side="virtuous", path=CONTACT, kind="cut_after")
    assert scene_on.night().kill_when(lambda: scene_on.books()["rows_accepted"] > 0)
    scene_on.world.clear_faults()
    accepted = scene_on.books()["rows_accepted"]
    report = scene_on.finish()
    assert (report["carried"], report["total_changes"]) == (60, 0)
    assert scene_on.books()["repeats"] == accepted
    scene_on.assert_nothing_lost_and_nothing_twice()


def test_an_effect_after_the_death_of_its_sender_does_not_undo_a_newer_value(scene: Scene) -> None:
    """The request is held by the sandbox while its sender is killed, and takes effect when the next run is at work."""
    scene.finish()
    scene.configure(destination={"settle_seconds": 4})
    scene.world.edit_vomo_user(VOMO, 5, phone="(555) 555-0001")
    scene.world.add_fault(side="virtuous", path=CONTACT, kind="latency", delay_ms=2500, times=1)
    assert scene.night().kill_when(scene.after_requests(VIRTUOUS, SINGLE, 1))
    scene.world.edit_vomo_user(VOMO, 5, phone="(555) 555-0002")
    code, report = scene.night().end()
    assert (code, report["carried"], report["successes"]) == (0, 1, 1)
    scene.wait_until_idle()
    scene.assert_nothing_lost_and_nothing_twice()


def test_a_dead_process_is_replaced_at_once(scene: Scene) -> None:
    assert scene.night().kill_when(scene.after_requests(VOMO, USERS, 2))
    code, _ = scene.night().end()
    assert code == 0  # and not 4, busy, until the lease of the dead one has run out
