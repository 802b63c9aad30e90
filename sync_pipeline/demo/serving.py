"""What projects, served hours and completed forms should be in Virtuous: a mapping of its own, like that of people."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from sync_pipeline.demo.records import Records, Row
from sync_pipeline.sandbox.world import World

AHEAD_SECONDS = 2 * 86_400
"""How far ahead the connector walks the dates of projects: what lies beyond is not read."""


def projects() -> Records:
    return Records("projects", opportunity_of)


def participations() -> Records:
    return Records("participations", hours_of, waits=True)


def completions() -> Records:
    return Records("completions", note_of, waits=True)


def served_rows(world: World, token: str) -> Iterator[Row]:
    """The participations that a read finds, each with its date and its project."""
    dates = {date["id"]: date for date in world.vomo_project_dates(token)}
    known = {project["id"]: project for project in world.vomo_projects(token)}
    for row in world.vomo_participations(token):
        date = dates[row["project_date_id"]]
        if datetime.fromisoformat(date["starts_at"]).timestamp() <= world.clock() + AHEAD_SECONDS:
            yield row | {"date": date, "project": known[row["project_id"]]}


def completed_rows(world: World, token: str) -> Iterator[Row]:
    """The completions, each with its form."""
    forms = {form["id"]: form for form in world.vomo_records(token, "forms")}
    for row in world.vomo_completions(token):
        yield row | {"form": forms[row["form_id"]]}


def opportunity_of(project: Row) -> dict[str, Any]:
    address = project["address"]
    return {
        "name": project["name"],
        "description": project["description"],
        "timeZone": address["timezone"],
        "locationName": address["venue"],
        "address1": address["route"],
        "city": address["locality"],
        "state": address["administrative_area_level_1_short"],
        "postal": address["postal_code"],
        "country": address["country_short"],
        "isActive": not project["draft"],
    }


def hours_of(participation: Row) -> dict[str, Any] | None:
    """Who served where, when and how long; nothing of who only signed up or brought something."""
    if not participation["hours"]:
        return None
    return {
        "user": str(participation["user_id"]),
        "opportunity": participation["project"]["name"],
        "start": told_moment(participation["date"]["starts_at"]),
        "end": told_moment(participation["date"]["ends_at"]),
        "hours": Decimal(str(participation["hours"])),
    }


def note_of(completion: Row) -> dict[str, Any]:
    """Which form somebody filled in and when, none of the answers; the mark is how the note is found again."""
    said = f'Completed the form "{completion["form"]["name"]}" on {completion["created_at"][:10]} in VOMO.'
    return {"user": str(completion["user_id"]), "note": f"{said}\n[sync:VOMO/completion-{completion['id']}]"}


def told_moment(text: str) -> str:
    """A source's time as the sandbox tells it."""
    return f"{datetime.fromisoformat(text):%Y-%m-%dT%H:%M:%S}Z"
