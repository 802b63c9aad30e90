"""What the diff of a snapshot against the acknowledged state needs to know."""

from collections.abc import Sequence
from dataclasses import dataclass

from sync_pipeline.domain.cut import StreamName

DELETED_ROW_HASH = "deleted"
"""Row hash of an acknowledged deletion: the key is gone and Virtuous was told."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What Virtuous acknowledged of one record and field group since the index was folded."""

    key: str
    field_group: str
    fingerprint: str
    row_hash: str


@dataclass(frozen=True, slots=True)
class DiffRequest:
    """One comparison of a snapshot with what Virtuous acknowledged.

    `columns` are the source columns the mapping reads; only they count. `index_cut` names the folded index, None
    when there is none. `remap`: the index was written under another mapping, so every row is a candidate.
    `acknowledged` are the SQL rows since, oldest first. `recheck` are keys with an operation that has not ended:
    candidates whatever their hash.
    """

    name: StreamName
    cut: int
    columns: tuple[str, ...]
    absence_is_deletion: bool
    index_cut: int | None
    remap: bool
    acknowledged: Sequence[Acknowledged]
    recheck: Sequence[str]
