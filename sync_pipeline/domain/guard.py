"""The guard: a mass change is held until a person has looked, before anything of its stream is sent.

A source that answers an empty list with 200, a changed export or a wrong filter looks like a thousand departures or a
thousand corrections. What is measured are the rows newly different within a day, so that a mass change in many small
polls is one as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sync_pipeline.domain.change import ChangeKind

WINDOW = timedelta(hours=24)
FEW = 20
"""So many records are never held: a nonprofit with thirty volunteers may lose ten in a week."""

Pair = tuple[str, str]
"""Key of a record and the fingerprints of the value it is to have."""


@dataclass(frozen=True, slots=True)
class GuardRule:
    """Shares of a stream's records that may be deleted or changed at all within a day."""

    deletes: float
    changes: float


def why_held(rule: GuardRule, rows: int, different: Mapping[str, ChangeKind]) -> str | None:
    """Why a change set has to wait for a person; None when it may go.

    `rows` are those of the stream's snapshot; `different` are the keys that differ newly, and what happened to them.
    """
    deletes = sum(kind == ChangeKind.DELETE for kind in different.values())
    before = rows + deletes  # what is gone was there
    if deletes > FEW and deletes > rule.deletes * before:
        return f"{deletes} of {before} records are gone; more than {rule.deletes:.0%} within a day are held"
    if len(different) > FEW and len(different) > rule.changes * before:
        return f"{len(different)} of {before} records differ; more than {rule.changes:.0%} within a day are held"
    return None
