"""What is compared: the records as they should be in Virtuous, and what the sandbox says there is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync_pipeline.demo import giving
from sync_pipeline.demo.nights import CustomerNight
from sync_pipeline.demo.people import Contact, expected_contacts
from sync_pipeline.demo.records import Row
from sync_pipeline.demo.sources import Sources, giving_token, virtuous_token, vomo_token
from sync_pipeline.sandbox.world import World

VOMO = "VOMO"


@dataclass(frozen=True, slots=True)
class Evidence:
    """About one customer. Contacts and their ids are by reference, such as `VOMO/17`."""

    customer_id: str
    nights: Sequence[CustomerNight]
    sources: Sources
    books: Mapping[str, Any]
    contacts: Mapping[str, Contact]
    contact_ids: Mapping[str, int]
    gifts: Sequence[Row]
    opportunities: Sequence[Row]
    attendances: Sequence[Row]
    notes: Sequence[Row]
    source_requests: int

    @property
    def dead_letters(self) -> list[Mapping[str, Any]]:
        return [letter for ran in self.nights for letter in ran.dead_letters]

    @property
    def reported_source_requests(self) -> int:
        return sum(ran.count("source_requests") for ran in self.nights)

    def expected_contacts(self) -> dict[str, Contact]:
        """Everybody, by reference: who came from VOMO, and the donors that the import made of gifts."""
        people = expected_contacts(self.sources.users)
        donors = giving.expected_donors(self.sources.donations)
        return {f"{VOMO}/{key}": contact for key, contact in people.items()} | {
            f"{giving.SOURCE}/{key}": contact for key, contact in donors.items()
        }

    def person(self, user: str) -> int | None:
        """The id of a VOMO user's contact."""
        return self.contact_ids.get(f"{VOMO}/{user}")


def gathered(world: World, nights: Sequence[CustomerNight], sources: Sources) -> Evidence:
    """The evidence about one customer."""
    customer_id = sources.customer_id
    token = virtuous_token(customer_id)
    platforms = (vomo_token(customer_id), giving_token(customer_id))
    return Evidence(
        customer_id=customer_id,
        nights=nights,
        sources=sources,
        books=world.books(token),
        contacts=world.contacts(token),
        contact_ids=world.contact_ids(token),
        gifts=world.gifts(token),
        opportunities=world.opportunities(token),
        attendances=world.attendances(token),
        notes=world.notes(token),
        source_requests=sum(
            sum(world.books(platform)["requests"].values())
            for platform in platforms
            if platform in world.vomo or platform in world.giving
        ),
    )
