"""The VOMO endpoints for projects and their dates."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from starlette.responses import Response

from sync_pipeline.sandbox.gate import VOMO
from sync_pipeline.sandbox.seed import seconds_of
from sync_pipeline.sandbox.source_records import Row
from sync_pipeline.sandbox.vomo_answers import many, missing, one, participations
from sync_pipeline.sandbox.vomo_filters import VomoCall, filtered, flag, moment
from sync_pipeline.sandbox.vomo_store import within

_DETAILS = frozenset({"details", "owners", "privacy", "allow_guests", "age_limit"})


def list_projects(call: VomoCall) -> Response:
    """Published: it has a time of publication and is no draft. Active: a date lies ahead, or it has none to pass."""
    asked = call.request.query_params
    updated_after = moment(asked, "updated_after")
    after, before = moment(asked, "dates_after"), moment(asked, "dates_before")
    flags = {name: flag(asked, name) for name in ("active", "published", "anytime")}
    name_like = asked.get("name_like", "").lower()
    slugs = set(filter(None, asked.get("org_slug", "").split(",")))

    def matches(project: Row) -> bool:
        dates = _dates(call, project)
        facts = {
            "active": project["anytime"] or any(seconds_of(date["ends_at"]) >= call.now for date in dates),
            "published": project["published_at"] is not None and not project["draft"],
            "anytime": project["anytime"],
        }
        return (
            within(seconds_of(project["updated_at"]), updated_after, None)
            and all(wanted in {None, facts[name]} for name, wanted in flags.items())
            and name_like in project["name"].lower()
            and (not slugs or project["organization_slug"] in slugs)
            and (after is before is None or any(within(seconds_of(date["starts_at"]), after, before) for date in dates))
        )

    projects = [project for project in call.organization.tables["projects"].all() if matches(project)]
    return many(call, projects, without=_DETAILS)


def one_project(call: VomoCall) -> Response:
    project = call.organization.tables["projects"].get(call.request.path_params["id"])
    if project is None:
        return missing("Project")
    dates = _dates(call, project)
    ahead = [date for date in dates if seconds_of(date["starts_at"]) >= call.now]
    return one(call, project | {"all_dates": dates, "next_date": ahead[0] if ahead else None})


def todays_dates(call: VomoCall) -> Response:
    """Today where the project is. Entries do not carry the project's name."""
    projects = call.organization.tables["projects"]
    now = datetime.fromtimestamp(call.now, UTC)

    def is_today(date: Row) -> bool:
        zone = ZoneInfo(projects.known(date["project_id"])["address"]["timezone"])
        return datetime.fromisoformat(date["starts_at"]).astimezone(zone).date() == now.astimezone(zone).date()

    return many(call, [date for date in call.organization.tables["project_dates"].all() if is_today(date)])


def one_date(call: VomoCall) -> Response:
    tables = call.organization.tables
    date = tables["project_dates"].get(call.request.path_params["id"])
    if date is None:
        return missing("ProjectDate")
    name = tables["projects"].known(date["project_id"])["name"]
    participants = participations(call, "project_date_id", date["id"])
    return one(call, date | {"project_name": name, "participants": participants})


ROUTES = [
    VOMO.route("GET", "/vomo/v1/projects", filtered(list_projects)),
    VOMO.route("GET", "/vomo/v1/projects/today", todays_dates),
    VOMO.route("GET", "/vomo/v1/projects/{id:int}", one_project),
    VOMO.route("GET", "/vomo/v1/projects/date/{id:int}", one_date),
]


def _dates(call: VomoCall, project: Row) -> list[Row]:
    dates = call.organization.tables["project_dates"].where("project_id", project["id"])
    return sorted(dates, key=lambda date: (seconds_of(date["starts_at"]), date["id"]))
