"""A source in trouble: its stream fails with the reason, the others finish, and the next night loses nothing."""

from typing import Any

import pytest

from sync_pipeline.domain.positions import CutState
from sync_pipeline_tests.end_to_end.deployment import (
    CUSTOMER,
    VIRTUOUS,
    VOMO,
    Deployment,
    secret,
    vomo_source,
    write_yaml,
)
from sync_pipeline_tests.end_to_end.expectations import assert_delivered

WEST = "west-token"
PATH = "/vomo/v1/users"
THIRD_REQUEST = {"path": PATH, "every": 3, "times": 1}  # the credential is tried, page 1, and this one: page 2
MID_READ = [
    ("truncated_page", {}, "expected JSON"),
    ("malformed", {}, "expected JSON"),
    ("repeated_cursor", {}, "repeating"),
    ("wrong_shape", {}, "expected a list of records"),
    ("foreign_link", {}, "elsewhere.invalid"),
    ("unauthorized", {}, "HTTP 401"),
    ("status_before", {"status": 403}, "HTTP 403"),
    ("status_before", {"status": 500}, "HTTP 500"),
    ("cut_before", {}, "broken answer"),
]


def with_second_source(deployment: Deployment, **read: Any) -> None:
    """A second VOMO account, read as the stream `west` under another reference source."""
    deployment.world.add_vomo_organization(WEST, users=20, seed=9)
    deployment.configure(
        sources={"west": vomo_source(deployment.folder, deployment.url, WEST, "WEST")},
        streams={
            "users": {"read": {"tries": 1, **read}},
            "west": {"source": "west", "stream": "users", "recipe": "vomo_users_to_contacts"},
        },
    )


def assert_west_delivered(deployment: Deployment) -> None:
    assert_delivered(deployment.world, VIRTUOUS, WEST, reference_source="WEST")


@pytest.mark.parametrize(("kind", "details", "reason"), MID_READ, ids=lambda value: str(value)[:30])
def test_a_stream_that_fails_in_the_middle_of_its_read_stops_no_other(
    deployment: Deployment, kind: str, details: dict[str, Any], reason: str
) -> None:
    with_second_source(deployment)
    deployment.world.add_fault(side="vomo", kind=kind, token=VOMO, **THIRD_REQUEST, **details)
    night = deployment.night()
    assert (night.code, night.report.status, night.report.creates) == (1, "failed", 20)
    assert [failure["subject"] for failure in night.report.stage_failures] == ["users"]
    assert reason in night.report.stage_failures[0]["message"]
    assert night.report.stage_failures[0]["remedy"]
    assert_west_delivered(deployment)

    mended = deployment.night()
    assert (mended.code, mended.report.creates) == (0, 40)
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


@pytest.mark.parametrize("kind", ["repeated_cursor", "truncated_page", "unauthorized"])
def test_a_change_is_not_lost_by_a_night_whose_read_broke_off(deployment: Deployment, kind: str) -> None:
    deployment.configure(streams={"users": {"read": {"tries": 1}}})
    deployment.night()
    deployment.world.change_vomo(VOMO, share=0.5, add=10)
    deployment.world.add_fault(side="vomo", kind=kind, **THIRD_REQUEST)
    broken = deployment.night()
    assert (broken.code, broken.report.total_changes) == (1, 0)
    deployment.workplace.state.breakers.resume(CUSTOMER, "a new token", "ada")
    assert deployment.night().report.successes == 30
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_trouble_that_passes_is_retried_and_nobody_notices(deployment: Deployment) -> None:
    for kind in ("cut_before", "status_before", "truncated_page", "malformed", "rate_limited"):
        deployment.world.add_fault(side="vomo", kind=kind, path=PATH, every=2, times=1, status=503, retry_after=30)
    night = deployment.night()
    assert (night.code, night.report.successes, night.report.rate_limit_pauses) == (0, 40, 1)
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_an_hour_asked_for_by_the_source_is_no_process_asleep(deployment: Deployment) -> None:
    deployment.world.add_fault(side="vomo", kind="rate_limited", retry_after=3600, **THIRD_REQUEST)
    night = deployment.slice_of_night()
    assert (night.code, night.report.status, night.report.rate_limit_pauses) == (3, "parked", 1)
    assert night.report.resume_at is not None
    left = (night.report.resume_at - deployment.clock.now()).total_seconds()
    assert left == pytest.approx(3600, abs=30)
    assert all(seconds < 60 for seconds in deployment.clock.slept)
    asked = deployment.books(VOMO)["requests"]
    assert deployment.slice_of_night().report.status == "parked"  # too early: it is not asked again
    assert deployment.books(VOMO)["requests"] == asked
    deployment.clock.advance(seconds=left)
    assert deployment.slice_of_night().code == 0
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_a_source_that_wants_to_be_left_alone_delays_only_its_own_reads(deployment: Deployment) -> None:
    with_second_source(deployment, tries=5)
    deployment.world.add_fault(side="vomo", kind="rate_limited", token=VOMO, retry_after=3600, **THIRD_REQUEST)
    night = deployment.slice_of_night()
    assert night.report.status == "parked"
    read = deployment.workplace.state.cuts.cuts(CUSTOMER, [CutState.READ])
    assert [cut.stream for cut in read] == ["west"]


