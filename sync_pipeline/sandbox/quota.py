"""The requests of one organization within its window."""

import math
from collections import deque
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
    """A fixed window starts with the first request after the last one ended and ends on a whole second.

    The end is never earlier than the reset header says: a client that waits for exactly that long is served. In a
    rolling one that client is served as often as requests have left it by then.
    """

    def __init__(self, quota: Quota) -> None:
        self.quota = quota
        self.used = 0
        self.resets_at = 0
        self._taken: deque[float] = deque()

    def change(self, quota: Quota) -> None:
        if quota.window_seconds != self.quota.window_seconds:
            self.resets_at = 0
        self.quota = quota

    def take(self, now: float, requests: int = 1) -> Permit:
        """Counts `requests`, refused ones too."""
        if self.quota.rolling:
            self._roll(now, requests)
        else:
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

    def _roll(self, now: float, requests: int) -> None:
        while self._taken and self._taken[0] <= now - self.quota.window_seconds:
            self._taken.popleft()
        self._taken.extend([now] * requests)
        self.used = len(self._taken)
        self.resets_at = math.ceil((self._taken[0] if self._taken else now) + self.quota.window_seconds)

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
