"""Keys, rights and organizations that are not fit: told by name, and no row is to blame."""

from typing import Any

import pytest

from sync_pipeline.sandbox.settings import ALL_PERMISSIONS, READ_ONLY
from sync_pipeline.stages.context import destination_name
from sync_pipeline_tests.end_to_end.deployment import (
    CUSTOMER,
    ORGANIZATION,
    USERS,
    VIRTUOUS,
    VOMO,
    Deployment,
    Night,
    secret,
)
from sync_pipeline_tests.end_to_end.expectations import assert_delivered

CONTACT = "/api/Contact"


def use_token(deployment: Deployment, token: str) -> None:
    deployment.configure(destination={"token": secret(deployment.folder, token)})


def assert_nothing_read(deployment: Deployment, night: Night) -> None:
    assert night.read is None
    assert deployment.books(VOMO)["requests"].get(USERS, 0) <= 1  # the one that tries the credential
    assert deployment.writes() == 0


def only_failure(night: Night) -> dict[str, str]:
    [failure] = night.report.stage_failures
    assert failure["remedy"]
    return dict(failure)


def test_a_key_that_virtuous_does_not_accept_stops_the_run_before_anything_is_read(deployment: Deployment) -> None:
    use_token(deployment, "revoked-token")
    night = deployment.night()
    assert (night.code, night.report.status) == (1, "failed")
    assert "does not accept the token" in only_failure(night)["message"]
    assert_nothing_read(deployment, night)


def test_a_secret_that_is_not_there_is_named(deployment: Deployment) -> None:
    deployment.configure(destination={"token": "file:/nowhere/at/all"})
    night = deployment.night()
    assert night.code == 1
    assert "/nowhere/at/all" in only_failure(night)["message"]
    assert_nothing_read(deployment, night)


def test_a_source_that_refuses_its_token_stops_the_run(deployment: Deployment) -> None:
    deployment.world.add_fault(side="vomo", kind="unauthorized")
    night = deployment.night()
    assert night.code == 1
    assert "HTTP 401" in only_failure(night)["message"]
    assert deployment.books()["requests"] == {}


def test_a_key_that_may_only_read_stops_the_run_before_anything_is_read(deployment: Deployment) -> None:
    deployment.world.change_organization(VIRTUOUS, permissions=READ_ONLY)
    night = deployment.night()
    assert night.code == 1
    assert "may not write contacts" in only_failure(night)["message"]
    assert_nothing_read(deployment, night)


def test_a_disabled_organization_stops_the_run_before_anything_is_read(deployment: Deployment) -> None:
    deployment.world.change_organization(VIRTUOUS, enabled=False)
    night = deployment.night()
    assert night.code == 1
    assert "disabled" in only_failure(night)["message"]
    assert_nothing_read(deployment, night)


def test_permissions_in_words_we_do_not_know_warn_and_stop_nothing(deployment: Deployment) -> None:
    deployment.world.change_organization(VIRTUOUS, permissions=[])
    night = deployment.night()
    assert night.read is not None
    assert "Permission said nothing" in night.read.warnings[0]


def test_a_key_of_another_organization_pauses_the_customer_until_a_person_says_so(
    deployment: Deployment,
) -> None:
    deployment.night()
    deployment.world.add_organization("other-token", organization_user_id=999)
    use_token(deployment, "other-token")
    writes = deployment.writes()
    night = deployment.night()
    assert night.code == 1
    assert "another organization" in only_failure(night)["message"]
    paused = deployment.night()
    assert (paused.code, paused.report.status) == (4, "paused")
    assert (deployment.writes(), deployment.world.books("other-token")["rows_received"]) == (writes, 0)

    workplace = deployment.workplace
    workplace.state.quota.agree_to_move(destination_name(deployment.customer))
    workplace.state.breakers.resume(CUSTOMER, "moved", "somebody")
    moved = deployment.night()
    assert (moved.code, moved.report.creates) == (0, moved.report.total_changes)
    delivered = deployment.world.books("other-token")["effects"]
    assert len(delivered) == len(deployment.world.vomo_users(VOMO))
    assert deployment.night().report.total_changes == 0


