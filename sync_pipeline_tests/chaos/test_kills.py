"""kill -9 of a real process in the middle of a night: the next one finishes the work, and nothing happens twice.

A longer run: CHAOS_KILLS=200 CHAOS_SEED=7 .venv/bin/pytest sync_pipeline_tests/chaos/test_kills.py
"""

import os
from random import Random

import pytest

from sync_pipeline_tests.chaos.victims import Scene
from sync_pipeline_tests.end_to_end.deployment import BATCH, SINGLE, VIRTUOUS, VOMO

pytestmark = pytest.mark.chaos

KILLS = int(os.environ.get("CHAOS_KILLS", "6"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
A_NIGHT_SECONDS = 0.9
CONTACT = "/api/Contact"


def test_killed_at_random_again_and_again_while_the_source_changes(scene_on: Scene) -> None:
    random = Random(SEED)  # noqa: S311 - a repeatable draw is the purpose
    killed = 0
    for number in range(KILLS):
        change_some_users(scene_on, random, number)
        arm_a_fault(scene_on, random)
        killed += kill(scene_on, random)
    scene_on.world.clear_faults()
    report = scene_on.finish()
    assert report["failures"] == 0
    scene_on.assert_nothing_lost_and_nothing_twice()
    assert killed > KILLS / 2


def kill(scene: Scene, random: Random) -> bool:
    """Any moment of the night, or one while changes are being delivered."""
    if random.random() < 0.5:
        return scene.night().kill_after(random.uniform(0, A_NIGHT_SECONDS))
    moment = scene.after_requests(VIRTUOUS, random.choice([BATCH, BATCH, SINGLE]), random.randint(1, 3))
    return scene.night().kill_when(moment)


def change_some_users(scene: Scene, random: Random, number: int) -> None:
    """Values that were never there before: only then does an old value that comes late show in the books."""
    for user in random.sample(scene.world.vomo_users(VOMO), 25):
        scene.world.edit_vomo_user(VOMO, user["id"], phone=f"({number:03}) 555-{user['id']:04}")
    if random.random() < 0.3:
        scene.world.change_vomo(VOMO, share=0, add=3, seed=number)


def arm_a_fault(scene: Scene, random: Random) -> None:
    scene.world.clear_faults()
    kind = random.choice(["none", "latency", "cut_after", "cut_before", "status_after"])
    if kind != "none":
        delay = 100 if kind == "latency" else 0
        scene.world.add_fault(side="virtuous", path=CONTACT, kind=kind, status=500, delay_ms=delay, every=3, times=2)
