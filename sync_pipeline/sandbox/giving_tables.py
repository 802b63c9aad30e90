"""What one organization of the giving platform holds, by kind, as it truly is."""

from typing import Literal, get_args

from sync_pipeline.sandbox.source_records import Records

GivingKind = Literal["donations", "donors", "recurring_plans", "funds"]
GivingTables = dict[GivingKind, Records[str]]
GIVING_KINDS: tuple[GivingKind, ...] = get_args(GivingKind)
_PREFIXES: dict[GivingKind, str] = {"donations": "don", "donors": "dnr", "recurring_plans": "plan", "funds": "fund"}

_LOOKED_UP_BY: dict[GivingKind, tuple[str, ...]] = {"recurring_plans": ("donor_id",)}


def empty_giving_tables() -> GivingTables:
    return {kind: Records[str](*_LOOKED_UP_BY.get(kind, ())) for kind in GIVING_KINDS}


def giving_id(kind: GivingKind, number: int) -> str:
    return f"{_PREFIXES[kind]}_{number:06d}"
