"""Where in a read something happened, for messages and logs."""

from dataclasses import dataclass

from sync_pipeline.domain.errors import SourceError


@dataclass(frozen=True, slots=True)
class Place:
    """One page of one list; pages count from 1 in the order they are read.

    `within` says which list of the stream it is, such as ` (below record 3 of events)`: numbers and our own times,
    never a value of a record.
    """

    stream: str
    page: int
    within: str = ""

    def __str__(self) -> str:
        return f"Page {self.page} of stream {self.stream}{self.within}"


def shape_error(place: Place, expected: str, found: str) -> SourceError:
    """A page that is not what the connector describes; `found` names types, never values."""
    return SourceError(
        f"{place} has another shape: expected {expected}, found {found}.",
        "Nothing of this read was used. Compare the answer with the connector's `records`, `key`, `total`, "
        "`pagination`, `modified` and `changes`; if the platform changed its API, correct the connector.",
    )
