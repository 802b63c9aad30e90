"""Rows that Virtuous refuses for good: each one alone, and none of its neighbours."""

from math import log2

from sync_pipeline_tests.end_to_end.deployment import BATCH, CUSTOMER, SINGLE, VIRTUOUS, VOMO, Deployment
from sync_pipeline_tests.end_to_end.expectations import assert_delivered

WITHOUT_LAST_NAME = {"last_name": None, "full_name": "Only"}


def spoil(deployment: Deployment, *user_ids: int) -> frozenset[int]:
    for user_id in user_ids:
        deployment.world.edit_vomo_user(VOMO, user_id, last_name=None)
    return frozenset(user_ids)


def test_one_invalid_row_among_two_thousand_is_one_dead_letter(deployment: Deployment) -> None:
    deployment.world.add_vomo_organization(VOMO, users=2000, seed=3)
    spoilt = spoil(deployment, 1234)
    night = deployment.night()
    assert (night.code, night.report.status) == (5, "done")
    assert (night.report.failures, night.report.successes) == (1, 1999)
    [letter] = night.report.failure_details
    assert (letter["stream"], letter["key"], letter["kind"]) == ("users", "1234", "create")
    assert "400" in letter["reason"]
    needed = 2000 / 100
    requests = deployment.books()["requests"]
    assert requests[BATCH] + requests[SINGLE] <= needed + 2 * log2(100) + 2
    assert_delivered(deployment.world, VIRTUOUS, VOMO, without=spoilt)


def test_several_invalid_rows_are_a_dead_letter_each(deployment_on: Deployment) -> None:
    spoilt = spoil(deployment_on, 3, 4, 17, 31)
    night = deployment_on.night()
    assert (night.code, night.report.failures, night.report.successes) == (5, 4, 36)
    assert {letter["key"] for letter in night.report.failure_details} == {"3", "4", "17", "31"}
    assert_delivered(deployment_on.world, VIRTUOUS, VOMO, without=spoilt)


def test_a_dead_letter_is_not_sent_again_and_keeps_quiet_nights_from_turning_green(deployment: Deployment) -> None:
    spoil(deployment, 5)
    deployment.night()
    rows = deployment.books()["rows_received"]
    for _ in range(2):
        night = deployment.night()
        assert (night.code, night.report.status, night.report.total_changes) == (5, "done", 0)
    assert deployment.books()["rows_received"] == rows
    assert deployment.ledger()["dead"] == 1


def test_a_corrected_value_takes_the_place_of_the_dead_letter(deployment_on: Deployment) -> None:
    spoil(deployment_on, 5)
    deployment_on.night()
    deployment_on.world.edit_vomo_user(VOMO, 5, last_name="Corrected")
    night = deployment_on.night()
    assert (night.code, night.report.successes) == (0, 1)
    assert deployment_on.ledger() == {"accepted": 40, "superseded": 1}
    assert_delivered(deployment_on.world, VIRTUOUS, VOMO)


def test_a_value_refused_and_taken_back_leaves_nothing_to_do(deployment: Deployment) -> None:
    name = deployment.world.vomo_users(VOMO)[4]["last_name"]
    deployment.night()
    spoil(deployment, 5)
    assert deployment.night().code == 5
    rows = deployment.books()["rows_received"]
    deployment.world.edit_vomo_user(VOMO, 5, last_name=name)
    night = deployment.night()
    assert (night.code, night.report.superseded) == (0, 1)
    assert deployment.books()["rows_received"] == rows
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_a_dead_letter_whose_record_vanishes_needs_nobody_any_more(deployment: Deployment) -> None:
    deployment.configure(streams={"users": {"read": {"strategy": "full_snapshot"}}})
    spoil(deployment, 5)
    assert deployment.night().code == 5
    with deployment.world.lock:
        deployment.world.vomo[VOMO].users.remove(5)
    assert deployment.night().code == 0


def test_a_record_the_recipe_cannot_map_is_a_dead_letter_and_the_others_are_delivered(deployment: Deployment) -> None:
    deployment.configure(streams={"users": {"fields": {"customFields.Size": "cast(shoe_size as bigint)"}}})
    with deployment.world.lock:
        users = deployment.world.vomo[VOMO].users
        for user in users.all():
            users.put({**user, "shoe_size": "large" if user["id"] == 9 else "43"})
    night = deployment.night()
    assert (night.code, night.report.failures, night.report.successes) == (5, 1, 39)
    assert night.report.failure_details[0]["key"] == "9"
    assert "large" not in str(night.report.failure_details)
    assert_delivered(deployment.world, VIRTUOUS, VOMO, without=frozenset({9}))


def test_the_checkpoint_passes_a_dead_letter(deployment: Deployment) -> None:
    deployment.night()
    spoil(deployment, 5)
    newest = deployment.world.edit_vomo_user(VOMO, 6, phone="(555) 555-0166")["updated_at"]
    assert deployment.night().report.checkpoint == {"users": newest}


def test_what_needs_a_person_is_named_on_later_nights_too(deployment: Deployment) -> None:
    deployment.world.edit_vomo_user(VOMO, 3, last_name=None)
    deployment.night()
    assert deployment.night().report.failure_details == []
    (failure,) = deployment.workplace.state.standing_failures(CUSTOMER, 10)
    assert (failure["stream"], failure["key"], failure["state"]) == ("users", "3", "dead")
    assert failure["reason"].startswith("400")
