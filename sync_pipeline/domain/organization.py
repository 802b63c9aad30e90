"""The Virtuous organization a token belongs to."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Organization:
    """Answer of `GET /api/Organization/Current`."""

    user_id: int
    name: str
    time_zone: str | None
    is_enabled: bool


class WriteAccess(StrEnum):
    """Whether the key may write contacts, as far as `GET /api/Permission` says it in words we know."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    UNKNOWN = "unknown"
