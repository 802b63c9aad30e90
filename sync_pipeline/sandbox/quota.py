"""The requests of one Virtuous organization within a fixed window."""

import math
from dataclasses import dataclass

from sync_pipeline.sandbox.settings import Quota


@dataclass(frozen=True)
class Permit:
    """What one request found: `remaining` counts it already; `resets_at` is whole Unix seconds."""

    granted: bool
    remaining: int
    resets_at: int
    retry_after: int


class QuotaWindow:
    """A window starts with the first request after the last one ended and ends on a whole second.

    The end is never earlier than the reset header says: a client that waits for exactly that long is served.
    """

    def __init__(self, quota: Quota) -> None:
        self.quota = quota
        self.used = 0
        self.resets_at = 0

    def change(self, quota: Quota) -> None:
        if quota.window_seconds != self.quota.window_seconds:
            self.resets_at = 0
        self.quota = quota

    def take(self, now: float, requests: int = 1) -> Permit:
        """Counts `requests`, refused ones too."""
        if now >= self.resets_at:
            self.used = 0
            self.resets_at = math.ceil(now + self.quota.window_seconds)
        self.used += requests
        return Permit(
            granted=self.used <= self.quota.requests,
            remaining=max(0, self.quota.requests - self.used),
            resets_at=self.resets_at,
            retry_after=max(1, math.ceil(self.resets_at - now)),
        )

    def headers(self, permit: Permit) -> dict[str, str]:
        """The documented headers, in the spelling and unit this organization is set to."""
        if not self.quota.headers:
            return {}
        prefix = self.quota.header_prefix
        reset = permit.resets_at * 1000 if self.quota.reset_in_milliseconds else permit.resets_at
        return {
            f"{prefix}-Limit": str(self.quota.requests),
            f"{prefix}-Remaining": str(permit.remaining),
            f"{prefix}-Reset": str(reset),
        }

    def state(self) -> dict[str, int]:
        return {"used": self.used, "limit": self.quota.requests, "resets_at": self.resets_at}
