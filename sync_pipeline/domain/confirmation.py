"""Confirmation: what Virtuous shows of a record, weighed against what was sent and what the source says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sync_pipeline.domain.needs import Need


@dataclass(frozen=True, slots=True)
class Sent:
    """The newest operation of a record that Virtuous accepted; `fingerprints` are those of its field groups."""

    operation_id: int
    need: Need
    stream: str
    key: str
    fingerprints: Mapping[str, str]
    row_hash: str
    accepted_at: datetime
    is_confirmed: bool


class Author(StrEnum):
    """Whose value it is that Virtuous shows in place of ours."""

    OURS = "ours"  # what we sent never showed
    PERSON = "person"
    INTEGRATION = "integration"


WORDS_OF_INTEGRATIONS = ("api", "integration", "import", "sync", "zapier", "webhook", "automation", "service")


def author_of(modified_by: str | None, *, was_confirmed: bool) -> Author:
    """Who changed a contact that showed our values before. Virtuous names a user, and integrations are users too."""
    if not was_confirmed:
        return Author.OURS
    words = (modified_by or "").casefold()
    return Author.INTEGRATION if any(word in words for word in WORDS_OF_INTEGRATIONS) else Author.PERSON


@dataclass(frozen=True, slots=True)
class Drift:
    """Fields in which Virtuous differs from what it once showed of ours, or never showed; names, never values."""

    stream: str
    key: str
    fields: tuple[str, ...]
    author: Author


@dataclass(slots=True)
class Reconciled:
    """What a reconciliation found. Every count is of records; `compared` those that Virtuous shows."""

    unconfirmed: int = 0
    confirmed: int = 0
    superseded: int = 0
    reviewed: int = 0
    compared: int = 0
    missing: int = 0
    archived: int = 0
    merged: int = 0
    corrected: int = 0
    drifts: list[Drift] = field(default_factory=list)

    def as_dict(self, details: int) -> dict[str, object]:
        """JSON types: the counts, fields by author, and the first `details` of the differences."""
        by_author: dict[str, dict[str, int]] = {author.value: {} for author in Author}
        for drift in self.drifts:
            for name in drift.fields:
                fields = by_author[drift.author.value]
                fields[name] = fields.get(name, 0) + 1
        return {
            "unconfirmed": self.unconfirmed,
            "confirmed": self.confirmed,
            "superseded": self.superseded,
            "reviewed": self.reviewed,
            "compared": self.compared,
            "missing": self.missing,
            "archived": self.archived,
            "merged": self.merged,
            "corrected": self.corrected,
            "drift": by_author,
            "details": [
                {"stream": drift.stream, "key": drift.key, "fields": list(drift.fields), "author": drift.author.value}
                for drift in self.drifts[:details]
            ],
        }
