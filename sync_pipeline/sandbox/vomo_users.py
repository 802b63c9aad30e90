"""The VOMO endpoints for users."""

from starlette.datastructures import QueryParams
from starlette.responses import Response

from sync_pipeline.sandbox.answers import json_answer
from sync_pipeline.sandbox.gate import VOMO
from sync_pipeline.sandbox.vomo_answers import missing, participations, wired
from sync_pipeline.sandbox.vomo_filters import VomoCall, filtered, moment
from sync_pipeline.sandbox.vomo_made_up_forms import made_up_profile
from sync_pipeline.sandbox.vomo_pages import page_answer, page_number
from sync_pipeline.sandbox.vomo_store import Filters


def list_users(call: VomoCall) -> Response:
    users, asked = call.organization.users, call.request.query_params
    page = users.page(users.matching(_filters(asked)), page_number(asked))
    return page_answer(call.request, page, oddities=users.oddities)


def one_user(call: VomoCall) -> Response:
    organization = call.organization
    user = organization.users.get(call.request.path_params["id"])
    if user is None:
        return missing("User")
    user_id = user["id"]
    profile = made_up_profile(user_id, organization.seed, organization.profile_fields)
    more = {"participations": participations(call, "user_id", user_id), "profile_field_values": profile}
    return json_answer({"data": organization.users.wire(user) | wired(call, more)})


ROUTES = [
    VOMO.route("GET", "/vomo/v1/users", filtered(list_users)),
    VOMO.route("GET", "/vomo/v1/users/{id:int}", one_user),
]


def _filters(asked: QueryParams) -> Filters:
    return Filters(
        updated_after=moment(asked, "updated_after"),
        updated_before=moment(asked, "updated_before"),
        created_after=moment(asked, "created_after"),
        created_before=moment(asked, "created_before"),
        name_like=asked.get("name_like", "").lower(),
        email_like=asked.get("email_like", "").lower(),
    )
