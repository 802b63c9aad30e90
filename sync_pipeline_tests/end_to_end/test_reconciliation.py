"""What Virtuous accepted is confirmed by reading it back; what differs is told by whose it is, ours is corrected."""

from typing import Any

import pytest

from sync_pipeline.domain.dead_letters import LetterFilter
from sync_pipeline_tests.end_to_end.deployment import BATCH, CUSTOMER, SINGLE, VIRTUOUS, VOMO, Deployment
from sync_pipeline_tests.end_to_end.expectations import assert_delivered
from sync_pipeline_tests.end_to_end.kinds import morning

QUERY = "POST /api/Contact/Query/FullContact"


@pytest.fixture
def confirmed(deployment: Deployment) -> Deployment:
    """Forty users, imported and confirmed."""
    deployment.night()
    morning(deployment)
    night = deployment.reconciliation()
    assert (night.code, deployment.ledger()) == (0, {"confirmed": 40})
    return deployment


def contact_id(deployment: Deployment, user_id: int) -> int:
    return deployment.world.contact_ids(VIRTUOUS)[f"VOMO/{user_id}"]


def fields(deployment: Deployment, user_id: int) -> dict[str, Any]:
    return deployment.world.contacts(VIRTUOUS)[f"VOMO/{user_id}"]


def test_what_was_imported_is_confirmed_in_two_questions(deployment: Deployment) -> None:
    deployment.night()
    morning(deployment)
    night = deployment.reconciliation()
    account = night.report.reconciliation
    assert (night.code, account["confirmed"], account["unconfirmed"], account["drift"]["ours"]) == (0, 40, 0, {})
    assert night.report.requests[QUERY] == 1
    assert sum(night.report.requests.values()) == 4
    again = deployment.reconciliation()
    assert (again.report.reconciliation["confirmed"], sum(again.report.requests.values())) == (0, 2)
    assert deployment.night().report.total_changes == 0


def test_an_organization_whose_queries_show_no_references_is_asked_person_by_person(deployment: Deployment) -> None:
    deployment.world.change_organization(VIRTUOUS, reference_shape="absent")
    deployment.night()
    morning(deployment)
    assert deployment.reconciliation().report.reconciliation["confirmed"] == 40


def test_what_nobody_imports_goes_to_review_by_age_and_comes_back_by_itself(deployment: Deployment) -> None:
    deployment.night()
    first = deployment.reconciliation()
    assert (first.code, first.report.reconciliation["unconfirmed"]) == (0, 40)
    deployment.clock.advance(hours=72)
    late = deployment.reconciliation()
    assert (late.code, late.report.reconciliation["reviewed"], deployment.ledger()) == (5, 40, {"review": 40})
    morning(deployment)
    done = deployment.reconciliation()
    assert (done.code, deployment.ledger()) == (0, {"confirmed": 40})


def test_an_accepted_value_that_a_newer_one_follows_is_over(deployment: Deployment) -> None:
    deployment.night()
    deployment.world.edit_vomo_user(VOMO, 5, phone="(555) 555-0143")
    deployment.night()
    night = deployment.reconciliation()
    assert night.report.reconciliation["superseded"] == 1
    morning(deployment)
    deployment.reconciliation()
    assert deployment.ledger() == {"confirmed": 40, "superseded": 1}


def test_a_persons_correction_is_told_and_stays(confirmed: Deployment) -> None:
    confirmed.world.edit_contact(VIRTUOUS, contact_id(confirmed, 5), phone="(555) 555-0199")
    confirmed.world.edit_contact(VIRTUOUS, contact_id(confirmed, 6), by="Data API", firstName="Other")
    night = confirmed.reconciliation(full=True)
    account = night.report.reconciliation
    assert (night.code, account["compared"], account["corrected"]) == (0, 40, 0)
    assert account["drift"] == {"ours": {}, "person": {"phone": 1}, "integration": {"firstName": 1}}
    assert {"stream": "users", "key": "5", "fields": ["phone"], "author": "person"} in account["details"]
    assert "0199" not in str(account)
    morning(confirmed)
    assert fields(confirmed, 5)["phone"] == "(555) 555-0199"


