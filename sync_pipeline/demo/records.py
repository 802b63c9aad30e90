"""One stream of a source, night by night, and what its records should be in Virtuous."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
Meaning = Mapping[str, Any]


def always(_: Row) -> bool:
    return True


@dataclass(slots=True)
class Records:
    """`meaning`: what a record should be in Virtuous, None while it is nothing there.

    `is_acceptable`: whether Virtuous has what it demands of it. `waits`: whether it needs a contact's id, which there
    is after the first import only.
    """

    stream: str
    meaning: Callable[[Row], Meaning | None]
    is_acceptable: Callable[[Row], bool] = always
    waits: bool = False
    nights: list[dict[str, Row]] = field(default_factory=list)

    def note(self, rows: Iterable[Row]) -> None:
        """Remember how the source looked before a night; ids become texts, as records' keys are."""
        self.nights.append({str(row["id"]): row for row in rows})

    @property
    def now(self) -> dict[str, Row]:
        return self.nights[-1]

    def created(self, night: int) -> set[str]:
        return self._meant(night).keys() - self._meant(night - 1).keys()

    def updated(self, night: int) -> set[str]:
        """What means something else than the night before."""
        now, before = self._meant(night), self._meant(night - 1)
        return {key for key in now.keys() & before.keys() if now[key] != before[key]}

    def taken_back(self, night: int) -> set[str]:
        """What meant something the night before, and nothing now."""
        return self._meant(night - 1).keys() - self._meant(night).keys()

    def refusable_in(self, night: int) -> set[str]:
        """Records that changed before this night into something that Virtuous has to refuse."""
        changed = self.created(night) | self.updated(night)
        return {key for key in changed if not self.is_acceptable(self.nights[night][key])}

    def waiting_in(self, night: int) -> set[str]:
        """What can be sent in the night after this one only."""
        return self.created(night) - self.refusable_in(night) if self.waits and night == 0 else set()

    def versions(self, key: str) -> list[Meaning]:
        """The distinct meanings of a record that Virtuous can have taken, oldest first."""
        found: list[Meaning] = []
        for rows in self.nights:
            row = rows.get(key)
            meaning = self.meaning(row) if row is not None and self.is_acceptable(row) else None
            if meaning is not None and (not found or found[-1] != meaning):
                found.append(meaning)
        return found

    def latest(self) -> dict[str, Meaning]:
        """What every record that could ever be sent meant last, by key."""
        keys = sorted({key for rows in self.nights for key in rows})
        return {key: versions[-1] for key in keys if (versions := self.versions(key))}

    def _meant(self, night: int) -> dict[str, Meaning]:
        rows = self.nights[night] if night >= 0 else {}
        return {key: meaning for key, row in rows.items() if (meaning := self.meaning(row)) is not None}