def test_one_source_that_refuses_its_token_does_not_stop_the_other(deployment: Deployment) -> None:
    with_second_source(deployment)
    secret(deployment.folder, VOMO)
    deployment.configure(sources={"vomo": {"token": f"file:{deployment.folder / 'wrong.secret'}"}})
    (deployment.folder / "wrong.secret").write_text("nobody-s-token")
    night = deployment.night()
    assert (night.code, night.report.status) == (1, "failed")
    assert "HTTP 401" in night.report.stage_failures[0]["message"]
    assert_west_delivered(deployment)


def test_a_mapped_column_that_vanishes_fails_its_stream_and_changes_nothing(deployment: Deployment) -> None:
    deployment.night()
    writes = deployment.writes()
    with deployment.world.lock:
        users = deployment.world.vomo[VOMO].users
        for user in users.all():
            renamed = {**user, "updated_at": "2026-02-01T00:00:00+00:00", "mobile": user["phone"]}
            del renamed["phone"]
            users.put(renamed)
    night = deployment.night()
    assert (night.code, deployment.writes()) == (1, writes)
    assert "no longer have phone" in night.report.stage_failures[0]["message"]

    deployment.configure(streams={"users": {"fields": {"phone": "mobile", "phoneType": "'Home Phone'"}}})
    assert deployment.night().code == 0


def test_a_column_that_a_few_changed_records_leave_out_is_empty_not_gone(deployment: Deployment) -> None:
    """Some APIs leave out what is empty: a new person without a phone must not stop the stream."""
    deployment.night()
    with deployment.world.lock:
        users = deployment.world.vomo[VOMO].users
        newest = max(users.all(), key=lambda user: user["id"])
        bare = {key: value for key, value in newest.items() if key != "phone"}
        users.put(
            {**bare, "id": newest["id"] + 1, "email": "new@example.org", "updated_at": "2026-02-01T00:00:00+00:00"}
        )
    night = deployment.night()
    assert (night.code, night.report.creates) == (0, 1)


def test_an_unmapped_column_that_appears_changes_nothing(deployment: Deployment) -> None:
    deployment.night()
    writes = deployment.writes()
    with deployment.world.lock:
        users = deployment.world.vomo[VOMO].users
        for user in users.all():
            users.put({**user, "updated_at": "2026-02-01T00:00:00+00:00", "shoe_size": 43, "nested": {"deep": [1]}})
    night = deployment.night()
    assert (night.code, night.report.total_changes, deployment.writes()) == (0, 0, writes)


def test_two_streams_of_one_source_fail_apart(deployment: Deployment) -> None:
    stream = {"path": "/users", "key": ["id"]}
    connector = {
        "connector": "two-streams",
        "base_url": f"{deployment.url}/vomo/v1",
        "auth": {"kind": "bearer"},
        "defaults": {"records": "data", "pagination": {"kind": "next_link", "path": "links.next"}},
        "streams": {"broken": {**stream, "records": "rows"}, "users": stream},
    }
    write_yaml(deployment.folder / "two-streams.yaml", connector)
    deployment.configure(
        sources={"vomo": {"connector": str(deployment.folder / "two-streams.yaml")}},
        streams={"broken": {"source": "vomo", "recipe": "vomo_users_to_contacts"}},
    )
    night = deployment.night()
    assert night.code == 1
    assert [failure["subject"] for failure in night.report.stage_failures] == ["broken"]
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_a_source_that_keeps_back_what_it_counts_fails_from_the_second_night_on(deployment: Deployment) -> None:
    deployment.world.add_fault(side="vomo", kind="missing_rows", path="/vomo/v1/users")
    assert [deployment.night().code for _ in range(2)] == [0, 1]
    (failure,) = deployment.night().report.stage_failures
    assert failure["subject"] == "users"
    assert "clearly fewer records of users than it counts, 3 reads in a row" in failure["message"]
    assert "`pagination`" in failure["remedy"]
    deployment.world.clear_faults()
    assert deployment.night().code == 0
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_a_read_that_is_short_of_its_total_is_asked_for_again_until_everybody_came(deployment: Deployment) -> None:
    everybody = len(deployment.world.vomo_users(VOMO))
    deployment.world.add_fault(side="vomo", kind="missing_rows", path="/vomo/v1/users", times=1000, every=1)
    short = deployment.night()
    assert short.read is not None
    assert short.report.creates < everybody
    assert "asks again" in short.report.warnings[0]
    deployment.world.clear_faults()
    whole = deployment.night()
    assert short.report.creates + whole.report.creates == everybody
    assert whole.report.warnings == []
