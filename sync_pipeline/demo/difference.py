"""One thing that is not as it should be, in words that may be shown: ids and counts, never values."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """`keys` are record ids."""

    customer_id: str
    what: str
    keys: Collection[str] = ()

    def sorted_keys(self) -> list[str]:
        """Numbers in their order, then anything else."""
        return sorted(self.keys, key=lambda key: (not key.isdigit(), len(key) if key.isdigit() else 0, key))
