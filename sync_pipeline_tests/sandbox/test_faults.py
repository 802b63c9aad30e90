"""Faults on demand, on both sides."""

from typing import Any

import httpx
import pytest

from sync_pipeline_tests.sandbox.support import BATCH, TRANSACTION, USERS, VIRTUOUS, VOMO, SandboxClient, contact


@pytest.fixture(autouse=True)
def _organizations(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS, auto_import="immediately")
    sandbox.world.add_vomo_organization(VOMO, users=50, oddities=False)


def arm(sandbox: SandboxClient, kind: str, side: str = "virtuous", **more: Any) -> None:
    sandbox.control("POST", "faults", {"side": side, "kind": kind, "times": 1, **more})


def effects(sandbox: SandboxClient) -> Any:
    return sandbox.books()["effects"]


def test_a_connection_cut_after_the_effect_gives_no_answer_but_is_booked(sandbox: SandboxClient) -> None:
    arm(sandbox, "cut_after")

    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        sandbox.batch(contact())

    assert effects(sandbox) == {"VOMO/1": 1}
    assert sandbox.books()["answers"] == {"cut": 1}
    assert sandbox.get("/api/Contact/VOMO/1", VIRTUOUS).status_code == 200


def test_a_connection_cut_before_the_effect_leaves_none(sandbox: SandboxClient) -> None:
    arm(sandbox, "cut_before")

    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        sandbox.batch(contact())

    assert effects(sandbox) == {}
    assert sandbox.batch(contact()).status_code == 200


@pytest.mark.parametrize(("kind", "expected"), [("status_before", {}), ("status_after", {"VOMO/1": 1})])
def test_an_error_status_comes_before_or_after_the_effect(
    sandbox: SandboxClient, kind: str, expected: dict[str, int]
) -> None:
    arm(sandbox, kind, status=502)

    assert sandbox.batch(contact()).status_code == 502
    assert effects(sandbox) == expected


def test_an_unavailable_service_can_say_when_to_come_back(sandbox: SandboxClient) -> None:
    arm(sandbox, "status_before", status=503, retry_after=120)

    answer = sandbox.batch(contact())

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "120")


def test_a_refusal_can_repeat_in_every_part_of_it_what_was_sent(sandbox: SandboxClient) -> None:
    arm(sandbox, "status_before", status=422, quotes=True)

    answer = sandbox.batch(contact())

    assert answer.status_code == 422
    error = answer.json()["error"]
    sent = contact()["lastName"]
    assert [sent in text for text in (error["message"], *error["details"][1].values())] == [True, True, False, True]
    assert sent.upper() in error["details"][1]["code"]
    assert effects(sandbox) == {}


@pytest.mark.parametrize("kind", ["malformed", "wrong_shape"])
def test_an_unreadable_success_has_had_its_effect(sandbox: SandboxClient, kind: str) -> None:
    arm(sandbox, kind)

    answer = sandbox.batch(contact())

    assert answer.status_code == 200
    assert answer.content
    assert effects(sandbox) == {"VOMO/1": 1}


@pytest.mark.parametrize(("side", "path", "token"), [("virtuous", "/api/Permission", VIRTUOUS), ("vomo", USERS, VOMO)])
def test_either_side_can_refuse_a_credential_or_ask_to_wait(
    sandbox: SandboxClient, side: str, path: str, token: str
) -> None:
    arm(sandbox, "unauthorized", side)
    arm(sandbox, "rate_limited", side, retry_after=3700)

    refused, asked_to_wait, served = (sandbox.get(path, token) for _ in range(3))

    assert [answer.status_code for answer in (refused, asked_to_wait, served)] == [401, 429, 200]
    assert asked_to_wait.headers["Retry-After"] == "3700"
    assert sandbox.books(token)["answers"] == {"401": 1, "429": 1, "200": 1}


