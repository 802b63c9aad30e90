"""The quota of an organization and the headers that tell of it."""

from typing import Any

import pytest

from sync_pipeline_tests.sandbox.support import BATCH, NOON, TRANSACTION, VIRTUOUS, SandboxClient, contact, transaction

CURRENT = "/api/Organization/Current"


def organization_with(sandbox: SandboxClient, **quota: Any) -> None:
    sandbox.world.add_organization(VIRTUOUS, quota=quota)


def test_every_answer_tells_limit_remaining_and_reset(sandbox: SandboxClient) -> None:
    organization_with(sandbox, requests=10, window_seconds=60)

    told = [
        sandbox.get(CURRENT, VIRTUOUS).headers,
        sandbox.batch(contact(lastName=None)).headers,
        sandbox.get("/api/Contact/VOMO/1", VIRTUOUS).headers,
    ]

    assert [headers["X-RateLimit-Limit"] for headers in told] == ["10"] * 3
    assert [headers["X-RateLimit-Remaining"] for headers in told] == ["9", "8", "7"]
    assert [headers["X-RateLimit-Reset"] for headers in told] == [str(int(NOON) + 60)] * 3


def test_a_spent_quota_answers_429_without_effect(sandbox: SandboxClient) -> None:
    organization_with(sandbox, requests=1, window_seconds=60)
    sandbox.batch(contact("1"))
    sandbox.clock.time += 20.5

    refused = sandbox.batch(contact("2"))

    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "RATE_LIMITED"
    assert refused.headers["Retry-After"] == "40"
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    books = sandbox.books()
    assert (books["requests"], books["answers"]) == ({f"POST {BATCH}": 2}, {"200": 1, "429": 1})
    assert (books["effects"], books["quota"]["used"]) == ({"VOMO/1": 1}, 2)


@pytest.mark.parametrize("fraction", [0.0, 0.001, 0.999])
def test_who_waits_until_the_reset_is_served(sandbox: SandboxClient, fraction: float) -> None:
    organization_with(sandbox, requests=1, window_seconds=7)
    sandbox.clock.time += fraction
    reset = int(sandbox.get(CURRENT, VIRTUOUS).headers["X-RateLimit-Reset"])

    sandbox.clock.time = reset - 0.001
    assert sandbox.get(CURRENT, VIRTUOUS).status_code == 429
    sandbox.clock.time = reset
    assert sandbox.get(CURRENT, VIRTUOUS).status_code == 200


def test_the_quota_is_shared_with_other_integrations(sandbox: SandboxClient) -> None:
    organization_with(sandbox, requests=10)

    sandbox.control("POST", f"spend?token={VIRTUOUS}&requests=8")

    assert sandbox.get(CURRENT, VIRTUOUS).headers["X-RateLimit-Remaining"] == "1"
    assert sandbox.books()["requests"] == {f"GET {CURRENT}": 1}


def test_headers_can_be_spelled_with_a_hyphen_and_reset_in_milliseconds(sandbox: SandboxClient) -> None:
    organization_with(sandbox, window_seconds=60, header_prefix="X-Rate-Limit", reset_in_milliseconds=True)

    headers = sandbox.get(CURRENT, VIRTUOUS).headers

    assert headers["X-Rate-Limit-Reset"] == str((int(NOON) + 60) * 1000)
    assert "X-RateLimit-Reset" not in headers


def test_headers_can_be_left_out(sandbox: SandboxClient) -> None:
    organization_with(sandbox, requests=1, headers=False)

    first, second = sandbox.get(CURRENT, VIRTUOUS), sandbox.get(CURRENT, VIRTUOUS)

    assert (first.status_code, second.status_code) == (200, 429)
    assert "Retry-After" in second.headers
    assert not [name for name in (*first.headers, *second.headers) if "limit" in name]


def test_a_changed_limit_holds_within_the_running_window(sandbox: SandboxClient) -> None:
    organization_with(sandbox, requests=5, window_seconds=60)
    sandbox.post(TRANSACTION, transaction())
    sandbox.control("PATCH", f"organizations?token={VIRTUOUS}", {"quota": {"requests": 3}})

    headers = sandbox.get(CURRENT, VIRTUOUS).headers

    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("3", "1")
    assert headers["X-RateLimit-Reset"] == str(int(NOON) + 60)
