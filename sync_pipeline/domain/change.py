"""A change: one record that differs from what Virtuous acknowledged."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import msgspec


class Action(StrEnum):
    """What an operation does to its record in Virtuous."""

    SAVE = "save"  # create or update
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    TAG = "tag"  # by direct calls; tags to add normally travel with `save`
    REVERSE = "reverse"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Write:
    """One write that a change needs. `groups` are the field groups that are acknowledged with it."""

    action: Action
    payload: Mapping[str, Any]
    groups: tuple[str, ...]


class ChangeKind(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Change:
    """One record's difference, already mapped.

    `fingerprints` hold one entry per field group; `writes` is None when the record cannot be written, with the
    `problem` saying why (field names only). `is_acknowledged`: Virtuous has this very value, the change only replaces
    a newer one that is still open. `is_urgent`: it goes before other updates.
    """

    key: str
    kind: ChangeKind
    reference: str
    row_hash: str
    fingerprints: Mapping[str, str]
    writes: tuple[Write, ...] | None
    record_kind: str = "contact"
    problem: str | None = None
    is_acknowledged: bool = False
    is_urgent: bool = False

    def as_row(self) -> dict[str, str | None]:
        """The change as text columns, the way a change set file keeps it."""
        return {
            "_key": self.key,
            "kind": self.kind.value,
            "reference": self.reference,
            "row_hash": self.row_hash,
            "fingerprints": msgspec.json.encode(self.fingerprints).decode(),
            "record_kind": self.record_kind,
            "writes": None if self.writes is None else msgspec.json.encode(self.writes).decode(),
            "problem": self.problem,
            "is_acknowledged": "true" if self.is_acknowledged else None,
            "is_urgent": "true" if self.is_urgent else None,
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Change":
        """The inverse of `as_row`; also of the rows that the first release wrote, which knew contacts only."""
        if "writes" not in row:
            save = Write(Action.SAVE, msgspec.json.decode(row["payload"] or "null"), ("core", "birth_gender", "tags"))
            groups = tuple(group for group in save.groups if group in msgspec.json.decode(row["fingerprints"]))
            writes = None if row["payload"] is None else msgspec.json.encode((replace(save, groups=groups),)).decode()
            row = {**row, "writes": writes, "record_kind": "contact"}
        return cls(
            key=row["_key"],
            kind=ChangeKind(row["kind"]),
            reference=row["reference"],
            row_hash=row["row_hash"],
            fingerprints=msgspec.json.decode(row["fingerprints"]),
            writes=None if row["writes"] is None else msgspec.json.decode(row["writes"], type=tuple[Write, ...]),
            record_kind=row["record_kind"],
            problem=row["problem"],
            is_acknowledged=row["is_acknowledged"] == "true",
            is_urgent=row.get("is_urgent") == "true",
        )


@dataclass(frozen=True, slots=True)
class ChangeCounts:
    """How many changes of each kind a cut brought, and how many records needed nothing."""

    creates: int = 0
    updates: int = 0
    deletes: int = 0
    unchanged: int = 0

    @property
    def total(self) -> int:
        return self.creates + self.updates + self.deletes
