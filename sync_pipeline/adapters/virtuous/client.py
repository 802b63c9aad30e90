"""The Virtuous client: implements `ports.Destination` over httpx."""

from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from datetime import datetime
from functools import cache
from ssl import SSLContext
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import quote, urlencode

import httpx

from sync_pipeline.adapters.logs import silence_http_logs
from sync_pipeline.adapters.virtuous.answers import ERROR_BODY_LIMIT, classify, unreadable
from sync_pipeline.adapters.virtuous.documents import is_json, read_json, read_organization
from sync_pipeline.adapters.virtuous.permissions import read_contact_write_access
from sync_pipeline.adapters.virtuous.transport_errors import failed
from sync_pipeline.domain.answer import Answer, Outcome
from sync_pipeline.domain.contact import personal_values
from sync_pipeline.domain.errors import PrerequisiteError
from sync_pipeline.domain.organization import Organization, WriteAccess
from sync_pipeline.domain.request import Reply, Request
from sync_pipeline.domain.trace import TRACEPARENT, traceparent
from sync_pipeline.stopping import GRACE_SECONDS, Stop
from sync_pipeline.telemetry import span

ORGANIZATION = "/api/Organization/Current"
PERMISSION = "/api/Permission"
REQUEST_TIMEOUT_SECONDS = 30.0
"""The longest any request lasts, from taking a connection to the last byte: nothing is sent later than this."""

CONNECT_TIMEOUT_SECONDS = 10.0
DOCUMENT_LIMIT = 8 * 1024 * 1024
"""Bytes of a documented body; a longer one is not the document we asked for."""

# Below the five seconds after which common servers drop an idle connection: a write that meets the closing end
# of a reused one is in doubt for nothing.
KEEPALIVE_SECONDS = 4.0


