"""One record at a time: added, edited, removed. Which times move is the documentation's, at its least helpful.

A participation moves nothing and has no time of change itself. A new date moves its project's `updated_at`; a changed
or cancelled one does not. A completion does not move its user's.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sync_pipeline.sandbox.organizations import VomoOrganization
from sync_pipeline.sandbox.seed import moment_text
from sync_pipeline.sandbox.source_records import Row
from sync_pipeline.sandbox.vomo_made_up_forms import made_up_completion
from sync_pipeline.sandbox.vomo_made_up_projects import dated, made_up_project, signed_up
from sync_pipeline.sandbox.vomo_tables import Kind

_DEPENDENT: dict[Kind, tuple[Kind, str]] = {
    "projects": ("project_dates", "project_id"),
    "project_dates": ("participations", "project_date_id"),
    "forms": ("completions", "form_id"),
}


def add_record(organization: VomoOrganization, kind: Kind, fields: dict[str, Any], now: float) -> Row:
    """Raises KeyError for an unknown field or for what it has to belong to, ValueError for a kind that is not added."""
    if kind not in _NEW:
        raise ValueError(f"records can be added to {', '.join(_NEW)}")
    table = organization.tables[kind]
    moment = table.next_moment(now) if kind != "participations" else datetime.fromtimestamp(int(now), UTC)
    row = _NEW[kind](organization, table.next_number, fields, moment)
    table.put(_with(row, fields))
    if kind == "project_dates":
        projects = organization.tables["projects"]
        project = projects.known(row["project_id"])
        projects.put(project | {"updated_at": moment_text(projects.next_moment(now))})
    return table.known(row["id"])


def edit_record(organization: VomoOrganization, kind: Kind, record_id: int, fields: dict[str, Any], now: float) -> Row:
    """Sets exactly these fields. Raises KeyError for an unknown id or field."""
    table = organization.tables[kind]
    row = table.known(record_id)
    moved = {"updated_at": moment_text(table.next_moment(now))} if "updated_at" in row else {}
    table.put(_with(row | moved, fields))
    return table.known(record_id)


def remove_record(organization: VomoOrganization, kind: Kind, record_id: int) -> dict[Kind, list[int]]:
    """Removes it with what hangs on it; answers the ids by kind. Raises KeyError for an unknown id."""
    organization.tables[kind].known(record_id)
    removed: dict[Kind, list[int]] = {kind: [record_id]}
    if kind in _DEPENDENT:
        below, field = _DEPENDENT[kind]
        for row in organization.tables[below].where(field, record_id):
            for other, ids in remove_record(organization, below, row["id"]).items():
                removed[other] = removed.get(other, []) + ids
    organization.tables[kind].remove(record_id)
    return removed


def _with(row: Row, fields: dict[str, Any]) -> Row:
    if not fields.keys() <= row.keys() - {"id"}:
        raise KeyError("no such field")
    return row | fields


def _new_project(organization: VomoOrganization, number: int, _: dict[str, Any], moment: datetime) -> Row:
    own = organization.tables["organizations"].known(1)
    times = dict.fromkeys(("created_at", "updated_at", "published_at"), moment_text(moment))
    return made_up_project(number, organization.seed, own, [], organization.users.ids()) | times


def _new_date(organization: VomoOrganization, number: int, fields: dict[str, Any], moment: datetime) -> Row:
    """Tomorrow, unless `starts_at` says otherwise; for two hours, unless `ends_at` does."""
    project = organization.tables["projects"].known(fields["project_id"])
    starts_at = fields.get("starts_at") or moment_text(moment + timedelta(days=1))
    starts = datetime.fromisoformat(starts_at)
    return dated(number, project, starts, starts + timedelta(hours=2), moment_text(moment))


def _new_participation(organization: VomoOrganization, number: int, fields: dict[str, Any], moment: datetime) -> Row:
    date = organization.tables["project_dates"].known(fields["project_date_id"])
    return signed_up(number, date, fields["user_id"], moment_text(moment))


def _new_completion(organization: VomoOrganization, number: int, fields: dict[str, Any], moment: datetime) -> Row:
    form = organization.tables["forms"].known(fields["form_id"])
    times = dict.fromkeys(("created_at", "updated_at"), moment_text(moment))
    return made_up_completion(number, organization.seed, form, fields["user_id"], None) | times


_NEW: dict[Kind, Callable[[VomoOrganization, int, dict[str, Any], datetime], Row]] = {
    "projects": _new_project,
    "project_dates": _new_date,
    "participations": _new_participation,
    "completions": _new_completion,
}
