"""What every kind of write says about a record: its fields and their groups, what is wrong, which writes it takes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sync_pipeline.domain.change import Write
from sync_pipeline.domain.record import MappedRecord
from sync_pipeline.domain.standing import Standing

CORE = "core"

Groups = dict[str, dict[str, str | None]]


@dataclass(frozen=True, slots=True)
class Rules:
    """What the customer's file says about the writes of one stream. `today` is the customer's date, YYYY-MM-DD."""

    reference_source: str
    on_delete: str
    deleted_tag: str
    today: str
    exact_tags: bool = False
    bulk_tags: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a key before its record is looked at.

    `acknowledged` and `standing` are by field group; both are empty for a key never seen.
    """

    acknowledged: Mapping[str, str]
    standing: Mapping[str, Standing]


@dataclass(frozen=True, slots=True)
class Deletion:
    """How a vanished record is told to Virtuous. `writes` is None when it cannot be, for the `problem`.

    `values` stand for the deletion in the diff: another policy is another value.
    """

    values: Mapping[str, str]
    writes: tuple[Write, ...] | None
    problem: str | None = None


class RecordKind(Protocol):
    """One kind of write. Every method is pure."""

    @property
    def name(self) -> str: ...

    @property
    def fields(self) -> Sequence[str]:
        """The plain names a recipe may fill, for people."""
        ...

    @property
    def deletions(self) -> Sequence[str]:
        """The policies of `on_delete`; the first is the default."""
        ...

    @property
    def takes_tags(self) -> bool: ...

    @property
    def takes_designations(self) -> bool: ...

    @property
    def is_final(self) -> bool:
        """Whether Virtuous has no way to change a record once it took it, so that only `core` is compared then."""
        ...

    def accepts_field(self, name: str) -> bool: ...

    def problem(self, record: MappedRecord) -> str | None:
        """Why Virtuous could not take this record, in field names only; None when nothing is known to be wrong."""
        ...

    def groups(self, record: MappedRecord) -> Groups:
        """What is acknowledged together; `core` is always there."""
        ...

    def writes(
        self, record: MappedRecord, reference: str, rules: Rules, needed: Collection[str], known: Known
    ) -> tuple[Write, ...]:
        """The writes of a record of which the groups `needed` differ; together they carry every group."""
        ...

    def deletion(self, last: MappedRecord | None, reference: str, rules: Rules) -> Deletion | None:
        """None where nothing is ever said. `last` is the record as it was last seen, if anybody remembers."""
        ...
