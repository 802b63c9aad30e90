"""The VOMO side: pages, filters, oddities, and the changes of a day."""

from typing import Any
from urllib.parse import urlencode

import pytest

from sync_pipeline_tests.sandbox.support import NOON, USERS, VOMO, SandboxClient


def read_all(sandbox: SandboxClient, **filters: str) -> list[dict[str, Any]]:
    url: str | None = f"{USERS}?{urlencode(filters)}"
    rows: list[dict[str, Any]] = []
    while url and url != "null":
        page = sandbox.get(url, VOMO).json()
        rows += page["data"]
        url = page["links"]["next"]
    return rows


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [int(row["id"]) for row in rows]


def plain_world(sandbox: SandboxClient, users: int) -> list[dict[str, Any]]:
    sandbox.world.add_vomo_organization(VOMO, users=users, oddities=False)
    return sandbox.world.vomo_users(VOMO)


def test_an_unknown_token_is_refused_with_a_json_message(sandbox: SandboxClient) -> None:
    answer = sandbox.get(USERS, "nobody")

    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthenticated."})


def test_a_page_has_fifteen_rows_in_laravels_envelope(sandbox: SandboxClient) -> None:
    plain_world(sandbox, 40)

    page = sandbox.get(f"{USERS}?page=3", VOMO).json()

    assert ids(page["data"]) == list(range(31, 41))
    assert page["links"] == {
        "first": f"{sandbox.base_url}{USERS}?page=1",
        "last": f"{sandbox.base_url}{USERS}?page=3",
        "prev": f"{sandbox.base_url}{USERS}?page=2",
        "next": None,
    }
    assert page["meta"] == {
        "current_page": 3,
        "from": 31,
        "last_page": 3,
        "path": f"{sandbox.base_url}{USERS}",
        "per_page": 15,
        "to": 40,
        "total": 40,
    }


def test_an_organization_without_users_lists_one_empty_page(sandbox: SandboxClient) -> None:
    plain_world(sandbox, 0)

    page = sandbox.get(USERS, VOMO).json()

    assert (page["data"], page["links"]["next"]) == ([], None)
    assert (page["meta"]["from"], page["meta"]["total"], page["meta"]["last_page"]) == (None, 0, 1)


@pytest.mark.parametrize("number", ["0", "-1", "x", ""])
def test_a_page_number_that_is_none_means_the_first(sandbox: SandboxClient, number: str) -> None:
    plain_world(sandbox, 20)

    assert sandbox.get(f"{USERS}?page={number}", VOMO).json()["meta"]["current_page"] == 1


def test_following_the_links_reads_every_user_once(sandbox: SandboxClient) -> None:
    users = plain_world(sandbox, 100)

    assert read_all(sandbox) == users


def test_links_carry_the_filters_along(sandbox: SandboxClient) -> None:
    plain_world(sandbox, 40)

    page = sandbox.get(f"{USERS}?updated_after=2024-01-01T00:00:00%2B00:00&email_like=Example", VOMO).json()

    assert page["links"]["next"].endswith(
        "/users?updated_after=2024-01-01T00%3A00%3A00%2B00%3A00&email_like=Example&page=2"
    )


def test_a_user_has_the_fifteen_documented_fields(sandbox: SandboxClient) -> None:
    plain_world(sandbox, 1)

    user = sandbox.get(USERS, VOMO).json()["data"][0]

    assert list(user) == [
        *("type", "id", "first_name", "last_name", "full_name", "email", "address", "phone", "birthday", "gender"),
        *("created_at", "updated_at", "user_status", "membership_status", "membership_role"),
    ]
    assert user["email"].endswith("@example.org")
    assert user["created_at"].endswith("+00:00")


def test_the_detail_adds_participations_and_profile_fields(sandbox: SandboxClient) -> None:
    users = plain_world(sandbox, 3)

    assert sandbox.get(f"{USERS}/2", VOMO).json()["data"] == users[1] | {
        "participations": [],
        "profile_field_values": [],
    }
    assert sandbox.get(f"{USERS}/4", VOMO).status_code == 404
    assert sandbox.get("/vomo/v1/volunteers", VOMO).status_code == 404


@pytest.mark.parametrize("field", ["updated", "created"])
def test_time_filters_include_the_very_moment(sandbox: SandboxClient, field: str) -> None:
    users = plain_world(sandbox, 60)
    moment = sorted(user[f"{field}_at"] for user in users)[30]
    later = [user["id"] for user in users if user[f"{field}_at"] >= moment]
    earlier = [user["id"] for user in users if user[f"{field}_at"] <= moment]

    assert ids(read_all(sandbox, **{f"{field}_after": moment})) == later
    assert ids(read_all(sandbox, **{f"{field}_before": moment})) == earlier
    only = read_all(sandbox, **{f"{field}_after": moment, f"{field}_before": moment})
    assert {row[f"{field}_at"] for row in only} == {moment}


