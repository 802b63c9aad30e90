"""Putting changes into messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync_pipeline.domain.alerts.notices import due_groups
from sync_pipeline.domain.alerts.wording import Links, message
from sync_pipeline.ports import AlertBook, Clock


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is told: `channels` are those of customers that have one of their own."""

    channel: str
    channels: Mapping[str, str] = field(default_factory=dict)
    links: Links = field(default_factory=Links)

    def channel_of(self, customer_id: str) -> str:
        return self.channels.get(customer_id, self.channel)


def tell(book: AlertBook, audience: Audience, clock: Clock) -> int:
    """Write the messages that are due now; answers how many."""
    groups = due_groups(book.untold(), audience.channel_of, book.last_told(), clock.now())
    for group in groups:
        text = message(group, audience.links)
        book.tell(group.channel, group.topic, text, [one.change_id for one in group.changes])
    return len(groups)
