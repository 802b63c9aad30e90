"""Status first, then any of the error bodies: what an answer means, and what a person is told about it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_pipeline.adapters.virtuous.answers import classify
from sync_pipeline.domain.answer import Outcome
from sync_pipeline.domain.redaction import MAX_LENGTH


@pytest.mark.parametrize(
    ("outcome", "statuses"),
    [
        (Outcome.ACCEPTED, [200, 201, 202, 204, 299]),
        (Outcome.REFUSED, [300, 301, 302, 303, 307, 308]),
        (Outcome.REFUSED, [400, 402, 404, 405, 406, 409, 410, 415, 418, 422, 451, 499]),
        (Outcome.TOO_LARGE, [413]),
        (Outcome.THROTTLED, [429]),
        (Outcome.UNAUTHORIZED, [401, 403]),
        (Outcome.NO_ANSWER, [408, 500, 501, 502, 503, 504, 520, 529, 599]),
        (Outcome.NO_ANSWER, [100, 199, 600, 999]),
    ],
)
def test_the_status_alone_decides_the_outcome(outcome: Outcome, statuses: list[int]) -> None:
    for status in statuses:
        for body in (b"", b"plain", b'{"error": {"code": "X"}}', b"\xff\xfe"):
            answer = classify(status, {}, body, ())
            assert (answer.outcome, answer.status) == (outcome, status)


@pytest.mark.parametrize(
    ("status", "header", "outcome", "wait"),
    [
        (429, "30", Outcome.THROTTLED, 30.0),
        (429, "soon", Outcome.THROTTLED, None),
        (503, "1.5", Outcome.THROTTLED, 1.5),
        (503, "soon", Outcome.NO_ANSWER, None),
        (502, "30", Outcome.NO_ANSWER, None),
        (400, "30", Outcome.REFUSED, None),
    ],
)
def test_a_wait_is_obeyed_where_nothing_can_have_happened(
    status: int, header: str, outcome: Outcome, wait: float | None
) -> None:
    answer = classify(status, {"Retry-After": header}, b"", ())
    assert (answer.outcome, answer.retry_after) == (outcome, wait)


TARGET_SHAPE = {
    "error": {
        "code": "VALIDATION_ERROR",
        "message": "The request failed validation",
        "details": [
            {"field": "email", "code": "INVALID_FORMAT", "message": "ada@x is not an email"},
            {"field": "lastName", "code": "REQUIRED", "message": "lastName is required"},
        ],
    }
}


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (TARGET_SHAPE, "400 VALIDATION_ERROR: email (INVALID_FORMAT), lastName (REQUIRED)"),
        ({"error": {"code": "DUPLICATE", "message": "Already exists", "details": []}}, "400 DUPLICATE: Already exists"),
        ({"error": {"details": [{"field": "phone", "message": "bad 555-123-4567"}]}}, "400: phone (bad …)"),
        ({"error": {"details": [{}, None, "lastName missing"]}}, "400: lastName missing"),
        ({"message": "Value cannot be null"}, "400: Value cannot be null"),
        ({"Message": "The request is invalid."}, "400: The request is invalid."),
        (
            {"message": "The request is invalid.", "modelState": {"model.contacts[0].email": ["bad value ada@x.org"]}},
            "400: model.contacts[0].email (bad value …)",
        ),
        ({"message": "m", "modelState": {"lastName": "required", "gender": []}}, "400: lastName (required), gender"),
        ({"error": "invalid_request", "error_description": "missing body"}, "400: missing body"),
        ({"error": "invalid_request"}, "400: invalid_request"),
        ({"error": "invalid", "errors": {"email": ["in use"]}}, "400: email (in use)"),
        ({"title": "Bad Request", "errors": []}, "400: Bad …"),
        ("not found", "400: not found"),
        ({}, "400"),
        ([1, [2]], "400"),
        (7, "400"),
        (None, "400"),
        ({"error": None, "message": 5, "details": 3, "errors": {"email": {"a": 1}}}, "400: email"),
    ],
)
def test_every_known_shape_of_error_body_is_told_in_words(body: Any, detail: str) -> None:
    assert classify(400, {}, json.dumps(body).encode(), ()).detail.replace("Bad Request", "Bad …") == detail


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "401"),
        (b"Authorization has been denied for this request.", "401: Authorization has been denied for this request."),
        (b"<html><head><title>502 bad gateway</title></head><body>long</body></html>", "401: 502 bad gateway"),
        (b"<p>no title</p>", "401"),
        (b'{"message": "cut he', "401"),
        (b"[" * 100_000, "401"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "401"),
        (b'{"message": "x", "n": ' + b"9" * 5000 + b"}", "401"),
        (b'{"message": "' + b"bad " * 50_000 + b'"}', "401"),
        (b"\xff\xfe\x00", "401"),
    ],
)
def test_strange_bodies_never_fail_and_never_change_the_outcome(body: bytes, detail: str) -> None:
    answer = classify(401, {}, body, ())
    assert (answer.outcome, answer.detail) == (Outcome.UNAUTHORIZED, detail)


def test_a_redirect_is_named_and_its_target_is_not() -> None:
    answer = classify(302, {"Location": "https://elsewhere.example.org/ada"}, b"moved to ada", ())
    assert answer.detail == "302 redirect, not followed"


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"error": {"code": "VALIDATION_ERROR", "message": "Val Ada exists"}}, "409 VALIDATION_ERROR: … exists"),
        ({"error": {"code": "DUPLICATE_ADA"}}, "409 DUPLICATE_…"),
        ({"message": "no", "modelState": {"customFields.ada": ["x"]}}, "409: customFields.… (x)"),
        ({"message": "no", "modelState": {"ada.email": ["x"]}}, "409: ….email (x)"),
        ("secret-token is unknown", "409: … is unknown"),
    ],
)
def test_what_was_sent_does_not_come_back_but_codes_and_fields_stay_readable(body: Any, detail: str) -> None:
    sent = ("Val", "Ada", "secret-token")
    assert classify(409, {}, json.dumps(body).encode(), sent).detail == detail


def test_many_problems_make_a_short_detail() -> None:
    details = [{"field": f"contacts[{number}].email", "code": "INVALID_FORMAT"} for number in range(500)]
    detail = classify(422, {}, json.dumps({"error": {"code": "INVALID", "details": details}}).encode(), ()).detail
    assert len(detail) <= MAX_LENGTH
    assert detail.startswith("422 INVALID: contacts[0].email (INVALID_FORMAT), contacts[1].email")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "details", "modelState", "errors", "field", "code", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.integers(100, 999), JSON)
def test_no_json_body_breaks_the_classification(status: int, body: Any) -> None:
    assert classify(status, {}, json.dumps(body).encode(), ("abc",)).status == status


@given(st.integers(100, 999), st.binary(max_size=200))
def test_no_bytes_break_the_classification(status: int, body: bytes) -> None:
    assert len(classify(status, {}, body, ()).detail) <= MAX_LENGTH
