"""Hours are recorded once per participation, corrected in place, and removed when the participation is."""

from typing import Any

import pytest

from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, VIRTUOUS, VOMO, Deployment
from sync_pipeline_tests.end_to_end.kinds import (
    CORRECTION,
    HOURS,
    OPPORTUNITY,
    REMOVAL,
    SIGN_UP,
    assert_hours_delivered,
    assert_nothing_twice,
    morning,
    nights_until_delivered,
    served,
)

VOLUNTEERS = "/api/VolunteerOpportunity"
PARTICIPATIONS = "participations"


def settled(deployment: Deployment) -> Deployment:
    """People, projects and hours are in Virtuous; gifts and notes are left out."""
    deployment.configure(streams={"donations": None, "completions": None})
    deployment.night()
    morning(deployment)
    assert deployment.night().code == 0
    return deployment


def recent(deployment: Deployment) -> list[dict[str, Any]]:
    """Served participations of dates that a night still walks."""
    walked = {one["id"] for one in deployment.world.vomo_project_dates(VOMO) if one["starts_at"] >= "2026-02-01"}
    return [one for one in served(deployment) if one["project_date_id"] in walked]


def test_corrected_hours_replace_the_old_ones(kinds: Deployment) -> None:
    settled(kinds)
    first, second = recent(kinds)[:2]
    kinds.world.edit_vomo_record(VOMO, PARTICIPATIONS, first["id"], hours=6.75)
    kinds.world.edit_vomo_record(VOMO, PARTICIPATIONS, second["id"], hours=0.5)
    night = kinds.night()
    assert (night.code, night.report.updates, night.report.requests[CORRECTION]) == (0, 2, 2)
    assert HOURS not in night.report.requests
    assert_hours_delivered(kinds)
    assert kinds.night().report.total_changes == 0
    assert_nothing_twice(kinds)


def test_the_same_hours_spelled_otherwise_change_nothing(kinds: Deployment) -> None:
    settled(kinds)
    for one in recent(kinds)[:3]:
        kinds.world.edit_vomo_record(VOMO, PARTICIPATIONS, one["id"], verified=not one["verified"])
    assert kinds.night().report.total_changes == 0


def test_a_removed_participation_takes_its_hours_away(kinds: Deployment) -> None:
    settled(kinds)
    gone = recent(kinds)[0]["id"]
    kinds.world.remove_vomo_record(VOMO, PARTICIPATIONS, gone)
    night = kinds.night()
    assert (night.code, night.report.deletes, night.report.requests[REMOVAL]) == (0, 1, 1)
    assert_hours_delivered(kinds)
    assert kinds.night().report.total_changes == 0


def test_hours_set_back_to_nothing_are_removed_and_come_back_as_new_ones(kinds: Deployment) -> None:
    settled(kinds)
    one = recent(kinds)[0]
    kinds.world.edit_vomo_record(VOMO, PARTICIPATIONS, one["id"], hours=0)
    assert kinds.night().report.deletes == 1
    kinds.world.edit_vomo_record(VOMO, PARTICIPATIONS, one["id"], hours=2.5)
    night = kinds.night()
    assert (night.code, night.report.requests[HOURS]) == (0, 1)
    assert_hours_delivered(kinds)
    assert_nothing_twice(kinds)


def in_doubt(deployment: Deployment, method: str) -> None:
    """A night whose last call about hours took effect without an answer, which nobody could look for."""
    deployment.world.add_fault(side="virtuous", kind="cut_after", method=method, path=VOLUNTEERS)
    deployment.world.add_fault(side="virtuous", kind="status_before", status=503, method="GET", path=VOLUNTEERS)
    deployment.night()
    assert deployment.ledger()["sending"] == 1
    deployment.world.clear_faults()


