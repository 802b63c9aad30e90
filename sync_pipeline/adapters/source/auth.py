"""How a request proves who it is. Only static tokens: nothing here ever asks for a new one."""

from collections.abc import Generator

import httpx

from sync_pipeline.domain.configuration.connector import Auth, BasicAuth, BearerAuth, HeaderAuth, NoAuth, QueryAuth
from sync_pipeline.domain.errors import ConfigurationError

Flow = Generator[httpx.Request, httpx.Response, None]


class HeaderToken(httpx.Auth):
    """Sends a fixed header."""

    def __init__(self, name: str, value: str) -> None:
        self._name = name
        self._value = value

    def auth_flow(self, request: httpx.Request) -> Flow:
        request.headers[self._name] = self._value
        yield request


class QueryToken(httpx.Auth):
    """Sends a fixed query parameter, replacing one that a link brought along."""

    def __init__(self, name: str, value: str) -> None:
        self._name = name
        self._value = value

    def auth_flow(self, request: httpx.Request) -> Flow:
        request.url = request.url.copy_set_param(self._name, self._value)
        yield request


def sent_as(auth: Auth) -> str:
    """How a request carries the token, for a person who compares it with the platform's documentation."""
    match auth:
        case NoAuth():
            return "nowhere, because `auth` of the connector is `none`"
        case BearerAuth():
            return "as `Authorization: Bearer <token>`"
        case HeaderAuth():
            return f"as `{auth.name}: {auth.prefix}<token>`"
        case QueryAuth():
            return f"as the parameter `{auth.name}` of the address"
        case BasicAuth():
            return "as HTTP basic authentication, of `user:password`"


def authentication(auth: Auth, token: str | None) -> httpx.Auth:
    """The connector's way to send the token; for basic the token is `user:password`.

    Raises:
        ConfigurationError: the connector needs a token and there is none.
    """
    if isinstance(auth, NoAuth):
        return httpx.Auth()
    if not token:
        raise ConfigurationError(
            f"The connector sends its token by `{auth.kind}`, but the source has none.",
            "Set `token: env:NAME` or `token: file:PATH` in the customer's file.",
        )
    match auth:
        case BearerAuth():
            return HeaderToken("Authorization", f"Bearer {token}")
        case HeaderAuth():
            return HeaderToken(auth.name, f"{auth.prefix}{token}")
        case QueryAuth():
            return QueryToken(auth.name, token)
        case BasicAuth():
            user, _, password = token.partition(":")
            return httpx.BasicAuth(user, password)
