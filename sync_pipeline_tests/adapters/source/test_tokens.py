"""The ways to send a token, from one page to the next, and that it is seen nowhere else."""

import base64

import httpx
import pytest
from structlog.testing import capture_logs

from sync_pipeline.adapters.secrets import Secrets
from sync_pipeline.adapters.source.auth import authentication
from sync_pipeline.domain.configuration.connector import BasicAuth, HeaderAuth
from sync_pipeline.domain.errors import ConfigurationError, SourceError
from sync_pipeline_tests.adapters.source.support import (
    TOKEN,
    Api,
    Handler,
    Script,
    VirtualClock,
    keys,
    open_source,
    page,
    read,
    stream,
    walk,
)

QUERY = {"kind": "query", "name": "api_key"}


def sent_by_basic(secret: str) -> str:
    request = httpx.Request("GET", "https://api.example.org")
    return next(authentication(BasicAuth(kind="basic"), secret).sync_auth_flow(request)).headers["Authorization"]


@pytest.mark.parametrize("password", ["p", "p:q", "", "!#$%&'*+,-./;<=>?@[]^_`{|}~"])
def test_a_basic_secret_is_user_and_password_and_the_password_may_hold_colons(password: str) -> None:
    secret = Secrets({"PAIR": f"somebody:{password}\n"}.get).resolve("env:PAIR")
    assert sent_by_basic(secret) == "Basic " + base64.b64encode(f"somebody:{password}".encode()).decode()


@pytest.mark.parametrize("token", [None, ""])
def test_a_connector_that_needs_a_token_is_not_read_without(token: str | None) -> None:
    with pytest.raises(ConfigurationError, match="by `header`") as caught:
        authentication(HeaderAuth(kind="header", name="X-Key"), token)
    assert "env:NAME" in caught.value.remedy


def test_a_link_that_echoes_the_token_is_stripped_of_it_and_its_pages_can_still_be_counted() -> None:
    clock = VirtualClock()
    flying = most_flying = 0

    async def echoing(request: httpx.Request) -> httpx.Response:
        nonlocal flying, most_flying
        assert request.url.params.get_list("api_key") == [TOKEN]
        number = int(request.url.params.get("page", "1"))
        flying += 1
        most_flying = max(flying, most_flying)
        await clock.sleep(0.05)
        flying -= 1
        following = f"/v1/users?api_key={TOKEN}&page={number + 1}" if number < 8 else None
        return page([number], following, meta={"total": 8})

    assert len(keys(read(open_source(echoing, clock=clock, auth=QUERY), concurrency=4))) == 8
    assert most_flying == 4


def looping(request: httpx.Request) -> httpx.Response:
    return page([int(request.url.params.get("page", "1"))], f"?api_key={TOKEN}&page=1")


@pytest.mark.parametrize(
    "handler",
    [
        Script(page([1], f"https://evil.example.org/?api_key={TOKEN}")),
        Script(page([1], f"https://[broken?api_key={TOKEN}")),
        Script(httpx.Response(302, headers={"Location": f"https://login.example.org/?api_key={TOKEN}"})),
        Script(httpx.Response(422, text=f"{TOKEN} is not allowed")),
        Script(httpx.Response(200, text=f"<html>{TOKEN}</html>")),
        Script(httpx.ConnectError(f"https://api.example.org/?api_key={TOKEN}")),
        Script(httpx.Response(503)),
        Script(page([1], [TOKEN])),
        looping,
    ],
    ids=["foreign", "unreadable", "redirect", "refused", "html", "no connection", "busy", "no link", "loop"],
)
def test_a_token_sent_as_a_parameter_is_in_no_message_and_in_no_log(
    handler: Handler, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"), capture_logs() as logs, pytest.raises(SourceError) as caught:
        read(open_source(handler, auth=QUERY), tries=2)
    assert TOKEN not in f"{caught.value}{logs}{caplog.text}"


def test_a_query_token_goes_with_every_list_of_a_walk() -> None:
    api = Api({"/events": {"data": [{"id": 1}]}, "/events/1/shifts": {"data": [{"id": 2}]}})
    plain = {"pagination": {"kind": "none"}, "total": None}
    shifts = stream(path="/events/{id}/shifts", walk={"parent": "events"}, **plain)
    events = stream(path="/events", **plain)
    walk(open_source(api, shifts, others={"events": events}, auth=QUERY))
    assert [request.url.params["api_key"] for request in api.requests] == [TOKEN, TOKEN]
