"""Tag definitions, and the joins that put them on contacts."""

from itertools import count

from sync_pipeline.sandbox.contact import Contact


class TagStore:
    """A definition comes into being with the first use of its name: no endpoint makes one (section 5.3)."""

    def __init__(self) -> None:
        self.definitions: dict[str, int] = {}
        self.joins: dict[int, tuple[Contact, str]] = {}
        self._ids = count(301)
        self._join_ids = count(7001)

    def add(self, contact: Contact, name: str) -> bool:
        """Whether the contact did not have the tag before."""
        self.define(name)
        if name in contact.tags:
            return False
        join_id = next(self._join_ids)
        contact.tags[name] = join_id
        self.joins[join_id] = (contact, name)
        return True

    def define(self, name: str) -> None:
        if name not in self.definitions:
            self.definitions[name] = next(self._ids)

    def remove(self, join_id: int) -> Contact | None:
        """The contact that lost the tag; None when there is no such join."""
        contact, name = self.joins.pop(join_id, (None, ""))
        if contact is not None:
            del contact.tags[name]
        return contact

    def name_of(self, tag_id: object) -> str | None:
        return next((name for name, known in self.definitions.items() if known == tag_id), None)

    def move(self, loser: Contact, winner: Contact) -> None:
        for name, join_id in list(loser.tags.items()):
            self.remove(join_id)
            self.add(winner, name)