def test_a_field_that_is_always_ours_is_corrected(confirmed: Deployment) -> None:
    confirmed.configure(streams={"users": {"write": {"phone": "always"}}})
    confirmed.world.edit_contact(VIRTUOUS, contact_id(confirmed, 5), phone="(555) 555-0199")
    night = confirmed.reconciliation(full=True)
    assert (night.code, night.report.reconciliation["corrected"], night.report.updates) == (0, 1, 1)
    morning(confirmed)
    assert_delivered(confirmed.world, VIRTUOUS, VOMO)
    assert confirmed.reconciliation(full=True).report.reconciliation["drift"]["person"] == {}


def test_a_field_for_empty_ones_is_written_first_and_never_over_a_value(deployment: Deployment) -> None:
    deployment.configure(streams={"users": {"write": {"phone": "if_empty"}}})
    deployment.night()
    morning(deployment)
    phones = {user["id"]: user["phone"] for user in deployment.world.vomo_users(VOMO)}
    assert fields(deployment, 5)["phone"] == phones[5]
    deployment.world.edit_vomo_user(VOMO, 5, phone="(555) 555-0143")
    deployment.world.edit_vomo_user(VOMO, 6, phone="(555) 555-0144", last_name="Changed")
    night = deployment.night()
    assert (night.code, night.report.updates) == (0, 1)
    deployment.world.edit_contact(VIRTUOUS, contact_id(deployment, 7), phone="")
    morning(deployment)
    assert (fields(deployment, 6)["lastName"], fields(deployment, 6)["phone"]) == ("Changed", phones[6])
    weekly = deployment.reconciliation(full=True)
    morning(deployment)
    assert (weekly.report.reconciliation["corrected"], fields(deployment, 7)["phone"]) == (1, phones[7])
    assert fields(deployment, 5)["phone"] == phones[5]


def test_what_a_batch_lost_is_sent_alone(deployment: Deployment) -> None:
    deployment.world.change_organization(VIRTUOUS, batch_ignores_birth_and_gender=True)
    deployment.night()
    morning(deployment)
    night = deployment.reconciliation()
    lost = night.report.reconciliation["corrected"]
    assert (night.code, night.report.requests[SINGLE], night.report.successes) == (0, lost, lost)
    assert lost > 20
    assert BATCH not in night.report.requests
    morning(deployment)
    assert_delivered(deployment.world, VIRTUOUS, VOMO)
    deployment.reconciliation()
    assert deployment.ledger() == {"confirmed": 40, "superseded": lost}


def test_nothing_is_written_to_whom_staff_archived(confirmed: Deployment) -> None:
    confirmed.world.archive_contact(VIRTUOUS, contact_id(confirmed, 5))
    assert confirmed.reconciliation(full=True).report.reconciliation["archived"] == 1
    before = len(confirmed.world.contacts(VIRTUOUS))
    rows = confirmed.books()["rows_received"]
    confirmed.world.edit_vomo_user(VOMO, 5, phone="(555) 555-0143")
    night = confirmed.night()
    assert (night.code, confirmed.ledger()["review"]) == (5, 1)
    assert "staff archived" in night.report.failure_details[0]["reason"]
    morning(confirmed)
    assert (len(confirmed.world.contacts(VIRTUOUS)), confirmed.books()["rows_received"]) == (before, rows)
    # Staff bring the contact back: the next reconciliation sees it, and a replay delivers.
    confirmed.world.unarchive_contact(VIRTUOUS, contact_id(confirmed, 5))
    confirmed.reconciliation(full=True)
    confirmed.workplace.state.dead_letters.replay(CUSTOMER, LetterFilter(), "anna")
    assert confirmed.night().code == 0
    assert_delivered(confirmed.world, VIRTUOUS, VOMO)


