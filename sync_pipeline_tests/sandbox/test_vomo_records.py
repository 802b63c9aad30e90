"""VOMO's forms, groups and the rest, and how a test changes one record."""

from typing import Any

import pytest

from sync_pipeline_tests.sandbox.support import NOON, VOMO, SandboxClient
from sync_pipeline_tests.sandbox.vomo_support import ids, read_all, read_one, serving_world

RIGHT_NOW = "2026-05-28T20:26:40+00:00"


def project_times(sandbox: SandboxClient) -> dict[int, str]:
    return {project["id"]: project["updated_at"] for project in sandbox.world.vomo_projects(VOMO)}


def test_completions_are_listed_per_form_and_filtered(sandbox: SandboxClient) -> None:
    serving_world(sandbox, forms=2, completions=40)
    truth = [one for one in sandbox.world.vomo_completions(VOMO) if one["form_id"] == 2]
    user_id, middle = truth[3]["user_id"], sorted(one["created_at"] for one in truth)[10]

    assert read_all(sandbox, "forms/2/completions") == truth
    assert ids(read_all(sandbox, "forms/2/completions", user_id=str(user_id))) == [
        one["id"] for one in truth if one["user_id"] == user_id
    ]
    assert len(read_all(sandbox, "forms/2/completions", created_before=middle)) == 11
    assert sandbox.get("/vomo/v1/forms/2/completions?user_id=x", VOMO).status_code == 422


def test_a_completion_is_found_under_its_own_form_only(sandbox: SandboxClient) -> None:
    serving_world(sandbox, forms=2, completions=4)
    completion = sandbox.world.vomo_completions(VOMO)[0]
    own, other = completion["form_id"], 3 - completion["form_id"]

    assert read_one(sandbox, f"forms/{own}/completions/1") == completion
    assert sandbox.get(f"/vomo/v1/forms/{other}/completions/1", VOMO).status_code == 404
    fields = {form["id"]: ids(form["fields"]) for form in read_all(sandbox, "forms")}
    assert [answer["field_id"] for answer in completion["field_responses"]] == fields[own]


def test_some_completions_belong_to_a_participation_of_their_user(sandbox: SandboxClient) -> None:
    serving_world(sandbox, forms=1, completions=10)
    participations = {one["id"]: one for one in sandbox.world.vomo_participations(VOMO)}
    tied = [one for one in sandbox.world.vomo_completions(VOMO) if one["participation_id"]]

    assert len(tied) == 5
    assert all(participations[one["participation_id"]]["user_id"] == one["user_id"] for one in tied)


def test_groups_have_parents_and_members(sandbox: SandboxClient) -> None:
    serving_world(sandbox, groups=3)
    members = next(group for group in sandbox.world.vomo_records(VOMO, "groups") if group["id"] == 2)["members"]
    sandbox.world.vomo[VOMO].users.remove(members[0])

    assert ids(read_all(sandbox, "groups")) == [1, 2, 3]
    assert ids(read_all(sandbox, "groups", parent_id="2")) == [3]
    assert ids(read_all(sandbox, "groups", parent_id="")) == [1, 2]
    assert "members" not in read_one(sandbox, "groups/2")
    assert ids(read_all(sandbox, "groups/2/members")) == members[1:]
    assert sandbox.get("/vomo/v1/groups/7/members", VOMO).status_code == 404


def test_an_organization_knows_its_parent_and_children(sandbox: SandboxClient) -> None:
    serving_world(sandbox, children=2, campaigns=2, certificates=3)

    own, child = read_one(sandbox, "organizations/1"), read_one(sandbox, "organizations/2")

    assert (own["parent"], ids(own["children"])) == (None, [2, 3])
    assert (child["parent"]["slug"], child["children"]) == (own["slug"], [])
    assert ids(read_all(sandbox, "campaigns")) == [1, 2]
    assert read_one(sandbox, "campaigns/2")["organization_slug"] == own["slug"]
    assert ids(read_all(sandbox, "certificates")) == [1, 2, 3]


def test_profile_fields_are_shown_where_the_organization_has_some(sandbox: SandboxClient) -> None:
    serving_world(sandbox, profile_fields=2)

    values = [read_one(sandbox, f"users/{user}")["profile_field_values"] for user in range(1, 31)]

    assert {value["name"] for one in values for value in one} == {"T-shirt size", "Emergency contact"}
    assert values == [read_one(sandbox, f"users/{user}")["profile_field_values"] for user in range(1, 31)]


