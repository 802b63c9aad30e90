"""What several streams and several nights have to say of one person travels in as few requests as it takes."""

from typing import Any

import pytest

from sync_pipeline_tests.end_to_end.deployment import (
    BATCH,
    SINGLE,
    VIRTUOUS,
    VOMO,
    Deployment,
    night_of_an_outage,
    write_yaml,
)
from sync_pipeline_tests.end_to_end.expectations import assert_delivered

CONTACT = "/api/Contact"
PERSON = {"firstName": "trim(first_name)", "lastName": "trim(last_name)"}
MORE = {**PERSON, "title": "initcap(trim(membership_role))"}


def second_stream(deployment: Deployment, fields: dict[str, str], **destination: Any) -> None:
    """The same people once more, under the same references, with other fields."""
    recipe = {
        "recipe": "more",
        "writes": "contact",
        "reference": "trim(id)",
        "fields": fields,
        "tags": ["'VOMO: More'"],
    }
    write_yaml(deployment.folder / "more.yaml", recipe)
    deployment.configure(
        streams={"more": {"source": "vomo", "stream": "users", "recipe": str(deployment.folder / "more.yaml")}},
        destination=destination,
    )


def contact(deployment: Deployment, user_id: int) -> dict[str, Any]:
    return deployment.world.contacts(VIRTUOUS)[f"VOMO/{user_id}"]


def test_two_streams_of_the_same_people_take_no_more_requests_than_one(deployment_on: Deployment) -> None:
    second_stream(deployment_on, MORE)
    night = deployment_on.night()
    assert (night.code, night.report.successes, night.report.requests[BATCH]) == (0, 80, 1)
    assert_delivered(deployment_on.world, VIRTUOUS, VOMO)
    contacts = deployment_on.world.contacts(VIRTUOUS).values()
    assert {one["title"] for one in contacts} <= {"Admin", "Volunteer", "Organizer"}
    assert all("VOMO: More" in one["tags"] for one in contacts)
    assert deployment_on.night().report.total_changes == 0


def test_changes_of_several_nights_without_virtuous_travel_together(
    deployment: Deployment, nobody_listens: str
) -> None:
    second_stream(deployment, MORE)
    deployment.night()
    for role in ("ADMIN", "ORGANIZER", "ADMIN"):
        for user_id in range(1, 11):
            deployment.world.edit_vomo_user(VOMO, user_id, membership_role=role, phone=f"555 {role}")
        assert night_of_an_outage(deployment, nobody_listens).code == 3
    before = deployment.books()["requests"][BATCH]
    assert deployment.night().code == 0
    assert deployment.books()["requests"][BATCH] == before + 1
    assert_delivered(deployment.world, VIRTUOUS, VOMO)
    assert (contact(deployment, 3)["title"], contact(deployment, 3)["phone"]) == ("Admin", "555 ADMIN")


def test_a_refused_row_of_two_streams_is_taken_apart_and_only_the_bad_part_is_a_dead_letter(
    deployment: Deployment,
) -> None:
    second_stream(deployment, {**MORE, "eventId": "case when trim(id) = '3' then 'spring' end"})
    night = deployment.night()
    assert (night.code, night.report.failures, night.report.successes) == (5, 1, 79)
    (letter,) = night.report.failure_details
    assert (letter["stream"], letter["key"]) == ("more", "3")
    assert "eventId" in letter["reason"]
    assert_delivered(deployment.world, VIRTUOUS, VOMO)
    assert "VOMO: More" not in contact(deployment, 3)["tags"]


@pytest.mark.parametrize("rows", [1, 100])
@pytest.mark.parametrize("fault", [None, "cut_before", "cut_after"])
def test_a_part_that_virtuous_does_not_take_holds_nothing_else_of_the_person_back(
    deployment: Deployment, rows: int, fault: str | None
) -> None:
    """Birth and gender are a group of their own: a word the organization does not know costs no e-mail."""
    deployment.configure(destination={"batch": {"max": rows}})
    deployment.world.change_organization(VIRTUOUS, genders=["Male"])
    female = {user["id"] for user in deployment.world.vomo_users(VOMO) if user["gender"] == "F"}
    if fault is not None:
        deployment.world.add_fault(side="virtuous", path=CONTACT, kind=fault, times=1)
    night = deployment.night()
    assert (night.code, night.report.failures) == (5, len(female))
    assert {letter["reason"] for letter in night.report.failure_details} == {"400 VALIDATION_FAILED: gender (UNKNOWN)"}
    deployment.world.run_import(VIRTUOUS)
    for user in deployment.world.vomo_users(VOMO):
        found = contact(deployment, user["id"])
        assert (found["email"], found["tags"]) == (
            user["email"].lower(),
            [f"VOMO: {user['membership_role'].capitalize()}"],
        )
        assert ("gender" in found) == (user["gender"] == "M")
    before = deployment.writes()
    assert (deployment.night().code, deployment.writes()) == (5, before)


def test_a_part_that_is_corrected_takes_the_place_of_its_dead_letter(deployment: Deployment) -> None:
    deployment.world.change_organization(VIRTUOUS, genders=["Male"])
    for user in deployment.world.vomo_users(VOMO):
        deployment.world.edit_vomo_user(VOMO, user["id"], gender="F" if user["id"] == 3 else "M")
    assert deployment.night().report.failures == 1
    deployment.world.edit_vomo_user(VOMO, 3, gender="M")
    assert deployment.night().code == 0
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_two_addresses_of_one_person_are_sent_one_after_the_other(deployment: Deployment) -> None:
    """Which of two e-mails a transaction leaves there is nowhere said: the order of the changes decides."""
    second_stream(deployment, {**PERSON, "email": "lower(trim(email)) || '.example.org'"})
    night = deployment.night()
    assert (night.code, night.report.successes, night.report.requests[BATCH]) == (0, 80, 2)
    assert_delivered(deployment.world, VIRTUOUS, VOMO)  # the stream `users` was read after `more`


@pytest.mark.parametrize("fault", [{"kind": "cut_after"}, {"kind": "status_after"}, {"kind": "cut_before"}])
@pytest.mark.parametrize("rows", [1, pytest.param(7, marks=pytest.mark.fleet), 100])
def test_a_coalesced_batch_without_an_answer_is_sent_again_as_it_was(
    deployment: Deployment, fault: dict[str, Any], rows: int
) -> None:
    second_stream(deployment, MORE, batch={"max": rows})
    deployment.world.add_fault(side="virtuous", path=CONTACT, times=1, **fault)
    night = deployment.night()
    assert (night.code, night.report.successes) == (0, 80)
    assert night.report.requests[BATCH if rows > 1 else SINGLE] == -(-40 // rows) + 1
    assert_delivered(deployment.world, VIRTUOUS, VOMO)