def test_whom_staff_merged_is_followed(deployment: Deployment) -> None:
    deployment.night()
    morning(deployment)
    deployment.world.merge_contacts(VIRTUOUS, contact_id(deployment, 5), contact_id(deployment, 6))
    night = deployment.reconciliation()
    assert night.code == 0
    assert night.report.reconciliation["confirmed"] >= 39
    known = deployment.workplace.state.crm_ids
    assert known.taken(CUSTOMER, "contact") >= {contact_id(deployment, 6)}
    contacts = len(deployment.world.contacts(VIRTUOUS))
    deployment.world.edit_vomo_user(VOMO, 5, phone="(555) 555-0143")
    deployment.night()
    morning(deployment)
    assert len(deployment.world.contacts(VIRTUOUS)) == contacts


def test_a_contact_that_is_gone_without_a_trace_is_told(confirmed: Deployment) -> None:
    with confirmed.world.lock:
        store = confirmed.world.virtuous[VIRTUOUS].store
        del store.contacts[contact_id(confirmed, 5)]
    assert confirmed.reconciliation(full=True).report.reconciliation["missing"] == 1


def test_a_tag_that_an_older_import_brought_back_is_taken_away_again(deployment: Deployment) -> None:
    deployment.configure(destination={"tags": "exact"})
    deployment.night()
    morning(deployment)
    for role in ("ORGANIZER", "ADMIN"):
        deployment.world.edit_vomo_user(VOMO, 5, membership_role=role)
        deployment.night()
    morning(deployment)  # both transactions at once: the tag that is not wanted any more comes back
    deployment.reconciliation(full=True)
    assert fields(deployment, 5)["tags"] == ["VOMO: Admin"]


def test_yesterdays_changes_are_read_once_more(deployment: Deployment) -> None:
    deployment.night()
    with deployment.world.lock:  # a change that the source shows late, with a time before our read position
        users = deployment.world.vomo[VOMO].users
        user = next(one for one in users.all() if one["id"] == 5)
        users.put({**user, "phone": "(555) 555-0143"})
    night = deployment.reconciliation()
    assert night.code == 0


def test_a_reconciliation_without_quota_left_ends_and_says_so(deployment: Deployment) -> None:
    deployment.night()
    morning(deployment)
    deployment.world.change_organization(VIRTUOUS, quota={"requests": 3})
    night = deployment.reconciliation()
    assert (night.code, night.report.reconciliation["finished"]) == (0, False)
    deployment.world.change_organization(VIRTUOUS, quota={"requests": 1500})
    assert deployment.reconciliation().report.reconciliation["confirmed"] == 40


def test_whom_we_archived_ourselves_comes_back_with_the_record(deployment: Deployment) -> None:
    full = {"read": {"strategy": "full_snapshot", "concurrency": 1}}
    deployment.configure(streams={"users": {**full, "on_delete": "archive"}})
    deployment.night()
    morning(deployment)
    deployment.reconciliation()
    users = {one["id"]: one for one in deployment.world.vomo_users(VOMO)}
    gone = deployment.world.change_vomo(VOMO, share=0, remove=1)["removed"][0]
    deployment.world.add_fault(side="virtuous", kind="cut_after", method="PUT", path="/api/Contact/Archive")
    deployment.world.add_fault(side="virtuous", kind="cut_before", method="GET", path="/api/Contact/")
    assert (deployment.night().code, deployment.ledger()["sending"]) == (3, 1)  # archived, and nobody knows
    assert deployment.reconciliation(full=True).report.reconciliation["archived"] == 0
    deployment.world.clear_faults()
    deployment.night()
    assert deployment.reconciliation(full=True).report.reconciliation["archived"] == 0
    with deployment.world.lock:
        deployment.world.vomo[VOMO].users.put({**users[gone], "last_name": "Back"})
    assert deployment.night().code == 0
    morning(deployment)
    assert deployment.world.archived_contacts(VIRTUOUS) == []
    assert_delivered(deployment.world, VIRTUOUS, VOMO)
