"""The client speaks the documented calls and turns every answer into an Answer, never retrying."""

import asyncio
import json
import re
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from sync_pipeline.adapters.virtuous import VirtuousClient
from sync_pipeline.domain.answer import Answer, Outcome
from sync_pipeline.domain.crm import contacts, gifts, notes, tags, volunteers
from sync_pipeline.domain.errors import PrerequisiteError
from sync_pipeline.domain.request import Reply, Request
from sync_pipeline.ports import Destination
from sync_pipeline_tests.adapters.virtuous.asking import Handler, answering, ask

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
ADA = {"referenceId": "u-7", "contactType": "Household", "firstName": "Adelaide", "email": "adelaide@example.org"}


def sent_by(call: Callable[[Destination], Awaitable[Any]], **options: str) -> httpx.Request:
    """The one request that `call` sends."""
    requests: list[httpx.Request] = []

    def record(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(500)

    ask(record, call, **options)
    (request,) = requests
    return request


async def send_ada(client: Destination) -> Answer:
    return (await client.ask(contacts.transaction("VOMO", ADA))).answer


def replied(request: Request, handler: Handler) -> Reply:
    """What the client makes of a server's behaviour."""
    return ask(handler, lambda client: client.ask(request))


async def send_batch_of_ada(client: Destination) -> Answer:
    return (await client.ask(contacts.batch("VOMO", [ADA]))).answer


class TestRequests:
    def test_the_token_travels_as_bearer_with_one_space(self) -> None:
        request = sent_by(lambda client: client.organization(), key=" tok-123\n")
        assert request.headers["Authorization"] == "Bearer tok-123"
        assert (request.method, str(request.url)) == ("GET", "https://virtuous.test/api/Organization/Current")

    @pytest.mark.parametrize("token", ["", "  ", "two words", "line\nbreak", "umläut"])
    def test_a_token_no_header_can_carry_is_refused_without_quoting_it(self, token: str) -> None:
        with pytest.raises(PrerequisiteError) as caught:
            VirtuousClient("https://virtuous.test", token)
        assert not token.strip() or token not in "".join(traceback.format_exception_only(caught.value))

    def test_a_write_carries_the_trace_of_its_slice_and_the_span_of_its_batch(self) -> None:
        call = contacts.transaction("VOMO", ADA)
        request = sent_by(lambda client: client.ask(call, "00f067aa0ba902b7"), trace_id=TRACE)
        assert request.headers["traceparent"] == f"00-{TRACE}-00f067aa0ba902b7-01"

    def test_a_question_carries_the_trace_with_a_span_of_its_own(self) -> None:
        request = sent_by(lambda client: client.organization(), trace_id=TRACE)
        assert re.fullmatch(rf"00-{TRACE}-[0-9a-f]{{16}}-01", request.headers["traceparent"])

    def test_who_works_outside_a_slice_sends_no_trace(self) -> None:
        assert "traceparent" not in sent_by(lambda client: client.organization()).headers

    def test_a_single_contact_is_flat_with_its_reference_source(self) -> None:
        request = sent_by(send_ada)
        assert (request.method, request.url.path) == ("POST", "/api/Contact/Transaction")
        assert request.headers["Content-Type"] == "application/json"
        assert json.loads(request.content) == {**ADA, "referenceSource": "VOMO"}

    def test_a_batch_names_the_reference_source_once(self) -> None:
        rows = [ADA, {**ADA, "referenceId": "u-8", "referenceSource": "VOMO"}]
        request = sent_by(lambda client: client.ask(contacts.batch("VOMO", rows)))
        assert (request.method, request.url.path) == ("POST", "/api/Contact/Batch")
        assert json.loads(request.content) == {
            "referenceSource": "VOMO",
            "contacts": [ADA, {**ADA, "referenceId": "u-8"}],
        }

    @pytest.mark.parametrize(
        ("source", "reference", "path"),
        [
            ("VOMO", "u-7", b"/api/Contact/VOMO/u-7"),
            ("My VOMO", "a/b", b"/api/Contact/My%20VOMO/a%2Fb"),
            ("VOMO", "100%?#&", b"/api/Contact/VOMO/100%25%3F%23%26"),
            ("VOMO", "%2F", b"/api/Contact/VOMO/%252F"),
            ("VOMÖ", "王", b"/api/Contact/VOM%C3%96/%E7%8E%8B"),
            ("VOMO", "..", b"/api/Contact/VOMO/%2E%2E"),
            ("VOMO", "a.b", b"/api/Contact/VOMO/a.b"),
        ],
    )
    def test_both_parts_of_a_reference_are_url_encoded(self, source: str, reference: str, path: bytes) -> None:
        request = sent_by(lambda client: client.ask(contacts.by_reference(source, reference)))
        assert (request.method, request.url.raw_path) == ("GET", path)

    @pytest.mark.parametrize(
        ("query", "address"),
        [
            ({}, b"/api/Tag"),
            ({"skip": 0, "take": 1_000}, b"/api/Tag?skip=0&take=1000"),
            ({"descending": True, "includeArchived": False}, b"/api/Tag?descending=true&includeArchived=false"),
            ({"filter": "a&b=c d/\u00e9"}, b"/api/Tag?filter=a%26b%3Dc+d%2F%C3%A9"),
        ],
    )
    def test_a_query_is_encoded_and_spells_booleans_as_json_does(
        self, query: dict[str, str | int | bool], address: bytes
    ) -> None:
        request = sent_by(lambda client: client.ask(Request("GET", "/api/Tag", query=query)))
        assert request.url.raw_path == address

    @pytest.mark.parametrize(
        ("request_", "method", "address"),
        [
            (volunteers.remove_hours(3, 9), "DELETE", b"/api/VolunteerOpportunity/3/Attendance/9"),
            (volunteers.attendances(3, 60), "GET", b"/api/VolunteerOpportunity/3/Volunteers/60/Attendance"),
            (contacts.unarchive(12), "PUT", b"/api/Contact/Unarchive/12"),
            (gifts.by_transaction("My Giving", "g/1"), "GET", b"/api/Gift/My%20Giving/g%2F1"),
            (
                notes.of_contact(12, 100, 50),
                "GET",
                b"/api/ContactNote/ByContact/12?sortBy=Id&descending=true&skip=100&take=50",
            ),
        ],
    )
    def test_the_parts_fill_the_address_and_without_a_body_none_is_sent(
        self, request_: Request, method: str, address: bytes
    ) -> None:
        request = sent_by(lambda client: client.ask(request_))
        assert (request.method, request.url.raw_path, request.content) == (method, address, b"")
        assert "Content-Type" not in request.headers

    def test_a_body_may_be_a_list(self) -> None:
        request = sent_by(lambda client: client.ask(tags.bulk([tags.pair(4, 12)])))
        assert json.loads(request.content) == [{"tagId": 4, "contactId": 12}]

    def test_followers_are_left_to_the_caller_who_takes_a_permit_for_each(self) -> None:
        first = Request("PUT", "/api/Contact/Unarchive/{contactId}", {"contactId": 12}, followers=(tags.remove(9),))
        request = sent_by(lambda client: client.ask(first))
        assert request.url.path == "/api/Contact/Unarchive/12"

    def test_an_empty_reference_would_be_another_call_and_is_a_mistake(self) -> None:
        with pytest.raises(ValueError, match="reference"):
            sent_by(lambda client: client.ask(contacts.by_reference("VOMO", "")))

    def test_a_prefix_in_the_base_url_is_kept(self) -> None:
        async def run() -> str:
            seen: list[str] = []

            def record(request: httpx.Request) -> httpx.Response:
                seen.append(request.url.path)
                return httpx.Response(200)

            transport = httpx.MockTransport(record)
            async with VirtuousClient("http://localhost:1/org-a/", "t", transport=transport) as client:
                await client.ask(contacts.batch("VOMO", []))
            return seen[0]

        assert asyncio.run(run()) == "/org-a/api/Contact/Batch"

    def test_outside_of_its_context_it_refuses_to_work(self) -> None:
        with pytest.raises(RuntimeError, match="async with"):
            asyncio.run(VirtuousClient("https://virtuous.test", "t").organization())


class TestTransactions:
    def test_a_huge_body_is_not_read_to_its_end_and_its_connection_is_given_up(self) -> None:
        read = 0
        closed = False

        class Endless(httpx.AsyncByteStream):
            async def __aiter__(self) -> AsyncIterator[bytes]:
                nonlocal read
                while True:
                    read += 1
                    yield b"x" * 10_000

            async def aclose(self) -> None:
                nonlocal closed
                closed = True

        answer = ask(lambda _: httpx.Response(400, stream=Endless()), send_ada)
        assert (answer.outcome, read, closed) == (Outcome.REFUSED, 7, True)

    def test_a_refusal_quotes_nothing_that_was_sent_nor_the_token(self) -> None:
        message = "adelaide@example.org of Adelaide (u-7) with token tok-123 is refused"
        for call in (send_ada, send_batch_of_ada):
            assert ask(answering(400, {"message": message}), call).detail == "400: … of … (…) with token … is refused"

    def test_a_throttled_answer_carries_the_wait_and_the_rate(self) -> None:
        headers = {"Retry-After": "600", "X-RateLimit-Limit": "1500", "X-RateLimit-Remaining": "0"}
        answer = ask(answering(429, {"error": {"code": "RATE_LIMITED"}}, **headers), send_ada)
        assert (answer.outcome, answer.retry_after, answer.detail) == (Outcome.THROTTLED, 600, "429 RATE_LIMITED")
        assert (answer.rate.limit, answer.rate.remaining) == (1500, 0)

    def test_a_retry_after_date_counts_from_the_given_clock(self) -> None:
        answer = ask(answering(429, b"", **{"Retry-After": "Wed, 04 Mar 2026 00:01:00 GMT"}), send_ada)
        assert answer.retry_after == 60

    def test_a_redirect_is_not_followed(self) -> None:
        answer = ask(answering(307, b"", Location="https://elsewhere.test/"), send_ada)
        assert (answer.outcome, answer.detail) == (Outcome.REFUSED, "307 redirect, not followed")

    def test_an_undecodable_body_hides_neither_a_success_nor_a_refusal(self) -> None:
        for status, outcome in ((200, Outcome.ACCEPTED), (409, Outcome.REFUSED)):

            class Garbage(httpx.AsyncByteStream):
                async def __aiter__(self) -> AsyncIterator[bytes]:
                    yield b"no gzip at all"

            def respond(_: httpx.Request, code: int = status) -> httpx.Response:
                return httpx.Response(code, stream=Garbage(), headers={"Content-Encoding": "gzip"})

            assert ask(respond, send_ada).outcome is outcome


class TestTransportErrors:
    @pytest.mark.parametrize(
        ("error", "outcome"),
        [
            (httpx.ConnectError("All connection attempts failed"), Outcome.UNREACHED),
            (httpx.ConnectTimeout(""), Outcome.UNREACHED),
            (httpx.PoolTimeout(""), Outcome.UNREACHED),
            (httpx.ProxyError("407"), Outcome.UNREACHED),
            (httpx.ReadTimeout(""), Outcome.NO_ANSWER),
            (httpx.WriteTimeout(""), Outcome.NO_ANSWER),
            (httpx.ReadError(""), Outcome.NO_ANSWER),
            (httpx.WriteError(""), Outcome.NO_ANSWER),
            (httpx.CloseError(""), Outcome.NO_ANSWER),
            (httpx.RemoteProtocolError("adelaide"), Outcome.NO_ANSWER),
            (httpx.LocalProtocolError(""), Outcome.NO_ANSWER),
            (ConnectionResetError(), Outcome.NO_ANSWER),
        ],
    )
    def test_only_what_cannot_have_left_counts_as_not_sent(self, error: Exception, outcome: Outcome) -> None:
        def fail(_: httpx.Request) -> httpx.Response:
            raise error

        answer = ask(fail, send_ada)
        assert (answer.outcome, answer.status) == (outcome, None)
        assert type(error).__name__ in answer.detail
        assert "adelaide" not in answer.detail

    @pytest.mark.parametrize("mistake", [KeyError("x"), TypeError("x"), httpx.UnsupportedProtocol("ftp")])
    def test_a_mistake_in_our_own_code_is_no_answer_and_propagates(self, mistake: Exception) -> None:
        def fail(_: httpx.Request) -> httpx.Response:
            raise mistake

        with pytest.raises(type(mistake)):
            ask(fail, send_ada)


class TestReplies:
    """Where a body is documented, a 2xx without it says nothing."""

    @pytest.mark.parametrize(
        ("body", "document"), [(b'{"id": 5}', {"id": 5}), (b" [] ", []), (b"null", None), (b'"x"', "x")]
    )
    @pytest.mark.parametrize("request_", [notes.create(12, {"note": "x"}), gifts.reversal(5, "2026-03-04", "x")])
    def test_the_document_of_a_success_is_decoded(self, request_: Request, body: bytes, document: Any) -> None:
        reply = replied(request_, answering(200, body))
        assert (reply.is_accepted, reply.document) == (True, document)

    @pytest.mark.parametrize("status", [200, 201, 204])
    @pytest.mark.parametrize("body", [b"", b" \r\n"])
    def test_an_empty_body_is_accepted_only_where_none_is_documented(self, status: int, body: bytes) -> None:
        reply = replied(volunteers.remove_hours(3, 9), answering(status, body))
        assert (reply.answer.outcome, reply.document) == (Outcome.ACCEPTED, None)
        created = replied(notes.create(12, {"note": "x"}), answering(status, body))
        assert (created.answer.outcome, created.document) == (Outcome.NO_ANSWER, None)
        assert created.answer.detail == f"{status} with an unreadable body"

    @pytest.mark.parametrize("body", [b"<html>Down for maintenance</html>", b"{cut", b"OK", b"\xff\xfe"])
    @pytest.mark.parametrize("request_", [notes.create(12, {"note": "x"}), gifts.reversal(5, "2026-03-04", "x")])
    def test_what_is_no_json_is_no_answer(self, request_: Request, body: bytes) -> None:
        reply = replied(request_, answering(200, body))
        assert (reply.answer.outcome, reply.document) == (Outcome.NO_ANSWER, None)

    @pytest.mark.parametrize("status", [400, 404, 429, 500])
    def test_the_body_of_a_refusal_is_no_document(self, status: int) -> None:
        reply = replied(contacts.by_id(12), answering(status, {"id": 12}))
        assert (reply.is_accepted, reply.document) == (False, None)
        assert reply.is_missing is (status == 404)

    def test_a_document_longer_than_any_real_one_is_no_answer(self) -> None:
        def respond(_: httpx.Request) -> httpx.Response:
            return httpx.Response(200, content=b"[" + b" " * (9 * 1024 * 1024) + b"]")

        assert replied(contacts.by_id(12), respond).answer.outcome is Outcome.NO_ANSWER


class TestRedaction:
    """A refusal quotes what was sent; none of it may reach a log, a report or the ledger's reason."""

    NOTE = notes.create(1, {"type": "General", "note": "Walked Zebedee home\n[sync:VOMO/r-77]", "private": True})
    GIFT = gifts.transaction(
        "GIVING",
        {
            "transactionId": "don-zqx",
            "amount": "1.25",
            "notes": "for the roof",
            "contact": {"firstname": "zelma", "email": "zelma@example.org", "address": {"city": "quillburg"}},
            "designations": [{"code": "roof", "amountDesignated": "1.25"}],
            "customFields": {"Appeal": "springtide"},
        },
    )
    GIFTS = gifts.batch("GIVING", [{"transactionId": "don-zqx", "contact": {"lastname": "quillfeather"}}])

    @pytest.mark.parametrize(
        ("request_", "values"),
        [
            (NOTE, ["Walked Zebedee home", "zebedee", "[sync:VOMO/r-77]"]),
            (GIFT, ["don-zqx", "zelma", "zelma@example.org", "quillburg", "for the roof", "springtide", "1.25"]),
            (GIFTS, ["don-zqx", "quillfeather"]),
            (contacts.by_reference("VOMO", "zebedee-77"), ["zebedee-77", "zebedee"]),
            (Request("GET", "/api/Volunteer/Search", query={"emailAddress": "zelma@example.org"}), ["zelma"]),
        ],
    )
    @pytest.mark.parametrize(
        "shape",
        [
            lambda text: {"message": text},
            lambda text: {"error": {"code": "INVALID", "details": [{"field": "x", "message": text}]}},
            lambda text: {"modelState": {text: [text]}},
            lambda text: f"plain text about {text}".encode(),
        ],
    )
    def test_nothing_that_was_sent_comes_back(
        self, request_: Request, values: list[str], shape: Callable[[str], Any]
    ) -> None:
        for value in values:
            detail = replied(request_, answering(400, shape(f"the value {value} is not allowed"))).answer.detail
            assert value.lower() not in detail.lower()
            assert detail.startswith("400")

    def test_the_names_of_fields_stay_readable(self) -> None:
        body = {"error": {"code": "VALIDATION_ERROR", "details": [{"field": "contact.lastname", "code": "REQUIRED"}]}}
        detail = replied(self.GIFTS, answering(422, body)).answer.detail
        assert detail == "422 VALIDATION_ERROR: contact.lastname (REQUIRED)"


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b"", Outcome.ACCEPTED),
        (b" \r\n", Outcome.ACCEPTED),
        (b'{"importId": 5}', Outcome.ACCEPTED),
        (b"null", Outcome.ACCEPTED),
        (b"<html>Down for maintenance</html>", Outcome.NO_ANSWER),
        (b"{cut", Outcome.NO_ANSWER),
    ],
)
def test_a_transaction_is_accepted_only_by_an_empty_body_or_json(body: bytes, outcome: Outcome) -> None:
    batch = ask(answering(200, body), send_batch_of_ada)
    single = ask(answering(200, body), send_ada)
    assert (batch.outcome, single.outcome) == (outcome, outcome)