def test_a_paused_customer_is_left_alone(deployment: Deployment) -> None:
    deployment.workplace.state.breakers.pause(CUSTOMER, "audit", "somebody")
    night = deployment.night()
    assert (night.code, night.report.status) == (4, "paused")
    assert "audit" in only_failure(night)["message"]
    assert (deployment.books()["requests"], deployment.books(VOMO)["requests"]) == ({}, {})


def test_a_key_revoked_in_the_middle_pauses_the_customer_and_blames_no_row(deployment_on: Deployment) -> None:
    deployment_on.configure(destination={"batch": {"max": 4}})
    night = deployment_on.night(before_sending=lambda: use_token(deployment_on, "revoked-token"))
    assert (night.code, night.report.status, night.report.failures) == (1, "failed", 0)
    assert "no longer accepts the token" in only_failure(night)["message"]
    assert deployment_on.ledger() == {"planned": 40}
    assert deployment_on.night().code == 4

    use_token(deployment_on, VIRTUOUS)
    deployment_on.workplace.state.breakers.resume(CUSTOMER, "new key", "somebody")
    assert deployment_on.night().code == 0
    assert_delivered(deployment_on.world, VIRTUOUS, VOMO)


def test_a_key_revoked_while_something_is_in_doubt_loses_nothing(deployment: Deployment) -> None:
    deployment.world.add_fault(side="virtuous", path=CONTACT, kind="cut_after")
    deployment.night()
    deployment.world.clear_faults()
    revoked = deployment.night(before_sending=lambda: use_token(deployment, "revoked-token"))
    assert (revoked.code, deployment.ledger()) == (1, {"sending": 40})
    use_token(deployment, VIRTUOUS)
    deployment.workplace.state.breakers.resume(CUSTOMER, "new key", "somebody")
    assert deployment.night().code == 0
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


@pytest.mark.parametrize("silence", [{"kind": "status_before", "status": 500}, {"kind": "cut_before"}])
def test_a_refusal_that_nobody_explains_blames_no_row(deployment: Deployment, silence: dict[str, Any]) -> None:
    """401 for the contacts, and no answer to the question whether the key is still good."""

    def trouble() -> None:
        deployment.world.add_fault(side="virtuous", path=CONTACT, kind="unauthorized")
        deployment.world.add_fault(side="virtuous", path="/api/Organization", **silence)

    night = deployment.night(before_sending=trouble)
    assert (night.code, night.report.failures, deployment.ledger()) == (1, 0, {"planned": 40})
    deployment.world.clear_faults()
    assert deployment.night().code == 0
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_a_refusal_asked_about_while_virtuous_throttles_parks(deployment: Deployment) -> None:
    def trouble() -> None:
        deployment.world.add_fault(side="virtuous", path=CONTACT, kind="unauthorized")
        deployment.world.add_fault(side="virtuous", path="/api/Organization", kind="rate_limited", retry_after=3600)

    night = deployment.night(before_sending=trouble)
    assert (night.code, night.report.status, deployment.ledger()) == (3, "parked", {"planned": 40})


def test_a_key_that_may_not_write_after_all_costs_a_few_requests_and_no_dead_letter(deployment: Deployment) -> None:
    deployment.world.add_vomo_organization(VOMO, users=1000, seed=4)
    night = deployment.night(
        before_sending=lambda: deployment.world.change_organization(VIRTUOUS, permissions=READ_ONLY)
    )
    assert (night.code, night.report.failures, night.report.pending) == (1, 0, 1000)
    assert "refuses every contact" in only_failure(night)["message"]
    assert deployment.writes() <= 12
    assert deployment.books()["requests"][ORGANIZATION] <= 12
    deployment.world.change_organization(VIRTUOUS, permissions=ALL_PERMISSIONS)
    assert deployment.night().code == 0


def test_one_row_the_key_may_not_write_is_a_dead_letter_and_the_others_are_delivered(deployment: Deployment) -> None:
    deployment.configure(destination={"batch": {"max": 1}})
    deployment.world.add_fault(side="virtuous", path=CONTACT, kind="status_before", status=403, every=7, times=1)
    night = deployment.night()
    assert (night.code, night.report.failures, night.report.successes) == (5, 1, 39)
