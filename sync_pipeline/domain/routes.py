"""In which requests operations travel: which endpoints take many rows, and how they are called then."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync_pipeline.domain.crm import contacts, gifts, notes, tags

ALWAYS = {contacts.TRANSACTION: contacts.BATCH, gifts.TRANSACTION: gifts.BATCH}


@dataclass(frozen=True, slots=True)
class Routes:
    """The endpoints of one organization that take many rows at once, by the endpoint of a single one.

    `most` rows travel together, fewer where `limits` says so. Operations are claimed by the endpoint of a single row;
    `label` is where they go.
    """

    most: int
    batched: Mapping[str, str] = field(default_factory=lambda: ALWAYS)
    limits: Mapping[str, int] = field(default_factory=dict)

    def limit(self, endpoint: str) -> int:
        return min(self.most, self.limits.get(endpoint, self.most)) if endpoint in self.batched else 1

    def label(self, endpoint: str, rows: int) -> str:
        """A single row goes to the endpoint that documents every field; several travel as a batch."""
        if endpoint == contacts.ALONE:
            return contacts.TRANSACTION
        if endpoint == tags.BULK:
            return endpoint  # tags have no endpoint of their own here: a single one goes there too
        return endpoint if rows == 1 else self.batched[endpoint]


def routes_of(most: int, *, bulk_notes: bool, bulk_tags: bool) -> Routes:
    """The bulk endpoints are named by the guides only (reference section 5.3): for organizations that have them."""
    more = {notes.CREATE: notes.BULK} if bulk_notes else {}
    return Routes(most, ALWAYS | more | ({tags.BULK: tags.BULK} if bulk_tags else {}))