def test_hours_corrected_while_they_are_in_doubt_are_recorded_once(kinds: Deployment) -> None:
    settled(kinds)
    one = recent(kinds)[0]
    kinds.world.edit_vomo_record(VOMO, PARTICIPATIONS, one["id"], hours=0)
    kinds.night()
    kinds.world.edit_vomo_record(VOMO, PARTICIPATIONS, one["id"], hours=2.5)
    in_doubt(kinds, "POST")
    kinds.world.edit_vomo_record(VOMO, PARTICIPATIONS, one["id"], hours=3.5)
    night = kinds.night()
    assert (night.code, night.report.requests[CORRECTION]) == (0, 1)
    assert HOURS not in night.report.requests
    assert_hours_delivered(kinds)
    assert_nothing_twice(kinds)


def test_hours_that_come_back_while_their_removal_is_in_doubt_are_new_ones(kinds: Deployment) -> None:
    settled(kinds)
    one = recent(kinds)[0]
    kinds.world.edit_vomo_record(VOMO, PARTICIPATIONS, one["id"], hours=0)
    in_doubt(kinds, "DELETE")
    kinds.world.edit_vomo_record(VOMO, PARTICIPATIONS, one["id"], hours=3.5)
    night = kinds.night()
    assert (night.code, night.report.requests[HOURS]) == (0, 1)
    assert_hours_delivered(kinds)
    assert_nothing_twice(kinds)


def test_removed_participations_are_left_alone_where_the_customer_says_so(kinds: Deployment) -> None:
    kinds.configure(streams={"participations": {"on_delete": "ignore"}})
    settled(kinds)
    hours = len(kinds.world.attendances(VIRTUOUS))
    kinds.world.remove_vomo_record(VOMO, PARTICIPATIONS, recent(kinds)[0]["id"])
    assert kinds.night().report.total_changes == 0
    assert len(kinds.world.attendances(VIRTUOUS)) == hours


def test_hours_of_dates_that_are_no_longer_walked_stay(kinds: Deployment) -> None:
    settled(kinds)
    dates = {date["id"]: date["starts_at"] for date in kinds.world.vomo_project_dates(VOMO)}
    oldest = min(served(kinds), key=lambda one: dates[one["project_date_id"]])
    assert oldest not in recent(kinds)
    kinds.world.remove_vomo_record(VOMO, PARTICIPATIONS, oldest["id"])
    assert kinds.night().report.total_changes == 0


def test_hours_already_removed_by_staff_count_as_removed(kinds: Deployment) -> None:
    settled(kinds)
    kinds.world.remove_vomo_record(VOMO, PARTICIPATIONS, recent(kinds)[0]["id"])
    kinds.world.add_fault(side="virtuous", kind="status_before", status=404, method="DELETE", path=VOLUNTEERS)
    night = kinds.night()
    assert (night.code, night.report.successes, night.report.failures) == (0, 1, 0)


def test_hours_that_staff_removed_are_not_written_again(kinds: Deployment) -> None:
    settled(kinds)
    one = recent(kinds)[0]
    with kinds.world.lock:
        for volunteer in kinds.world.virtuous[VIRTUOUS].volunteers.volunteers():
            volunteer.attendances.clear()
    kinds.world.edit_vomo_record(VOMO, PARTICIPATIONS, one["id"], hours=7.0)
    night = kinds.night()
    assert (night.code, night.report.failures) == (5, 1)
    assert "by hand" in night.report.failure_details[0]["reason"]
    assert kinds.world.attendances(VIRTUOUS) == []


def test_an_opportunity_of_the_same_name_is_taken_and_left_as_staff_have_it(kinds: Deployment) -> None:
    project = kinds.world.vomo_projects(VOMO)[0]
    with kinds.world.lock:
        volunteers = kinds.world.virtuous[VIRTUOUS].volunteers
        volunteers.offer({"name": project["name"].upper(), "city": "Staffville"}, kinds.world.clock())
    settled(kinds)
    named = [one for one in kinds.world.opportunities(VIRTUOUS) if one["name"].lower() == project["name"].lower()]
    assert [one["city"] for one in named] == ["Staffville"]
    assert kinds.books()["requests"][OPPORTUNITY] == len(kinds.world.vomo_projects(VOMO)) - 1
    assert_hours_delivered(kinds)


