"""The VOMO endpoints for groups, campaigns, organizations and certificates."""

from starlette.responses import Response
from starlette.routing import Route

from sync_pipeline.sandbox.gate import VOMO
from sync_pipeline.sandbox.vomo_answers import many, missing, one
from sync_pipeline.sandbox.vomo_filters import VomoCall, filtered, number
from sync_pipeline.sandbox.vomo_pages import page_answer, page_number
from sync_pipeline.sandbox.vomo_tables import Kind

_MEMBERS = frozenset({"members"})


def list_groups(call: VomoCall) -> Response:
    """A blank `parent_id` asks for the groups without a parent; that is our reading of the documentation."""
    groups, asked = call.organization.tables["groups"].all(), call.request.query_params
    if "parent_id" in asked:
        parent = number(asked, "parent_id")
        groups = [group for group in groups if group["parent_id"] == parent]
    return many(call, groups, without=_MEMBERS)


def one_group(call: VomoCall) -> Response:
    group = call.organization.tables["groups"].get(call.request.path_params["id"])
    if group is None:
        return missing("Group")
    return one(call, {name: group[name] for name in group if name not in _MEMBERS})


def group_members(call: VomoCall) -> Response:
    """Users as they are listed; who left the organization has left the group."""
    group, users = call.organization.tables["groups"].get(call.request.path_params["id"]), call.organization.users
    if group is None:
        return missing("Group")
    members = [user_id for user_id in group["members"] if users.get(user_id)]
    page = users.page(members, page_number(call.request.query_params))
    return page_answer(call.request, page, oddities=users.oddities)


def one_organization(call: VomoCall) -> Response:
    organizations = call.organization.tables["organizations"]
    organization = organizations.get(call.request.path_params["id"])
    if organization is None:
        return missing("Organization")
    parent = organization["parent_id"] and organizations.get(organization["parent_id"])
    children = [child for child in organizations.all() if child["parent_id"] == organization["id"]]
    return one(call, organization | {"parent": parent, "children": children})


def one_campaign(call: VomoCall) -> Response:
    campaign = call.organization.tables["campaigns"].get(call.request.path_params["id"])
    return missing("Campaign") if campaign is None else one(call, campaign)


def _list_of(kind: Kind) -> Route:
    return VOMO.route("GET", f"/vomo/v1/{kind}", lambda call: many(call, call.organization.tables[kind].all()))


ROUTES = [
    VOMO.route("GET", "/vomo/v1/groups", filtered(list_groups)),
    VOMO.route("GET", "/vomo/v1/groups/{id:int}", one_group),
    VOMO.route("GET", "/vomo/v1/groups/{id:int}/members", group_members),
    _list_of("campaigns"),
    VOMO.route("GET", "/vomo/v1/campaigns/{id:int}", one_campaign),
    _list_of("organizations"),
    VOMO.route("GET", "/vomo/v1/organizations/{id:int}", one_organization),
    _list_of("certificates"),
]
