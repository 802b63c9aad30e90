"""kill -9 while gifts, reversals, notes, opportunities, sign-ups and hours are written: none of them happens twice.

A longer run: CHAOS_KILLS=200 CHAOS_SEED=7 .venv/bin/pytest sync_pipeline_tests/chaos/test_kills_of_every_kind.py
"""

import os
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from sync_pipeline_tests.chaos.victims import Scene
from sync_pipeline_tests.end_to_end.deployment import VIRTUOUS, VOMO
from sync_pipeline_tests.end_to_end.kinds import (
    CORRECTION,
    GIFT,
    GIFTS,
    GIVING,
    HOURS,
    NOTE,
    OPPORTUNITY,
    REVERSAL,
    SIGN_UP,
    assert_every_kind_delivered,
    morning,
)

pytestmark = [pytest.mark.chaos, pytest.mark.fleet]

KILLS = int(os.environ.get("CHAOS_KILLS", "5"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
WRITES = (NOTE, OPPORTUNITY, SIGN_UP, HOURS, CORRECTION, REVERSAL, GIFT, GIFTS)
FAULTS = ("none", "none", "cut_after", "cut_before", "status_after")
A_NIGHT_SECONDS = 1.5


def test_killed_at_random_while_every_kind_is_written(every_kind_on: Scene) -> None:
    scene, random = every_kind_on, Random(SEED)  # noqa: S311 - a repeatable draw is the purpose
    reversed_ids: set[str] = set()
    killed = 0
    for number in range(KILLS):
        reversed_ids |= change_everything(scene, random, number)
        scene.world.clear_faults()
        if (kind := random.choice(FAULTS)) != "none":
            scene.world.add_fault(side="virtuous", method="POST", path="/api/", kind=kind, every=4, times=4)
        killed += kill(scene, random)
        morning(scene)
    scene.world.clear_faults()
    for _ in range(3):  # reversals and hours wait for an import each
        scene.night().end()
        morning(scene)
    report = scene.finish()
    assert report["failures"] == 0
    assert_every_kind_delivered(scene, reversed_ids=frozenset(reversed_ids))
    assert killed > KILLS / 2


def kill(scene: Scene, random: Random) -> bool:
    """Any moment of the night, or the moment at which a write of some kind was asked for."""
    if random.random() < 0.3:
        return scene.night().kill_after(random.uniform(0.2, A_NIGHT_SECONDS))
    moments = [scene.after_requests(VIRTUOUS, name, random.randint(1, 3)) for name in WRITES]
    wanted = random.sample(moments, 3)
    return scene.night().kill_when(lambda: any(moment() for moment in wanted))


def change_everything(scene: Scene, random: Random, number: int) -> set[str]:
    """New people, projects, dates, hours, forms and donations, and a refund; answers the gifts to be taken back."""
    world = scene.world
    recent = {(datetime.now(UTC) - timedelta(days=days)).date().isoformat() for days in range(40)}
    dates = [one for one in world.vomo_project_dates(VOMO) if one["starts_at"][:10] in recent]
    random.shuffle(dates)
    # The books tell hours apart by person and start: nobody is at one date twice here.
    there = {one["user_id"] for one in world.vomo_participations(VOMO) if one["project_date_id"] == dates[0]["id"]}
    absent = [user["id"] for user in world.vomo_users(VOMO) if user["id"] not in there]
    for person in random.sample(absent, min(4, len(absent))):
        world.add_vomo_record(
            VOMO, "participations", project_date_id=dates[0]["id"], user_id=person, hours=1 + (number + person) % 7 / 4
        )
        world.add_vomo_record(VOMO, "completions", form_id=1, user_id=person)
    walked = [one for one in world.vomo_participations(VOMO) if one["project_date_id"] == dates[0]["id"]]
    for one in random.sample(walked, min(2, len(walked))):
        world.edit_vomo_record(VOMO, "participations", one["id"], hours=0.25 * random.randint(1, 30))
    delivered = {gift["transactionId"] for gift in world.gifts(VIRTUOUS)}
    touched = world.change_giving(GIVING, add=4, refund=2, seed=number)
    return {donation for donation in touched["refunded"] if donation in delivered}
