"""The `/sandbox/staff` and `/sandbox/virtuous` endpoints: what staff do in Virtuous, and what is truly there."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sync_pipeline.sandbox.operation import Json, Operation, operation_route

if TYPE_CHECKING:
    from sync_pipeline.sandbox.world import World

TRUTHS = ("contact_ids", "archived_contacts", "gifts", "notes", "opportunities", "volunteers", "attendances")


def archive_contact(world: "World", asked: dict[str, str], _: Json) -> Any:
    world.archive_contact(asked["token"], int(asked["contact"]))


def merge_contacts(world: "World", asked: dict[str, str], _: Json) -> Any:
    world.merge_contacts(asked["token"], int(asked["loser"]), int(asked["winner"]))


def edit_contact(world: "World", asked: dict[str, str], body: Json) -> Any:
    world.edit_contact(asked["token"], int(asked["contact"]), **body)


def tag_contact(world: "World", asked: dict[str, str], _: Json) -> Any:
    world.tag_contact(asked["token"], int(asked["contact"]), asked["tag"])


def delete_note(world: "World", asked: dict[str, str], _: Json) -> Any:
    world.delete_note(asked["token"], int(asked["note"]))


def _truth(kind: str) -> Operation:
    def read(world: "World", asked: dict[str, str], _: Json) -> Any:
        told: Callable[[str], Any] = getattr(world, kind)
        return told(asked["token"])

    return read


ROUTES = [
    operation_route("POST", "/sandbox/staff/archive", archive_contact),
    operation_route("POST", "/sandbox/staff/merge", merge_contacts),
    operation_route("POST", "/sandbox/staff/edit", edit_contact),
    operation_route("POST", "/sandbox/staff/tag", tag_contact),
    operation_route("POST", "/sandbox/staff/delete-note", delete_note),
    *(operation_route("GET", f"/sandbox/virtuous/{kind}", _truth(kind)) for kind in TRUTHS),
]
