"""A source record as its recipe reads it, before anybody asks what kind of write it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MappedRecord:
    """What one record means in Virtuous.

    `matches` is the recipe's `when`, `is_urgent` its `urgent`; `failed` names what could not be mapped.
    `first_only` are fields that are written only where Virtuous has nothing. `designations` are the entries of the list
    that a gift's recipe names; None where it names none.
    """

    key: str
    matches: bool
    reference: str | None
    fields: Mapping[str, str | None]
    tags: tuple[str, ...]
    failed: str | None = None
    designations: tuple[Mapping[str, str | None], ...] | None = None
    is_urgent: bool = False
    first_only: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
