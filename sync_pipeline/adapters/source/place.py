"""Where in a read something happened, for messages and logs."""

from dataclasses import dataclass

from sync_pipeline.domain.errors import SourceError


@dataclass(frozen=True, slots=True)
class Place:
    """One page of one stream; pages count from 1 in the order they are read."""

    stream: str
    page: int

    def __str__(self) -> str:
        return f"Page {self.page} of stream {self.stream}"


def shape_error(place: Place, expected: str, found: str) -> SourceError:
    """A page that is not what the connector describes; `found` names types, never values."""
    return SourceError(
        f"{place} has another shape: expected {expected}, found {found}.",
        "Nothing of this read was used. Compare the answer with the connector's `records`, `key`, `total`, "
        "`pagination` and `modified`; if the platform changed its API, correct the connector.",
    )
