"""What an operation needs before it can be sent: the id that Virtuous gave a record."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sync_pipeline.domain.change import Action


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """A record of ours in Virtuous, by the reference we know it under."""

    kind: str
    source: str
    reference: str

    def __str__(self) -> str:
        return f"{self.kind} {self.source}/{self.reference}"


@dataclass(frozen=True, slots=True)
class CrmId:
    """Ids that Virtuous gave a record.

    `part_id` is what hangs on it or what it hangs on: of a contact its primary individual, of a gift or note its
    contact, of an attendance its opportunity.
    """

    crm_id: int
    part_id: int | None = None


def needs_of(kind: str, action: Action, source: str, reference: str, payload: Mapping[str, Any]) -> Iterator[Need]:
    """What must be known before the operation can be bound to a request; nothing for transactions.

    An opportunity waits for a look at Virtuous, because it is found by name before it is created.
    """
    match kind, action:
        case ("contact" | "gift", Action.SAVE):
            return
        case ("note", _):
            yield Need("contact", *payload["contact"])
        case ("attendance", Action.SAVE):
            yield Need("contact", *payload["contact"])
            yield Need("opportunity", *payload["opportunity"])
        case _:
            yield Need(kind, source, reference)
