"""One contact of an organization."""

from dataclasses import dataclass, field
from typing import Any

IMPORT = "Sandbox Import"
STAFF = "Sandbox Staff"


@dataclass
class Contact:
    """One record: the flat fields of the transactions merged into it, and where it is known from.

    `tags` has the id of the join by the tag's name. `merged_into` is the contact that took this one's place. `others`
    are first and last names of further people of the household, whom staff know it under.
    """

    contact_id: int
    created_at: float
    modified_at: float
    modified_by: str = IMPORT
    fields: dict[str, str] = field(default_factory=dict)
    tags: dict[str, int] = field(default_factory=dict)
    references: list[tuple[str, str]] = field(default_factory=list)
    archived: bool = False
    archive_reason: str | None = None
    merged_into: int | None = None
    others: list[tuple[str, str]] = field(default_factory=list)

    @property
    def individual_id(self) -> int:
        """The person whom transactions speak of."""
        return self.contact_id * 10 + 1

    @property
    def individual_ids(self) -> range:
        """Everybody of the household."""
        return range(self.individual_id, self.individual_id + 1 + len(self.others))

    @property
    def email(self) -> str:
        return self.fields.get("email", "").lower()

    @property
    def person(self) -> str:
        return " ".join(filter(None, (self.fields.get("firstName"), self.fields.get("lastName"))))

    @property
    def name(self) -> str:
        return self.fields.get("name") or self.person

    @property
    def is_hidden(self) -> bool:
        """Left out of queries that do not ask for archived contacts."""
        return self.archived or self.merged_into is not None

    def flat(self) -> dict[str, Any]:
        return {**self.fields, "tags": sorted(self.tags)}
