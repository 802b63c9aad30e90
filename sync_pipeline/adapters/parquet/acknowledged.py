"""The acknowledged index: what Virtuous acknowledged of every record, one row per key.

Columns: `_key`; `_row_hash`, 64 bits, null when no present row can equal it (an acknowledged deletion); `_deleted`,
the deletion is what was acknowledged last; and per field group a column `acknowledged.<group>` with the fingerprint
as 16 bytes (DuckDB's UUID): 10 M rows are rewritten in half the time that fingerprints as JSON text take (1.5 s).
"""
# ruff: noqa: S608 - column names and paths are quoted by sql.py; the rest is text of this file

import json
from collections.abc import Sequence
from pathlib import Path

from sync_pipeline.adapters.parquet.column_names import logical, physical
from sync_pipeline.adapters.parquet.frames import column_names
from sync_pipeline.adapters.parquet.sql import identifier, literal, parquet
from sync_pipeline.domain.cut import KEY_COLUMN
from sync_pipeline.domain.diff import DELETED_ROW_HASH, Acknowledged

GROUP_PREFIX = "acknowledged."


class AcknowledgedColumns:
    """The columns of an index that knows these field groups."""

    def __init__(self, index: Path | None, since: Sequence[Acknowledged]) -> None:
        self._in_index = set() if index is None else set(column_names(index))
        new = {GROUP_PREFIX + physical(group) for group in {row.field_group for row in since}}
        self.groups = sorted({name for name in self._in_index if name.startswith(GROUP_PREFIX)} | new)

    def of(self, table: str) -> str:
        return ", ".join(f"{table}.{name}" for name in ("_key", "_row_hash", "_deleted", *self._quoted()))

    def of_key(self, key: str, row_hash: str, table: str) -> str:
        """A row for `key` with `row_hash` and whatever else `table` knows about it; nothing is known of nulls."""
        items = [f"{key} as _key", f"{row_hash} as _row_hash", f"coalesce({table}._deleted, false) as _deleted"]
        return ", ".join([*items, *(f"{table}.{name}" for name in self._quoted())])

    def of_index(self, index: Path | None) -> str:
        """Query: the index as it is on disk, with the columns of groups that it does not know yet."""
        groups = [
            identifier(name) if name in self._in_index else f"cast(null as uuid) as {identifier(name)}"
            for name in self.groups
        ]
        if index is not None:
            return f"select {', '.join(['_key', '_row_hash', '_deleted', *groups])} from {parquet(index)}"
        none = ["cast(null as varchar) as _key", "cast(null as ubigint) as _row_hash", "false as _deleted", *groups]
        return f"select {', '.join(none)} where false"

    def of_newest(self, source: str) -> str:
        """Query: what was acknowledged since, one row per key; the newest row of a key and group counts."""
        groups = [
            f"cast(arg_max(fingerprint, position) filter (where field_group = "
            f"{literal(logical(name.removeprefix(GROUP_PREFIX)))}) as uuid) as {identifier(name)}"
            for name in self.groups
        ]
        newest = "arg_max(row_hash, position)"
        items = [
            KEY_COLUMN,
            f"try_cast({newest} as ubigint) as _row_hash",
            f"{newest} = {literal(DELETED_ROW_HASH)} as _deleted",
            *groups,
        ]
        return f"select {', '.join(items)} from {source} group by {KEY_COLUMN}"

    def merged(self, old: str, new: str) -> str:
        """Select list over `old` full join `new`: the new row hash counts, and per group the new fingerprint if any."""
        groups = [f"coalesce({new}.{name}, {old}.{name}) as {name}" for name in self._quoted()]
        items = [
            f"coalesce({new}._key, {old}._key) as _key",
            f"case when {new}._key is null then {old}._row_hash else {new}._row_hash end as _row_hash",
            f"coalesce({new}._deleted, {old}._deleted) as _deleted",
        ]
        return ", ".join([*items, *groups])

    def as_json(self, table: str) -> str:
        """Expression: JSON object of field group → fingerprint, null when nothing was ever acknowledged."""
        if not self.groups:
            return "cast(null as varchar)"
        members = ", ".join(
            literal(f'{json.dumps(logical(name.removeprefix(GROUP_PREFIX)))}:"')
            + f" || replace(cast({table}.{identifier(name)} as varchar), '-', '') || '\"'"
            for name in self.groups
        )
        return f"nullif('{{' || concat_ws(',', {members}) || '}}', '{{}}')"

    def _quoted(self) -> list[str]:
        return [identifier(name) for name in self.groups]