def test_a_project_can_be_added_edited_and_removed_with_all_that_hangs_on_it(sandbox: SandboxClient) -> None:
    serving_world(sandbox)

    added = sandbox.control("POST", f"vomo/projects?token={VOMO}", {"name": "Soup Kitchen"})
    sandbox.control("PATCH", f"vomo/projects?token={VOMO}&id=1", {"name": "Book Drive"})
    removed = sandbox.control("DELETE", f"vomo/projects?token={VOMO}&id=2")

    assert (added["id"], added["created_at"], added["updated_at"]) == (5, RIGHT_NOW, RIGHT_NOW)
    assert [project["name"] for project in read_all(sandbox, "projects", updated_after=RIGHT_NOW)] == [
        "Book Drive",
        "Soup Kitchen",
    ]
    assert ids(read_all(sandbox, "projects")) == [1, 3, 4, 5]
    assert [len(removed[kind]) for kind in ("projects", "project_dates", "participations")] == [1, 10, 60]
    assert {one["project_id"] for one in sandbox.world.vomo_participations(VOMO)} == {1, 3, 4}
    assert sandbox.control("POST", f"vomo/projects?token={VOMO}", {})["id"] == 6


def test_a_new_date_moves_its_project_but_a_changed_or_cancelled_one_does_not(sandbox: SandboxClient) -> None:
    serving_world(sandbox)
    before = project_times(sandbox)

    date = sandbox.world.add_vomo_record(VOMO, "project_dates", project_id=2)
    sandbox.world.edit_vomo_record(VOMO, "project_dates", 1, ends_at="2026-06-01T20:00:00+00:00")
    sandbox.world.remove_vomo_record(VOMO, "project_dates", 2)

    assert (date["starts_at"], date["ends_at"]) == ("2026-05-29T20:26:40+00:00", "2026-05-29T22:26:40+00:00")
    assert project_times(sandbox) == before | {2: RIGHT_NOW}


def test_a_completion_can_be_added_edited_and_removed(sandbox: SandboxClient) -> None:
    serving_world(sandbox, forms=1, completions=3)
    users = sandbox.world.vomo_users(VOMO)

    added = sandbox.world.add_vomo_record(VOMO, "completions", form_id=1, user_id=4)
    edited = sandbox.world.edit_vomo_record(VOMO, "completions", 2, project_id=3)
    sandbox.world.remove_vomo_record(VOMO, "completions", 1)

    assert (added["id"], added["created_at"]) == (4, RIGHT_NOW)
    assert edited["updated_at"] > added["updated_at"]
    assert ids(read_all(sandbox, "forms/1/completions")) == [2, 3, 4]
    assert sandbox.world.vomo_users(VOMO) == users


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "projects", {"colour": "red"}),
        ("PATCH", "projects", {"id": 7}),
        ("POST", "participations", {"project_date_id": 999, "user_id": 1}),
        ("POST", "participations", {"user_id": 1}),
        ("POST", "groups", {"name": "Night Shift"}),
        ("PATCH", "shifts", {}),
        ("DELETE", "completions", None),
    ],
)
def test_a_change_that_cannot_be_is_refused(sandbox: SandboxClient, method: str, path: str, body: Any) -> None:
    serving_world(sandbox)

    answer = sandbox.request(method, f"/sandbox/vomo/{path}?token={VOMO}&id=1", json=body)

    assert answer.status_code == 400
    assert sandbox.request("GET", "/sandbox/vomo/projects?token=nobody").status_code == 404


def test_every_change_is_later_than_the_one_before_even_if_the_clock_stands(sandbox: SandboxClient) -> None:
    serving_world(sandbox)
    sandbox.clock.time = NOON + 0.9

    moments = [sandbox.world.edit_vomo_record(VOMO, "projects", 1, name=name)["updated_at"] for name in "abc"]

    assert moments == [f"2026-05-28T20:26:4{second}+00:00" for second in range(3)]


def test_the_books_count_what_there_is(sandbox: SandboxClient) -> None:
    serving_world(sandbox, groups=2)
    read_one(sandbox, "projects/date/3")

    books = sandbox.books(VOMO)

    assert books["requests"] == {"GET /vomo/v1/projects/date/{id}": 1}
    assert [books[kind] for kind in ("users", "projects", "participations", "groups")] == [30, 4, 240, 2]
