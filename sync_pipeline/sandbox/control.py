"""The `/sandbox` endpoints: the operations of `World` over HTTP, for tests and demonstrations in other processes."""

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync_pipeline.sandbox.answers import json_answer
from sync_pipeline.sandbox.world import UnknownTokenError, World

Json = dict[str, Any]
Operation = Callable[[World, dict[str, str], Json], Any]


def run_import(world: World, asked: dict[str, str], _: Json) -> Any:
    return world.run_import(asked["token"])


def spend_quota(world: World, asked: dict[str, str], _: Json) -> Any:
    return world.spend_quota(asked["token"], int(asked["requests"]))


def books(world: World, asked: dict[str, str], _: Json) -> Any:
    """Without a token: every organization's, by token, and how many requests had a token of nobody."""
    if "token" in asked:
        return world.books(asked["token"])
    organizations = {token: world.books(token) for token in (*world.virtuous, *world.vomo)}
    return {"unknown_tokens": world.unknown_tokens, "organizations": organizations}


def contacts(world: World, asked: dict[str, str], _: Json) -> Any:
    return world.contacts(asked["token"])


def add_organization(world: World, _: dict[str, str], body: Json) -> Any:
    world.add_organization(**body)


def change_organization(world: World, asked: dict[str, str], body: Json) -> Any:
    world.change_organization(asked["token"], **body)


def vomo_users(world: World, asked: dict[str, str], _: Json) -> Any:
    return world.vomo_users(asked["token"])


def add_vomo_organization(world: World, _: dict[str, str], body: Json) -> Any:
    world.add_vomo_organization(**body)


def change_vomo(world: World, asked: dict[str, str], _: Json) -> Any:
    return world.change_vomo(
        asked["token"],
        share=float(asked.get("share", "0.01")),
        seed=int(asked.get("seed", "1")),
        add=int(asked.get("add", "0")),
        remove=int(asked.get("remove", "0")),
    )


def edit_vomo_user(world: World, asked: dict[str, str], body: Json) -> Any:
    return world.edit_vomo_user(asked["token"], int(asked["id"]), **body)


def add_fault(world: World, _: dict[str, str], body: Json) -> Any:
    world.add_fault(**body)


def clear_faults(world: World, _: dict[str, str], __: Json) -> Any:
    world.clear_faults()


def fault_report(world: World, _: dict[str, str], __: Json) -> Any:
    return world.fault_report()


def _route(method: str, path: str, operation: Operation) -> Route:
    async def answer(request: Request) -> Response:
        try:
            body = msgspec.json.decode(await request.body() or b"{}", type=Json)
            result = operation(request.app.state.world, dict(request.query_params), body)
        except UnknownTokenError:
            return json_answer({"error": "No organization of the sandbox has this token."}, 404)
        except (msgspec.MsgspecError, KeyError, TypeError, ValueError) as error:
            return json_answer({"error": f"{type(error).__name__}: {error}"}, 400)
        return json_answer(result if result is not None else {"ok": True})

    return Route(path, answer, methods=[method])


ROUTES = [
    _route("POST", "/sandbox/import", run_import),
    _route("POST", "/sandbox/spend", spend_quota),
    _route("GET", "/sandbox/books", books),
    _route("GET", "/sandbox/contacts", contacts),
    _route("POST", "/sandbox/organizations", add_organization),
    _route("PATCH", "/sandbox/organizations", change_organization),
    _route("GET", "/sandbox/vomo", vomo_users),
    _route("POST", "/sandbox/vomo/organizations", add_vomo_organization),
    _route("POST", "/sandbox/vomo/change", change_vomo),
    _route("PATCH", "/sandbox/vomo/users", edit_vomo_user),
    _route("POST", "/sandbox/faults", add_fault),
    _route("DELETE", "/sandbox/faults", clear_faults),
    _route("GET", "/sandbox/faults", fault_report),
]
