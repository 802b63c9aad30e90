"""The VOMO endpoints for forms and their completions."""

from starlette.responses import Response

from sync_pipeline.sandbox.gate import VOMO
from sync_pipeline.sandbox.seed import seconds_of
from sync_pipeline.sandbox.vomo_answers import many, missing, one
from sync_pipeline.sandbox.vomo_filters import VomoCall, filtered, moment, number
from sync_pipeline.sandbox.vomo_store import within


def list_completions(call: VomoCall) -> Response:
    tables, form_id = call.organization.tables, call.request.path_params["id"]
    if tables["forms"].get(form_id) is None:
        return missing("Form")
    asked = call.request.query_params
    user_id, created_before = number(asked, "user_id"), moment(asked, "created_before")
    completions = [
        completion
        for completion in tables["completions"].where("form_id", form_id)
        if user_id in {None, completion["user_id"]}
        and within(seconds_of(completion["created_at"]), None, created_before)
    ]
    return many(call, completions)


def one_completion(call: VomoCall) -> Response:
    completion = call.organization.tables["completions"].get(call.request.path_params["completion"])
    if completion is None or completion["form_id"] != call.request.path_params["id"]:
        return missing("FormCompletion")
    return one(call, completion)


ROUTES = [
    VOMO.route("GET", "/vomo/v1/forms", lambda call: many(call, call.organization.tables["forms"].all())),
    VOMO.route("GET", "/vomo/v1/forms/{id:int}/completions", filtered(list_completions)),
    VOMO.route("GET", "/vomo/v1/forms/{id:int}/completions/{completion:int}", one_completion),
]