class VirtuousClient:
    """One Virtuous organization, reached with one token. Use as an async context manager; it never retries.

    Every method answers with an Answer, also when nothing could be reached. Proxies and certificate authorities come
    from the usual environment variables, as httpx reads them. `now` is asked only for a `Retry-After` that is a date
    while the answer has no `Date`. Once `stop` is requested, a request under way has a moment left. With a `trace_id`
    every request carries `traceparent`, which a server that does not know it ignores.

    Raises:
        PrerequisiteError: the token cannot be carried by a header.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        now: Callable[[], datetime] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        request_timeout: float = REQUEST_TIMEOUT_SECONDS,
        stop: Stop | None = None,
        trace_id: str | None = None,
    ) -> None:
        self._trace_id = trace_id
        silence_http_logs()
        self._base_url = base_url
        self._token = _header_token(token)
        self._now = now
        self._transport = transport
        self._request_timeout = request_timeout
        self._stop = stop or Stop()
        self._http: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        self._http = httpx.AsyncClient(
            base_url=self._base_url,
            headers={
                "Authorization": f"Bearer {self._token}",
                "Accept": "application/json",
                "User-Agent": "sync-pipeline",
            },
            timeout=httpx.Timeout(self._request_timeout, connect=min(CONNECT_TIMEOUT_SECONDS, self._request_timeout)),
            limits=httpx.Limits(keepalive_expiry=KEEPALIVE_SECONDS),
            follow_redirects=False,
            transport=self._transport,
            verify=_trust_store(),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def organization(self) -> tuple[Organization | None, Answer]:
        """The organization of the token, None when the answer does not hold one."""
        answer, body = await self._told(ORGANIZATION, "GET", ORGANIZATION, body_limit=DOCUMENT_LIMIT)
        if answer.outcome is not Outcome.ACCEPTED:
            return None, answer
        organization = read_organization(body)
        return organization, answer if organization is not None else unreadable(answer)

    async def contact_write_access(self) -> tuple[WriteAccess, Answer]:
        """UNKNOWN unless the answer speaks about writing contacts in words we know."""
        answer, body = await self._told(PERMISSION, "GET", PERMISSION, body_limit=DOCUMENT_LIMIT)
        if answer.outcome is not Outcome.ACCEPTED:
            return WriteAccess.UNKNOWN, answer
        document = read_json(body)
        if document is None:
            return WriteAccess.UNKNOWN, unreadable(answer)
        return read_contact_write_access(document), answer

    async def ask(self, request: Request, span_id: str | None = None) -> Reply:
        """Send one request; the answer carries the document of a 2xx, if there is one.

        A 2xx whose documented body is no JSON is no answer. Where none is documented an empty body is the normal one,
        and a page of somebody in between (maintenance, a login) is no answer either.
        """
        path = request.path.format_map({name: _path_part(str(value)) for name, value in request.parts.items()})
        query = urlencode({name: _query_value(value) for name, value in request.query.items()})
        sent = (request.body, list(request.parts.values()), list(request.query.values()))
        answer, body = await self._told(
            request.path,
            request.method,
            f"{path}?{query}" if query else path,
            payload=request.body,
            sent=sent,
            body_limit=DOCUMENT_LIMIT,
            span_id=span_id,
        )
        if answer.outcome is not Outcome.ACCEPTED:
            return Reply(answer)
        if not body.strip() and not request.documented:
            return Reply(answer)
        if not is_json(body):
            return Reply(unreadable(answer))
        return Reply(answer, read_json(body))

    async def _told(self, template: str, method: str, path: str, **options: Any) -> tuple[Answer, bytes]:
        """A request whose span names the template: the path itself may hold a reference or a name."""
        with span("request", endpoint=f"{method} {template}") as told:
            answer, body = await self._request(method, path, **options)
            told.note(status=answer.status, outcome=answer.outcome.value)
            return answer, body

    async def _request(
        self,
        method: str,
        path: str,
        *,
        payload: Any = None,
        sent: Any = (),
        body_limit: int = ERROR_BODY_LIMIT,
        span_id: str | None = None,
    ) -> tuple[Answer, bytes]:
        """One request, one answer, and the body as far as `body_limit` (less of an error)."""
        if self._http is None:
            raise RuntimeError("VirtuousClient is an async context manager: use it inside `async with`")
        response: httpx.Response | None = None
        body = b""
        try:
            async with self._stop.limiting(self._request_timeout, grace=GRACE_SECONDS):
                headers = None if self._trace_id is None else {TRACEPARENT: traceparent(self._trace_id, span_id)}
                request = self._http.build_request(method, path, json=payload, headers=headers)
                response = await self._http.send(request, stream=True)
                body = await _read(response, body_limit if response.is_success else ERROR_BODY_LIMIT)
        except (httpx.TransportError, OSError) as error:
            # The status of a refusal stands, whatever became of its explanation; a success that broke off does not.
            if response is None or response.is_success:
                return failed(error), b""
        return classify(response.status_code, response.headers, body, self._sent_values(sent), self._now), body

    def _sent_values(self, sent: Any) -> Collection[str]:
        return {self._token, *personal_values(sent)}


@cache
def _trust_store() -> SSLContext:
    """Reading the certificate authorities takes 38 ms: once per process, not once per customer."""
    return httpx.create_ssl_context()


async def _read(response: httpx.Response, limit: int) -> bytes:
    """The first `limit` bytes of the decoded body; nothing when it cannot be decoded."""
    body = bytearray()
    # httpx declares an iterator but hands out a generator; left unclosed by `break` it would outlive the response.
    generator = cast("AsyncGenerator[bytes]", response.aiter_bytes())
    async with aclosing(response), aclosing(generator) as chunks:
        try:
            async for chunk in chunks:
                body += chunk
                if len(body) >= limit:
                    break
        except httpx.DecodingError:
            return b""
    return bytes(body[:limit])


def _path_part(text: str) -> str:
    """One url-encoded path segment; one of dots alone would be taken for a step up."""
    if not text:
        raise ValueError("a reference look-up needs a source and an id")
    return quote(text, safe="") if text.strip(".") else "%2E" * len(text)


def _query_value(value: str | int | bool) -> str:
    """Booleans as JSON spells them; str() would say True."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _header_token(token: str) -> str:
    bare = token.strip()
    if not bare or not bare.isascii() or not bare.isprintable() or " " in bare:
        raise PrerequisiteError(
            "The Virtuous token is empty or holds a character that no token has.",
            "Put the API key alone, without quotes or the word Bearer, where the customer's file points to.",
        )
    return bare
