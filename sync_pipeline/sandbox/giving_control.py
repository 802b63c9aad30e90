"""The `/sandbox/giving` endpoints."""

from typing import TYPE_CHECKING, Any

import msgspec

from sync_pipeline.sandbox.giving_tables import GivingKind
from sync_pipeline.sandbox.operation import Json, operation_route

if TYPE_CHECKING:
    from sync_pipeline.sandbox.world import World


def giving_donations(world: "World", asked: dict[str, str], _: Json) -> Any:
    return world.giving_donations(asked["token"])


def add_giving_organization(world: "World", _: dict[str, str], body: Json) -> Any:
    world.add_giving_organization(**body)


def limit_giving(world: "World", asked: dict[str, str], body: Json) -> Any:
    world.limit_giving(asked["token"], msgspec.convert(body["rate_limit"], int | None))


def change_giving(world: "World", asked: dict[str, str], _: Json) -> Any:
    return world.change_giving(
        asked["token"],
        add=int(asked.get("add", "0")),
        refund=int(asked.get("refund", "0")),
        edit=int(asked.get("edit", "0")),
        remove=int(asked.get("remove", "0")),
        seed=int(asked.get("seed", "1")),
    )


def giving_records(world: "World", asked: dict[str, str], _: Json) -> Any:
    return world.giving_records(asked["token"], _kind(asked))


def edit_giving(world: "World", asked: dict[str, str], body: Json) -> Any:
    return world.edit_giving(asked["token"], _kind(asked), asked["id"], **body)


def _kind(asked: dict[str, str]) -> GivingKind:
    return msgspec.convert(asked["kind"], GivingKind)


ROUTES = [
    operation_route("GET", "/sandbox/giving", giving_donations),
    operation_route("POST", "/sandbox/giving/organizations", add_giving_organization),
    operation_route("PATCH", "/sandbox/giving/organizations", limit_giving),
    operation_route("POST", "/sandbox/giving/change", change_giving),
    operation_route("GET", "/sandbox/giving/{kind}", giving_records),
    operation_route("PATCH", "/sandbox/giving/{kind}", edit_giving),
]
