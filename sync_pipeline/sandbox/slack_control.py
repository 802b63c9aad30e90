"""The `/sandbox/slack` endpoints."""

from typing import TYPE_CHECKING, Any

from sync_pipeline.sandbox.operation import Json, operation_route

if TYPE_CHECKING:
    from sync_pipeline.sandbox.world import World


def add_slack(world: "World", _: dict[str, str], body: Json) -> Any:
    world.add_slack(**body)


def slack_messages(world: "World", asked: dict[str, str], _: Json) -> Any:
    return world.slack_messages(asked["token"])


ROUTES = [
    operation_route("POST", "/sandbox/slack", add_slack),
    operation_route("GET", "/sandbox/slack", slack_messages),
]
