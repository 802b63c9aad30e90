"""What hours and completed forms should be in Virtuous, told from the source alone."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from sync_pipeline.demo.serving import completed_rows, hours_of, note_of, participations, served_rows
from sync_pipeline.demo.sources import vomo_token
from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.demo.worlds import MIDDLE, small_world

TOKEN = vomo_token(MIDDLE)


@pytest.fixture
def world() -> World:
    return small_world(harbor_shelter=20)


def test_hours_say_who_where_when_and_how_long(world: World) -> None:
    served = next(row for row in served_rows(world, TOKEN) if row["hours"])
    assert hours_of(served) == {
        "user": str(served["user_id"]),
        "opportunity": served["project"]["name"],
        "start": served["date"]["starts_at"].replace("+00:00", "Z"),
        "end": served["date"]["ends_at"].replace("+00:00", "Z"),
        "hours": Decimal(str(served["hours"])),
    }


def test_who_did_not_serve_has_no_hours(world: World) -> None:
    idle = [row for row in served_rows(world, TOKEN) if not row["hours"]]
    assert idle
    assert all(hours_of(row) is None for row in idle)


def test_dates_further_ahead_than_two_days_are_not_read(world: World) -> None:
    project = world.vomo_projects(TOKEN)[0]["id"]
    before = len(list(served_rows(world, TOKEN)))
    for days in (1, 3):
        starts = datetime.fromtimestamp(world.clock(), UTC) + timedelta(days=days)
        date = world.add_vomo_record(TOKEN, "project_dates", project_id=project, starts_at=starts.isoformat())
        world.add_vomo_record(TOKEN, "participations", project_date_id=date["id"], user_id=1)
    assert len(list(served_rows(world, TOKEN))) == before + 1


def test_a_note_says_which_form_and_when_and_carries_its_mark(world: World) -> None:
    completion = next(completed_rows(world, TOKEN))
    day = completion["created_at"][:10]
    assert note_of(completion) == {
        "user": str(completion["user_id"]),
        "note": f'Completed the form "{completion["form"]["name"]}" on {day} in VOMO.\n'
        f"[sync:VOMO/completion-{completion['id']}]",
    }


def test_hours_wait_on_the_first_night_only(world: World) -> None:
    shifts = participations()
    shifts.note(served_rows(world, TOKEN))
    missed = next(row for row in shifts.now.values() if not row["hours"])
    world.edit_vomo_record(TOKEN, "participations", missed["id"], hours=2.0)
    shifts.note(served_rows(world, TOKEN))
    assert shifts.waiting_in(0) == shifts.created(0)
    assert (shifts.created(1), shifts.waiting_in(1)) == ({str(missed["id"])}, set())
