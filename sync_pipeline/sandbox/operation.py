"""How an operation of `World` becomes an endpoint under `/sandbox`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync_pipeline.sandbox.answers import json_answer
from sync_pipeline.sandbox.organizations import UnknownTokenError

if TYPE_CHECKING:
    from sync_pipeline.sandbox.world import World

Json = dict[str, Any]
Operation = Callable[["World", dict[str, str], Json], Any]


def operation_route(method: str, path: str, operation: Operation) -> Route:
    """The operation gets the parts of the path and the query together, by name, and the body."""

    async def answer(request: Request) -> Response:
        try:
            body = msgspec.json.decode(await request.body() or b"{}", type=Json)
            result = operation(request.app.state.world, dict(request.query_params) | request.path_params, body)
        except UnknownTokenError:
            return json_answer({"error": "No organization of the sandbox has this token."}, 404)
        except KeyError as error:
            return json_answer({"error": f"{error} is missing from the address or the body."}, 400)
        except (msgspec.MsgspecError, TypeError, ValueError) as error:
            return json_answer({"error": f"{type(error).__name__}: {error}"}, 400)
        return json_answer(result if result is not None else {"ok": True})

    return Route(path, answer, methods=[method])
