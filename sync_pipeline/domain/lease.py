"""The lease that makes one process the only writer of a customer."""

from dataclasses import dataclass
from datetime import datetime

LEASE_SECONDS = 30
HEARTBEAT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Holder:
    """A process, told apart from another one that got the same pid later."""

    holder_id: str
    host: str
    boot_id: str
    pid: int
    process_started: str


@dataclass(frozen=True, slots=True)
class Lease:
    """A held lease. `token` grows with every acquisition: a write with an older one is refused.

    `taken_over_at`: when it was last taken from a holder who had let it expire and may still live.
    """

    customer_id: str
    holder_id: str
    token: int
    expires_at: datetime
    taken_over_at: datetime | None = None
