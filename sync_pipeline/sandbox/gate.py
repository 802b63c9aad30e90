"""What every API request passes, in this order: token, quota, faults, the endpoint, faults again, books."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from sync_pipeline.sandbox.answers import Cut, empty_answer
from sync_pipeline.sandbox.fault_answers import afterwards, instead, rate_limited, unauthorized
from sync_pipeline.sandbox.faults import BEFORE_THE_EFFECT, Side, Trouble
from sync_pipeline.sandbox.faults import Request as FaultRequest
from sync_pipeline.sandbox.organizations import GivingOrganization, VomoOrganization
from sync_pipeline.sandbox.quota import Permit
from sync_pipeline.sandbox.slack_workspace import SlackWorkspace
from sync_pipeline.sandbox.virtuous_organization import VirtuousOrganization
from sync_pipeline.sandbox.world import World

Found = TypeVar("Found", VirtuousOrganization, VomoOrganization, GivingOrganization, SlackWorkspace)
_EVERY_METHOD = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True)
class Call(Generic[Found]):
    """What an endpoint gets: its organization, the request with its whole body, and the time in Unix seconds."""

    organization: Found
    request: Request
    body: bytes
    now: float


def _bearer(request: Request) -> str:
    """Exactly one space and no quotes, as documented; anything else is no token."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme == "Bearer" else ""


def _api_key(request: Request) -> str:
    return request.headers.get("X-Api-Key", "")


class Gate(Generic[Found]):
    """The way in to the endpoints of one side."""

    def __init__(
        self,
        side: Side,
        find: Callable[[World, str], Found | None],
        credential: Callable[[Request], str] = _bearer,
    ) -> None:
        self._side: Side = side
        self._find = find
        self._credential = credential

    def route(self, method: str, path: str, endpoint: Callable[[Call[Found]], Response]) -> Route:
        """A route whose requests are booked as `method path`, with the names of the path's parts."""
        label = f"{method} {path.replace(':int', '')}"
        return self._route(path, [method], endpoint, lambda _: label)

    def everything_else(self, path: str, endpoint: Callable[[Call[Found]], Response]) -> Route:
        """What no other route takes; booked by the very path asked for."""
        return self._route(path, _EVERY_METHOD, endpoint, lambda request: f"{request.method} {request.url.path}")

    def _route(
        self,
        path: str,
        methods: list[str],
        endpoint: Callable[[Call[Found]], Response],
        label: Callable[[Request], str],
    ) -> Route:
        async def answer(request: Request) -> Response:
            return await self._pass(request, endpoint, label(request))

        return Route(path, answer, methods=methods)

    async def _pass(self, request: Request, endpoint: Callable[[Call[Found]], Response], label: str) -> Response:
        world: World = request.app.state.world
        try:
            body = await request.body()
        except ClientDisconnect:
            return empty_answer(400)
        with world.lock:
            organization = self._find(world, self._credential(request))
            if organization is None:
                world.unknown_tokens += 1
                return unauthorized(self._side)
            organization.books.requests[label] += 1
            organization.books.trace(request.headers.get("traceparent", ""))
            permit = organization.quota.take(world.clock()) if organization.quota else None
            trouble = Trouble() if permit and not permit.granted else self._trouble(world, organization, request)
        if trouble.delay_seconds:
            await world.sleep(trouble.delay_seconds)
        with world.lock:
            call = Call(organization, request, body, world.clock())
            response = self._respond(call, endpoint, permit, trouble)
            organization.books.answers["cut" if isinstance(response, Cut) else str(response.status_code)] += 1
            if permit and organization.quota:
                response.headers.update(organization.quota.headers(permit))
        return response

    def _trouble(self, world: World, organization: Found, request: Request) -> Trouble:
        return world.faults.trouble_for(FaultRequest(self._side, organization.token, request.method, request.url.path))

    def _respond(
        self,
        call: Call[Found],
        endpoint: Callable[[Call[Found]], Response],
        permit: Permit | None,
        trouble: Trouble,
    ) -> Response:
        if permit and not permit.granted:
            return rate_limited(self._side, permit.retry_after)
        if trouble.fault is None:
            return endpoint(call)
        if trouble.fault.kind in BEFORE_THE_EFFECT:
            return instead(trouble.fault, call.body)
        return afterwards(trouble.fault, endpoint(call), str(call.request.url))


VIRTUOUS = Gate[VirtuousOrganization]("virtuous", lambda world, token: world.virtuous.get(token))
VOMO = Gate[VomoOrganization]("vomo", lambda world, token: world.vomo.get(token))
SLACK = Gate[SlackWorkspace]("slack", lambda world, token: world.slack.get(token))
GIVING = Gate[GivingOrganization]("giving", lambda world, token: world.giving.get(token), _api_key)