def test_latency_waits_and_then_serves(sandbox: SandboxClient) -> None:
    arm(sandbox, "latency", delay_ms=250)

    assert sandbox.batch(contact()).status_code == 200
    assert sandbox.clock.slept == [0.25]


def test_a_delay_may_come_with_another_fault(sandbox: SandboxClient) -> None:
    arm(sandbox, "latency", delay_ms=50)
    arm(sandbox, "status_before", delay_ms=25)

    assert sandbox.batch(contact()).status_code == 503
    assert sandbox.clock.slept == [0.075]


def test_a_fault_fires_on_each_nth_request_as_often_as_told(sandbox: SandboxClient) -> None:
    arm(sandbox, "status_before", status=500, every=3, times=2)

    statuses = [sandbox.batch(contact()).status_code for _ in range(10)]

    assert statuses == [200, 200, 500, 200, 200, 500, 200, 200, 200, 200]
    assert sandbox.control("GET", "faults")[0]["fired"] == 2


def test_a_fault_matches_by_token_method_and_path(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization("other")
    arm(sandbox, "status_before", token=VIRTUOUS, method="POST", path=BATCH, times=None)

    assert sandbox.batch(contact()).status_code == 503
    assert sandbox.post(TRANSACTION, {"referenceSource": "VOMO", **contact()}).status_code == 200
    assert sandbox.post(BATCH, {"contacts": []}, token="other").status_code == 200
    assert sandbox.get("/api/Permission", VIRTUOUS).status_code == 200


def test_a_random_fault_is_the_same_for_the_same_seed(sandbox: SandboxClient) -> None:
    def statuses() -> list[int]:
        sandbox.control("DELETE", "faults")
        arm(sandbox, "status_before", probability=0.5, seed=4, times=None)
        return [sandbox.get("/api/Permission", VIRTUOUS).status_code for _ in range(20)]

    first = statuses()
    assert {200, 503} == set(first)
    assert statuses() == first


def test_cleared_faults_are_gone(sandbox: SandboxClient) -> None:
    arm(sandbox, "status_before", times=None)
    sandbox.control("DELETE", "faults")

    assert sandbox.batch(contact()).status_code == 200


@pytest.mark.parametrize(
    "fault",
    [
        {"side": "virtuous", "kind": "explosion"},
        {"side": "elsewhere", "kind": "latency"},
        {"side": "virtuous", "kind": "latency", "delay": 5},
        {"side": "virtuous", "kind": "repeated_cursor"},
        {"side": "virtuous", "kind": "status_before", "status": 200},
    ],
)
def test_a_fault_that_cannot_be_is_refused(sandbox: SandboxClient, fault: dict[str, Any]) -> None:
    assert sandbox.request("POST", "/sandbox/faults", json=fault).status_code == 400


def test_a_spent_quota_spends_no_fault(sandbox: SandboxClient) -> None:
    sandbox.world.change_organization(VIRTUOUS, quota={"requests": 0})
    arm(sandbox, "cut_before")

    assert sandbox.batch(contact()).status_code == 429
    assert sandbox.control("GET", "faults")[0]["fired"] == 0


def test_pages_can_go_wrong_in_each_way(sandbox: SandboxClient) -> None:
    def page(kind: str) -> httpx.Response:
        arm(sandbox, kind, "vomo")
        return sandbox.get(f"{USERS}?page=2", VOMO)

    whole = sandbox.get(f"{USERS}?page=2", VOMO)
    assert page("repeated_cursor").json()["links"]["next"] == f"{sandbox.base_url}{USERS}?page=2"
    assert page("foreign_link").json()["links"]["next"].startswith("http://elsewhere.invalid/")
    assert page("empty_page").json() == whole.json() | {"data": []}
    assert len(page("missing_rows").json()["data"]) < len(whole.json()["data"])
    assert "data" not in page("wrong_shape").json()
    assert whole.content.startswith(page("truncated_page").content)
    with pytest.raises(ValueError, match="Expecting value"):
        page("malformed").json()
