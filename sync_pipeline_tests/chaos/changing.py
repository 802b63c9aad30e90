"""A day in the sources: people, projects, hours, forms and donations come, and some of them change."""

from datetime import datetime, timedelta
from itertools import count
from random import Random

from sync_pipeline.sandbox.source_records import Row
from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.end_to_end.deployment import VOMO
from sync_pipeline_tests.end_to_end.kinds import GIVING

WITHIN_DAYS = 25  # well inside the window in which dates are walked, for all the nights of a seed


class ChangingSources:
    """No value ever comes back: an older payload that is accepted after a newer one shows in the books."""

    def __init__(self, world: World, random: Random) -> None:
        self._world = world
        self._random = random
        self._numbers = count(1)

    def a_day(self, now: datetime) -> None:
        number = next(self._numbers)
        self._world.change_vomo(VOMO, share=0, add=self._random.randint(0, 2), seed=number)
        for user in self._some(self._world.vomo_users(VOMO), 3):
            self._edit_user(user["id"])
        if self._random.random() < 0.4:
            self._new_project(now)
        self._hours(now)
        self._world.change_giving(
            GIVING, add=self._random.randint(0, 3), refund=self._random.randint(0, 2), seed=number
        )

    def edit_users(self, most: int) -> None:
        for user in self._some(self._world.vomo_users(VOMO), most):
            self._edit_user(user["id"])

    def _edit_user(self, user_id: int) -> None:
        number = next(self._numbers)
        self._world.edit_vomo_user(VOMO, user_id, phone=f"({200 + number // 10_000}) 555-{number % 10_000:04}")

    def _new_project(self, now: datetime) -> None:
        project = self._world.add_vomo_record(VOMO, "projects")
        starts = (now - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._world.add_vomo_record(VOMO, "project_dates", project_id=project["id"], starts_at=starts)

    def _hours(self, now: datetime) -> None:
        """Nobody is at one project twice: its hours are told apart by person there."""
        recent = {(now - timedelta(days=days)).date().isoformat() for days in range(1, WITHIN_DAYS)}
        dates = [one for one in self._world.vomo_project_dates(VOMO) if one["starts_at"][:10] in recent]
        for date in self._some(dates, 2):
            walked = self._world.vomo_participations(VOMO)
            same_project = {
                one["id"] for one in self._world.vomo_project_dates(VOMO) if one["project_id"] == date["project_id"]
            }
            there = {one["user_id"] for one in walked if one["project_date_id"] in same_project}
            absent = [one["id"] for one in self._world.vomo_users(VOMO) if one["id"] not in there]
            for person in self._some(absent, 2):
                self._world.add_vomo_record(
                    VOMO, "participations", project_date_id=date["id"], user_id=person, hours=self._new_hours()
                )
                self._world.add_vomo_record(VOMO, "completions", form_id=1, user_id=person)
            for one in self._some([one for one in walked if one["project_date_id"] == date["id"]], 2):
                self._world.edit_vomo_record(VOMO, "participations", one["id"], hours=self._new_hours())

    def _new_hours(self) -> float:
        return round(0.25 + 0.01 * next(self._numbers), 2)

    def _some(self, items: list[Row], most: int) -> list[Row]:
        return self._random.sample(items, min(len(items), self._random.randint(0, most)))
