"""The Virtuous side: every path a sync of contacts, gifts, notes, tags and volunteer hours may ask for."""

from starlette.responses import Response

from sync_pipeline.sandbox import (
    attendances,
    contact_queries,
    contacts,
    gift_queries,
    gifts,
    notes,
    tags,
    volunteer_queries,
    volunteers,
)
from sync_pipeline.sandbox.answers import json_answer
from sync_pipeline.sandbox.endpoint import VirtuousCall, unknown_path
from sync_pipeline.sandbox.gate import VIRTUOUS


def current_organization(call: VirtuousCall) -> Response:
    settings = call.organization.settings
    return json_answer(
        {
            "organizationUserId": settings.organization_user_id,
            "organizationName": settings.name,
            "organizationTimeZone": settings.time_zone,
            "organizationCulture": settings.culture,
            "currentUserTimeZone": settings.time_zone,
            "isAdministrator": settings.administrator,
            "isEnabled": settings.enabled,
        }
    )


def permissions(call: VirtuousCall) -> Response:
    """Documented in words only (module and action pairs with an allowed flag); a list of objects is our reading."""
    return json_answer(call.organization.settings.permissions)


ROUTES = [
    VIRTUOUS.route("GET", "/api/Organization/Current", current_organization),
    VIRTUOUS.route("GET", "/api/Permission", permissions),
    # A path of fixed words stands before one whose parts are ids: `Query/FullGift` is no source and id.
    *contact_queries.ROUTES,
    *contacts.ROUTES,
    *gift_queries.ROUTES,
    *gifts.ROUTES,
    *notes.ROUTES,
    *tags.ROUTES,
    *volunteer_queries.ROUTES,
    *volunteers.ROUTES,
    *attendances.ROUTES,
    VIRTUOUS.everything_else("/api/{rest:path}", unknown_path),
]
