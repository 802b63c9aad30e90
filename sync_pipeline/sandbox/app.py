"""The ASGI application: which path is answered by whom."""

from starlette.applications import Starlette

from sync_pipeline.sandbox import control, giving, slack, virtuous, vomo
from sync_pipeline.sandbox.world import World


def create_app(world: World) -> Starlette:
    """Virtuous under /api, VOMO under /vomo/v1, the giving platform under /giving/v1, Slack under /slack/api.

    Our own operations are under /sandbox.
    """
    app = Starlette(routes=[*control.ROUTES, *virtuous.ROUTES, *vomo.ROUTES, *giving.ROUTES, *slack.ROUTES])
    app.state.world = world
    return app
