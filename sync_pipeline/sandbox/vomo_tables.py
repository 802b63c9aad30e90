"""What one VOMO organization holds besides its users, by kind, as it truly is."""

from typing import Literal, get_args

from sync_pipeline.sandbox.source_records import Records

Kind = Literal[
    "projects",
    "project_dates",
    "participations",
    "forms",
    "completions",
    "groups",
    "campaigns",
    "organizations",
    "certificates",
]
Tables = dict[Kind, Records[int]]
_LOOKED_UP_BY: dict[Kind, tuple[str, ...]] = {
    "project_dates": ("project_id",),
    "participations": ("project_date_id", "user_id"),
    "completions": ("form_id",),
}


def empty_tables() -> Tables:
    return {kind: Records[int](*_LOOKED_UP_BY.get(kind, ())) for kind in get_args(Kind)}
