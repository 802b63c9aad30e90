"""The sources of one customer, night by night. What a customer does not have is empty."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sync_pipeline.demo import giving, people, serving
from sync_pipeline.demo.records import Records
from sync_pipeline.sandbox.world import World


@dataclass(slots=True)
class Sources:
    """Every stream of the demo fleet's files."""

    customer_id: str
    users: Records = field(default_factory=people.people)
    projects: Records = field(default_factory=serving.projects)
    participations: Records = field(default_factory=serving.participations)
    completions: Records = field(default_factory=serving.completions)
    donations: Records = field(default_factory=giving.donations)

    def __iter__(self) -> Iterator[Records]:
        yield from (self.users, self.projects, self.participations, self.completions, self.donations)

    def note(self, world: World) -> None:
        """Remember how the sources look before a night."""
        vomo, giver = vomo_token(self.customer_id), giving_token(self.customer_id)
        self.users.note(world.vomo_users(vomo))
        self.projects.note(world.vomo_projects(vomo))
        self.participations.note(serving.served_rows(world, vomo))
        self.completions.note(serving.completed_rows(world, vomo))
        self.donations.note(world.giving_donations(giver) if giver in world.giving else ())

    @property
    def size(self) -> int:
        return sum(len(records.now) for records in self)

    def waiting_in(self, night: int) -> int:
        return sum(len(records.waiting_in(night)) for records in self)


def vomo_token(customer_id: str) -> str:
    return f"demo-{customer_id}-vomo"


def giving_token(customer_id: str) -> str:
    return f"demo-{customer_id}-giving"


def virtuous_token(customer_id: str) -> str:
    return f"demo-{customer_id}-virtuous"
