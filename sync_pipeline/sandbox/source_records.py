"""One kind of record of a source platform, by id, with look-ups by other fields."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sync_pipeline.sandbox.seed import seconds_of

Id = TypeVar("Id", int, str)
Row = dict[str, Any]


class Records(Generic[Id]):
    """`looked_up_by`: the fields that `where` is asked about. Ids are never used again after a removal."""

    def __init__(self, *looked_up_by: str) -> None:
        self._rows: dict[Id, Row] = {}
        self._ids: dict[str, defaultdict[Any, set[Id]]] = {field: defaultdict(set) for field in looked_up_by}
        self._ever = 0

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def next_number(self) -> int:
        """The number of the next new record, which its id is made of."""
        return self._ever + 1

    def all(self) -> list[Row]:
        return [self._rows[one] for one in sorted(self._rows)]

    def get(self, record_id: Id) -> Row | None:
        return self._rows.get(record_id)

    def known(self, record_id: Id) -> Row:
        """Raises KeyError for an unknown id."""
        if record_id not in self._rows:
            raise KeyError("no such record")
        return self._rows[record_id]

    def where(self, field: str, value: Any) -> list[Row]:
        return [self._rows[one] for one in sorted(self._ids[field][value])]

    def put(self, row: Row) -> None:
        if row["id"] in self._rows:
            self._forget(row["id"])
        else:
            self._ever += 1
        self._rows[row["id"]] = row
        for field, ids in self._ids.items():
            ids[row[field]].add(row["id"])

    def remove(self, record_id: Id) -> None:
        self._forget(record_id)
        del self._rows[record_id]

    def next_moment(self, now: float) -> datetime:
        """The clock's time, or one second after the latest `updated_at` if the clock is not past that."""
        latest = max((int(seconds_of(row["updated_at"])) for row in self._rows.values()), default=0)
        return datetime.fromtimestamp(max(int(now), latest + 1), UTC)

    def _forget(self, record_id: Id) -> None:
        row = self._rows[record_id]
        for field, ids in self._ids.items():
            ids[row[field]].discard(record_id)
