"""Who serves where, for how long; what its changes move, and what not."""

from collections import Counter

from sync_pipeline_tests.sandbox.support import VOMO, SandboxClient
from sync_pipeline_tests.sandbox.vomo_support import ids, read_all, read_one, serving_world


def test_walking_users_finds_the_same_participations_as_walking_dates(sandbox: SandboxClient) -> None:
    serving_world(sandbox)

    by_user = [one for user in range(1, 31) for one in read_one(sandbox, f"users/{user}")["participations"]]
    by_date = [one for date in range(1, 41) for one in read_one(sandbox, f"projects/date/{date}")["participants"]]

    truth = sandbox.control("GET", f"vomo/participations?token={VOMO}")
    assert sorted(by_user, key=lambda one: one["id"]) == by_date == truth
    assert len(truth) == 240


def test_a_person_can_hold_two_needs_on_one_date_and_an_item_has_no_hours(sandbox: SandboxClient) -> None:
    serving_world(sandbox)
    rows = sandbox.world.vomo_participations(VOMO)

    together = Counter((one["project_date_id"], one["user_id"]) for one in rows)
    with_role = Counter((one["project_date_id"], one["user_id"], one["role"]) for one in rows)

    assert max(together.values()) == 2
    assert set(with_role.values()) == {1}
    assert {one["hours"] for one in rows if one["need"]["type"] == "item"} == {None}


def test_hours_exist_only_for_past_dates_and_not_for_everybody(sandbox: SandboxClient) -> None:
    serving_world(sandbox)
    ended = {
        date["id"]: date["ends_at"] < "2026-05-28T20:26:40+00:00" for date in sandbox.world.vomo_project_dates(VOMO)
    }
    roles = [one for one in sandbox.world.vomo_participations(VOMO) if one["need"]["type"] == "role"]

    assert all(ended[one["project_date_id"]] for one in roles if one["hours"])
    assert {one["hours"] is None for one in roles if ended[one["project_date_id"]]} == {True, False}
    assert {one["verified"] for one in roles} == {True, False}
    assert all(one["checked_in_at"] for one in roles if one["checked_out_at"])
    assert all(one["signed_up_at"] < "2026-05-28T20:26:40+00:00" for one in roles)


def test_hours_can_be_corrected_without_moving_anybodys_time(sandbox: SandboxClient) -> None:
    serving_world(sandbox)
    before = (read_all(sandbox, "users"), read_all(sandbox, "projects"), sandbox.world.vomo_project_dates(VOMO))

    sandbox.control("PATCH", f"vomo/participations?token={VOMO}&id=8", {"hours": 7.25, "verified": True})
    added = sandbox.control("POST", f"vomo/participations?token={VOMO}", {"project_date_id": 2, "user_id": 5})
    removed = sandbox.control("DELETE", f"vomo/participations?token={VOMO}&id=9")

    participants = {one["id"]: one for one in read_one(sandbox, "projects/date/2")["participants"]}
    assert (participants[8]["hours"], participants[8]["verified"]) == (7.25, True)
    assert participants[added["id"]] == added
    assert (added["id"], added["hours"], added["project_id"]) == (241, None, 1)
    assert removed == {"participations": [9]}
    assert 9 not in participants
    assert before == (read_all(sandbox, "users"), read_all(sandbox, "projects"), sandbox.world.vomo_project_dates(VOMO))


def test_a_participation_can_move_to_another_date(sandbox: SandboxClient) -> None:
    serving_world(sandbox)
    sandbox.world.edit_vomo_record(VOMO, "participations", 1, project_date_id=3)

    assert 1 not in ids(read_one(sandbox, "projects/date/1")["participants"])
    assert 1 in ids(read_one(sandbox, "projects/date/3")["participants"])


def test_an_organization_can_show_participations_without_ids(sandbox: SandboxClient) -> None:
    serving_world(sandbox, participation_ids=False)

    shown = read_one(sandbox, "projects/date/1")["participants"] + read_one(sandbox, "users/1")["participations"]

    assert shown
    assert all("id" not in one for one in shown)
    assert ids(sandbox.world.vomo_participations(VOMO)) == list(range(1, 241))


def test_oddities_confuse_types_but_not_facts(sandbox: SandboxClient) -> None:
    serving_world(sandbox, oddities=True)

    shown = [one for date in range(1, 41) for one in read_one(sandbox, f"projects/date/{date}")["participants"]]

    assert {type(one["id"]) for one in shown} == {type(one["user_id"]) for one in shown} == {int, str}
    assert {one["verified"] for one in shown} == {0, 1}
    hours = [one["hours"] for one in shown if one["hours"] is not None]
    assert all(len(text.partition(".")[2]) == 2 for text in hours)
    assert shown[0]["signed_up_at"].endswith(".000000Z")
    truth = sandbox.world.vomo_participations(VOMO)
    assert ids(shown) == ids(truth)
    assert [float(text) for text in hours] == [one["hours"] for one in truth if one["hours"] is not None]


def test_times_come_in_three_styles(sandbox: SandboxClient) -> None:
    serving_world(sandbox, oddities=True)

    project = read_one(sandbox, "projects/3")

    assert project["updated_at"].endswith("+00:00")
    assert project["next_date"]["starts_at"].endswith(".000000Z")
    assert " " in project["owners"][0]["created_at"]
    assert (project["anytime"], project["draft"]) == (0, False)


def test_the_same_seed_makes_the_same_schedule_and_other_users_stay_the_same(sandbox: SandboxClient) -> None:
    for token, seed, projects in (("a", 1, 3), ("b", 1, 3), ("c", 2, 3), ("d", 1, 0)):
        sizes = {"projects": projects, "dates_per_project": 4, "participations_per_date": 5}
        sandbox.control("POST", "vomo/organizations", {"token": token, "users": 20, "seed": seed, **sizes})
    world = sandbox.world

    assert world.vomo_participations("a") == world.vomo_participations("b") != world.vomo_participations("c")
    assert world.vomo_users("a") == world.vomo_users("d")
    assert world.vomo_participations("d") == []