def test_a_renamed_project_renames_its_opportunity(kinds: Deployment) -> None:
    settled(kinds)
    project = kinds.world.vomo_projects(VOMO)[0]
    kinds.world.edit_vomo_record(VOMO, "projects", project["id"], name="Another Name", project_name="Another Name")
    night = kinds.night()
    assert (night.code, night.report.updates) == (0, 1)
    names = [one["name"] for one in kinds.world.opportunities(VIRTUOUS)]
    assert ("Another Name" in names, project["name"] in names) == (True, False)
    assert len(names) == len(kinds.world.vomo_projects(VOMO))


def test_two_projects_of_one_name_are_two_opportunities(kinds: Deployment) -> None:
    first, second = kinds.world.vomo_projects(VOMO)[:2]
    kinds.world.edit_vomo_record(VOMO, "projects", second["id"], name=first["name"], project_name=first["name"])
    settled(kinds)
    assert len(kinds.world.opportunities(VIRTUOUS)) == len(kinds.world.vomo_projects(VOMO))
    assert_hours_delivered(kinds)


@pytest.mark.parametrize(
    "kind",
    [
        "cut_after",
        "cut_before",
        *(pytest.param(kind, marks=pytest.mark.fleet) for kind in ("status_after", "malformed")),
    ],
)
def test_calls_without_an_answer_are_looked_for_before_they_are_made_again(kinds: Deployment, kind: str) -> None:
    """Every third call that makes an opportunity, a sign-up or hours goes wrong."""
    kinds.configure(streams={"donations": None, "completions": None})
    kinds.world.add_fault(side="virtuous", kind=kind, method="POST", path=VOLUNTEERS, every=3)
    nights_until_delivered(kinds, 12)
    kinds.world.clear_faults()
    while kinds.night().code:
        pass
    assert_nothing_twice(kinds)
    assert_hours_delivered(kinds)
    assert kinds.books()["requests"][SIGN_UP] < 3 * len(served(kinds))


def test_hours_go_to_the_person_of_a_household_who_gave_them(kinds: Deployment) -> None:
    """An import merged a volunteer into a household that is known under somebody else."""
    kinds.configure(streams={"donations": None, "completions": None})
    kinds.night()
    morning(kinds)
    person = served(kinds)[0]["user_id"]
    household = kinds.world.contact_ids(VIRTUOUS)[f"VOMO/{person}"]
    kinds.world.add_individual(VIRTUOUS, household, "Somebody", "Else")
    assert kinds.night().code == 0
    theirs = [one for one in kinds.world.attendances(VIRTUOUS) if one["contactId"] == household]
    assert {one["contactIndividualId"] for one in theirs} == {household * 10 + 1}
    assert_hours_delivered(kinds)


def test_hours_of_somebody_who_cannot_be_told_from_others_wait_until_the_names_are_mended(kinds: Deployment) -> None:
    kinds.configure(streams={"donations": None, "completions": None})
    kinds.night()
    morning(kinds)
    person = served(kinds)[0]["user_id"]
    contact = kinds.world.contact_ids(VIRTUOUS)[f"VOMO/{person}"]
    kinds.world.add_individual(VIRTUOUS, contact, "Somebody", "Else")
    kinds.world.edit_contact(VIRTUOUS, contact, firstName="Quite", lastName="Different", email="other@example.org")
    assert kinds.night().code == 3
    (group,) = kinds.workplace.state.waiting_groups(CUSTOMER)
    assert (group.kind, group.waits_for, group.examples) == ("attendance", "individual", (f"individual VOMO/{person}",))
    assert contact not in {one["contactId"] for one in kinds.world.attendances(VIRTUOUS)}
    user = next(one for one in kinds.world.vomo_users(VOMO) if one["id"] == person)
    kinds.world.edit_contact(VIRTUOUS, contact, firstName=user["first_name"], lastName=user["last_name"])
    assert kinds.night().code == 0
    assert_hours_delivered(kinds)