def test_times_may_come_in_any_iso_form(sandbox: SandboxClient) -> None:
    plain_world(sandbox, 30)
    sandbox.world.edit_vomo_user(VOMO, 9, first_name="Zora")

    for text in ("2026-05-28T20:26:40Z", "2026-05-28T20:26:40", "2026-05-28T15:26:40-05:00", "2026-05-28"):
        assert ids(read_all(sandbox, updated_after=text)) == [9]
    unencoded_offset = sandbox.get(f"{USERS}?updated_after=2026-05-28T20:26:40+00:00", VOMO).json()
    assert ids(unencoded_offset["data"]) == [9]
    assert 9 in ids(read_all(sandbox, updated_before="2026-05-28"))


def test_a_time_that_is_none_is_refused_by_name(sandbox: SandboxClient) -> None:
    plain_world(sandbox, 1)

    answer = sandbox.get(f"{USERS}?updated_after=yesterday", VOMO)

    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["updated_after"]


def test_text_filters_match_any_part_whatever_the_case(sandbox: SandboxClient) -> None:
    users = plain_world(sandbox, 60)
    sandbox.world.edit_vomo_user(VOMO, 5, first_name="Quillon")
    sandbox.world.edit_vomo_user(VOMO, 7, last_name="McQuillon")

    assert ids(read_all(sandbox, name_like="qUILL")) == [5, 7]
    assert ids(read_all(sandbox, email_like=users[10]["email"].upper())) == [11]
    assert read_all(sandbox, name_like="qUILL", email_like="nobody@") == []


def test_oddities_confuse_types_but_not_facts(sandbox: SandboxClient) -> None:
    sandbox.world.add_vomo_organization(VOMO, users=200)

    page, rows = sandbox.get(USERS, VOMO).json(), read_all(sandbox)

    assert {type(row["id"]) for row in rows} == {int, str}
    assert ids(rows) == list(range(1, 201))
    assert page["meta"]["total"] == "200"
    assert page["links"]["prev"] == "null"
    assert {row["gender"] for row in rows} == {"M", "F", "N", None}
    assert {row["membership_role"] for row in rows} == {"VOLUNTEER", "ORGANIZER", "ADMIN"}
    assert None in {row["birthday"] for row in rows}
    truth = {user["id"]: user["email"] for user in sandbox.control("GET", f"vomo?token={VOMO}")}
    assert {int(row["id"]): row["email"].lower() for row in rows} == truth


def test_the_same_seed_makes_the_same_people(sandbox: SandboxClient) -> None:
    for token, seed in (("a", 1), ("b", 1), ("c", 2)):
        sandbox.control("POST", "vomo/organizations", {"token": token, "users": 20, "seed": seed})

    assert sandbox.world.vomo_users("a") == sandbox.world.vomo_users("b")
    assert sandbox.world.vomo_users("a") != sandbox.world.vomo_users("c")


def test_users_without_a_last_name_are_made_only_when_asked_for(sandbox: SandboxClient) -> None:
    sandbox.control("POST", "vomo/organizations", {"token": VOMO, "users": 50, "seed": 1, "invalid": 3})

    assert len([row for row in read_all(sandbox) if row["last_name"] is None]) == 3


def test_a_change_touches_the_share_asked_for_and_moves_the_time(sandbox: SandboxClient) -> None:
    before = {user["id"]: user for user in plain_world(sandbox, 200)}

    touched = sandbox.control("POST", f"vomo/change?token={VOMO}&share=0.05&seed=3&add=2&remove=4")

    after = {user["id"]: user for user in sandbox.world.vomo_users(VOMO)}
    assert [len(touched[kind]) for kind in ("changed", "added", "removed")] == [10, 2, 4]
    assert touched["added"] == [201, 202]
    assert touched["updated_at"] == "2026-05-28T20:26:40+00:00"
    assert after.keys() == before.keys() - set(touched["removed"]) | {201, 202}
    assert [one for one in before if one in after and before[one] != after[one]] == touched["changed"]
    assert ids(read_all(sandbox, updated_after=touched["updated_at"])) == [*touched["changed"], 201, 202]


def test_every_change_is_later_than_the_one_before_even_if_the_clock_stands(sandbox: SandboxClient) -> None:
    plain_world(sandbox, 20)
    sandbox.clock.time = NOON + 0.9

    moments = [sandbox.world.change_vomo(VOMO, share=0.1, seed=1)["updated_at"] for _ in range(3)]

    assert moments == [f"2026-05-28T20:26:4{second}+00:00" for second in range(3)]


def test_ids_of_removed_users_are_not_used_again(sandbox: SandboxClient) -> None:
    plain_world(sandbox, 1)
    sandbox.world.change_vomo(VOMO, share=0, remove=1)

    assert sandbox.world.change_vomo(VOMO, share=0, add=1)["added"] == [2]


def test_one_user_can_be_set_to_an_exact_value(sandbox: SandboxClient) -> None:
    plain_world(sandbox, 3)

    sandbox.control("PATCH", f"vomo/users?token={VOMO}&id=2", {"first_name": "Ada", "last_name": "Byron"})

    assert sandbox.get(f"{USERS}/2", VOMO).json()["data"]["full_name"] == "Ada Byron"
    assert sandbox.request("PATCH", f"/sandbox/vomo/users?token={VOMO}&id=9", json={}).status_code == 400
