"""VOMO's projects and their dates: lists, filters, details."""

from datetime import UTC, datetime, timedelta

import pytest

from sync_pipeline_tests.sandbox.support import NOON, VOMO, SandboxClient
from sync_pipeline_tests.sandbox.vomo_support import ids, read_all, read_one, serving_world

TODAY = datetime.fromtimestamp(NOON, UTC)


def test_projects_come_in_pages_and_without_what_only_the_detail_shows(sandbox: SandboxClient) -> None:
    serving_world(sandbox, projects=17)

    rows = read_all(sandbox, "projects")

    assert ids(rows) == list(range(1, 18))
    assert {"name", "project_name", "address", "organization_slug", "anytime", "updated_at"} <= rows[0].keys()
    assert rows[0].keys().isdisjoint({"owners", "all_dates", "next_date"})


def test_the_detail_embeds_all_dates_in_order_of_time_and_the_next_one(sandbox: SandboxClient) -> None:
    serving_world(sandbox)

    project = read_one(sandbox, "projects/2")

    starts = [date["starts_at"] for date in project["all_dates"]]
    assert starts == sorted(starts)
    assert len(starts) == 10
    assert project["next_date"]["starts_at"] == min(moment for moment in starts if moment > TODAY.isoformat())
    assert {date["project_id"] for date in project["all_dates"]} == {2}
    assert project["owners"][0]["project_id"] == 2


def test_dates_lie_in_the_look_back_before_it_and_ahead(sandbox: SandboxClient) -> None:
    serving_world(sandbox)

    days = [
        (datetime.fromisoformat(date["starts_at"]) - TODAY).total_seconds() / 86_400
        for date in sandbox.world.vomo_project_dates(VOMO)
    ]

    assert len([day for day in days if -45 <= day < 0]) == 20
    assert len([day for day in days if day < -45]) == 12
    assert len([day for day in days if 0 < day < 11]) == 8


def test_what_is_not_there_is_not_found(sandbox: SandboxClient) -> None:
    serving_world(sandbox)

    for path in ("projects/9", "projects/x", "projects/date/999", "groups/1", "campaigns/1", "forms/1/completions"):
        assert sandbox.get(f"/vomo/v1/{path}", VOMO).status_code == 404


def test_an_edited_project_is_found_by_its_time_of_change(sandbox: SandboxClient) -> None:
    serving_world(sandbox)
    sandbox.world.edit_vomo_record(VOMO, "projects", 3, name="Soup Kitchen")

    assert ids(read_all(sandbox, "projects", updated_after=TODAY.isoformat())) == [3]
    assert ids(read_all(sandbox, "projects", name_like="soup k")) == [3]


def test_projects_are_filtered_by_the_dates_they_have(sandbox: SandboxClient) -> None:
    serving_world(sandbox, dates_per_project=0, projects=3, anytime=1)
    for project_id, days in ((1, -60), (1, 3), (2, -5)):
        starts_at = (TODAY + timedelta(days=days)).isoformat()
        sandbox.world.add_vomo_record(VOMO, "project_dates", project_id=project_id, starts_at=starts_at)
    look_back = {"dates_after": (TODAY - timedelta(days=45)).isoformat()}

    assert ids(read_all(sandbox, "projects", **look_back)) == [1, 2]
    assert ids(read_all(sandbox, "projects", **look_back, dates_before=TODAY.isoformat())) == [2]
    assert ids(read_all(sandbox, "projects", dates_before=TODAY.date().isoformat())) == [1, 2]
    assert ids(read_all(sandbox, "projects", active="1")) == [1, 3]
    assert ids(read_all(sandbox, "projects", active="false")) == [2]
    assert ids(read_all(sandbox, "projects", anytime="1")) == [3]


def test_projects_are_filtered_by_publication_and_organization(sandbox: SandboxClient) -> None:
    serving_world(sandbox, projects=6, drafts=2, children=2)
    slugs = [organization["slug"] for organization in read_all(sandbox, "organizations")]
    by_slug = {slug: ids(read_all(sandbox, "projects", org_slug=slug)) for slug in slugs}

    assert ids(read_all(sandbox, "projects", published="true")) == [3, 4, 5, 6]
    assert ids(read_all(sandbox, "projects", published="0")) == [1, 2]
    assert sorted(one for found in by_slug.values() for one in found) == [1, 2, 3, 4, 5, 6]
    assert all(by_slug.values())
    assert ids(read_all(sandbox, "projects", org_slug=f"{slugs[0]},{slugs[1]}")) == sorted(
        by_slug[slugs[0]] + by_slug[slugs[1]]
    )


@pytest.mark.parametrize("asked", ["active=perhaps", "dates_after=soon", "updated_after=1"])
def test_a_filter_that_is_none_is_refused_by_name(sandbox: SandboxClient, asked: str) -> None:
    serving_world(sandbox)

    answer = sandbox.get(f"/vomo/v1/projects?{asked}", VOMO)

    assert (answer.status_code, list(answer.json()["errors"])) == (422, [asked.partition("=")[0]])


def test_todays_dates_are_those_of_the_projects_own_day(sandbox: SandboxClient) -> None:
    serving_world(sandbox, projects=1, dates_per_project=0)
    address = sandbox.world.vomo_projects(VOMO)[0]["address"] | {"timezone": "America/Chicago"}
    sandbox.world.edit_vomo_record(VOMO, "projects", 1, address=address)
    for starts_at in ("2026-05-29T02:00:00+00:00", "2026-05-28T15:00:00+00:00", "2026-05-28T02:00:00+00:00"):
        sandbox.world.add_vomo_record(VOMO, "project_dates", project_id=1, starts_at=starts_at)

    rows = read_all(sandbox, "projects/today")

    assert ids(rows) == [1, 2]
    assert "project_name" not in rows[0]


def test_one_date_names_its_project_and_lists_who_takes_part(sandbox: SandboxClient) -> None:
    serving_world(sandbox)

    date = read_one(sandbox, "projects/date/11")

    assert date["project_name"] == read_one(sandbox, f"projects/{date['project_id']}")["name"]
    assert date["participants"] == [
        one for one in sandbox.world.vomo_participations(VOMO) if one["project_date_id"] == 11
    ]
    assert len(date["participants"]) == 6


def test_page_faults_reach_the_other_lists(sandbox: SandboxClient) -> None:
    serving_world(sandbox)
    sandbox.control("POST", "faults", {"side": "vomo", "kind": "missing_rows", "path": "/vomo/v1/projects"})

    assert ids(read_all(sandbox, "projects")) == [1, 3]
    assert sandbox.books(VOMO)["requests"] == {"GET /vomo/v1/projects": 1}
