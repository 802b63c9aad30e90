"""The `/sandbox` endpoints: the operations of `World` over HTTP, for tests and demonstrations in other processes."""

from typing import Any

from sync_pipeline.sandbox import giving_control, slack_control, virtuous_control, vomo_control
from sync_pipeline.sandbox.operation import Json, operation_route
from sync_pipeline.sandbox.world import World


def run_import(world: World, asked: dict[str, str], _: Json) -> Any:
    return world.run_import(asked["token"])


def spend_quota(world: World, asked: dict[str, str], _: Json) -> Any:
    return world.spend_quota(asked["token"], int(asked["requests"]))


def books(world: World, asked: dict[str, str], _: Json) -> Any:
    """Without a token: every organization's, by token, and how many requests had a token of nobody."""
    if "token" in asked:
        return world.books(asked["token"])
    organizations = {token: world.books(token) for token in (*world.virtuous, *world.vomo, *world.giving)}
    return {"unknown_tokens": world.unknown_tokens, "organizations": organizations}


def contacts(world: World, asked: dict[str, str], _: Json) -> Any:
    return world.contacts(asked["token"])


def add_organization(world: World, _: dict[str, str], body: Json) -> Any:
    world.add_organization(**body)


def change_organization(world: World, asked: dict[str, str], body: Json) -> Any:
    world.change_organization(asked["token"], **body)


def add_fault(world: World, _: dict[str, str], body: Json) -> Any:
    world.add_fault(**body)


def clear_faults(world: World, _: dict[str, str], __: Json) -> Any:
    world.clear_faults()


def fault_report(world: World, _: dict[str, str], __: Json) -> Any:
    return world.fault_report()


ROUTES = [
    operation_route("POST", "/sandbox/import", run_import),
    operation_route("POST", "/sandbox/spend", spend_quota),
    operation_route("GET", "/sandbox/books", books),
    operation_route("GET", "/sandbox/contacts", contacts),
    operation_route("POST", "/sandbox/organizations", add_organization),
    operation_route("PATCH", "/sandbox/organizations", change_organization),
    operation_route("POST", "/sandbox/faults", add_fault),
    operation_route("DELETE", "/sandbox/faults", clear_faults),
    operation_route("GET", "/sandbox/faults", fault_report),
    *virtuous_control.ROUTES,
    *vomo_control.ROUTES,
    *giving_control.ROUTES,
    *slack_control.ROUTES,
]
