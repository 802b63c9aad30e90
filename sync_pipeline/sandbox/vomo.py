"""The VOMO endpoints. Everything is read-only here: the sync never writes to a source."""

from starlette.responses import Response

from sync_pipeline.sandbox import vomo_catalogue, vomo_forms, vomo_projects, vomo_users
from sync_pipeline.sandbox.answers import message_answer
from sync_pipeline.sandbox.gate import VOMO
from sync_pipeline.sandbox.vomo_filters import VomoCall


def unknown_path(_: VomoCall) -> Response:
    return message_answer(404, "Not Found")


ROUTES = [
    *vomo_users.ROUTES,
    *vomo_projects.ROUTES,
    *vomo_forms.ROUTES,
    *vomo_catalogue.ROUTES,
    VOMO.everything_else("/vomo/v1/{rest:path}", unknown_path),
]
