"""A request survives the ledger, and its endpoint is the same for every record."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_pipeline.domain.answer import Answer, Outcome
from sync_pipeline.domain.request import Reply, Request

TEXTS = st.text(max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda one: st.lists(one, max_size=3) | st.dictionaries(TEXTS, one, max_size=3),
    max_leaves=6,
)
REQUESTS = st.recursive(
    st.builds(
        Request,
        st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
        st.sampled_from(["/api/Contact", "/api/Gift/{giftId}"]),
        parts=st.dictionaries(TEXTS, TEXTS | st.integers(), max_size=2),
        query=st.dictionaries(TEXTS, TEXTS | st.integers() | st.booleans(), max_size=2),
        body=JSON,
        documented=st.booleans(),
    ),
    lambda one: st.builds(
        lambda request, followers: Request(request.method, request.path, request.parts, followers=tuple(followers)),
        one,
        st.lists(one, max_size=2),
    ),
    max_leaves=4,
)


@settings(deadline=None)
@given(REQUESTS)
def test_what_the_ledger_keeps_is_what_is_sent_later(request: Request) -> None:
    kept = json.loads(json.dumps(request.as_document()))
    assert Request.from_document(kept) == request


def test_the_endpoint_names_no_record() -> None:
    request = Request("GET", "/api/Gift/{giftId}", {"giftId": 5}, {"take": 10})
    assert request.endpoint == "GET /api/Gift/{giftId}"


@pytest.mark.parametrize(
    ("outcome", "status", "accepted", "missing"),
    [
        (Outcome.ACCEPTED, 200, True, False),
        (Outcome.REFUSED, 404, False, True),
        (Outcome.REFUSED, 400, False, False),
        (Outcome.NO_ANSWER, None, False, False),
    ],
)
def test_only_a_404_says_that_there_is_no_such_thing(
    outcome: Outcome, status: int | None, accepted: bool, missing: bool
) -> None:
    reply = Reply(Answer(outcome, status))
    assert (reply.is_accepted, reply.is_missing) == (accepted, missing)
