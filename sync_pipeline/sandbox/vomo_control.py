"""The `/sandbox/vomo` endpoints."""

from typing import TYPE_CHECKING, Any

import msgspec

from sync_pipeline.sandbox.operation import Json, operation_route
from sync_pipeline.sandbox.vomo_tables import Kind

if TYPE_CHECKING:
    from sync_pipeline.sandbox.world import World


def vomo_users(world: "World", asked: dict[str, str], _: Json) -> Any:
    return world.vomo_users(asked["token"])


def add_vomo_organization(world: "World", _: dict[str, str], body: Json) -> Any:
    world.add_vomo_organization(**body)


def change_vomo(world: "World", asked: dict[str, str], _: Json) -> Any:
    return world.change_vomo(
        asked["token"],
        share=float(asked.get("share", "0.01")),
        seed=int(asked.get("seed", "1")),
        add=int(asked.get("add", "0")),
        remove=int(asked.get("remove", "0")),
    )


def edit_vomo_user(world: "World", asked: dict[str, str], body: Json) -> Any:
    return world.edit_vomo_user(asked["token"], int(asked["id"]), **body)


def vomo_records(world: "World", asked: dict[str, str], _: Json) -> Any:
    return world.vomo_records(asked["token"], _kind(asked))


def add_vomo_record(world: "World", asked: dict[str, str], body: Json) -> Any:
    return world.add_vomo_record(asked["token"], _kind(asked), **body)


def edit_vomo_record(world: "World", asked: dict[str, str], body: Json) -> Any:
    return world.edit_vomo_record(asked["token"], _kind(asked), int(asked["id"]), **body)


def remove_vomo_record(world: "World", asked: dict[str, str], _: Json) -> Any:
    return world.remove_vomo_record(asked["token"], _kind(asked), int(asked["id"]))


def _kind(asked: dict[str, str]) -> Kind:
    return msgspec.convert(asked["kind"], Kind)


ROUTES = [
    operation_route("GET", "/sandbox/vomo", vomo_users),
    operation_route("POST", "/sandbox/vomo/organizations", add_vomo_organization),
    operation_route("POST", "/sandbox/vomo/change", change_vomo),
    operation_route("PATCH", "/sandbox/vomo/users", edit_vomo_user),
    operation_route("GET", "/sandbox/vomo/{kind}", vomo_records),
    operation_route("POST", "/sandbox/vomo/{kind}", add_vomo_record),
    operation_route("PATCH", "/sandbox/vomo/{kind}", edit_vomo_record),
    operation_route("DELETE", "/sandbox/vomo/{kind}", remove_vomo_record),
]
