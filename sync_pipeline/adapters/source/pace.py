"""When the next request may leave: the source's rate limit, and the pauses it asks for."""

from bisect import bisect_right
from collections import deque
from datetime import datetime, timedelta

from sync_pipeline.domain.configuration.connector import RateLimit
from sync_pipeline.domain.errors import ParkedError
from sync_pipeline.domain.source_pace import PaceRecord, PermitBlock, SourcePace
from sync_pipeline.ports import Clock, PaceMemory


class Forgetful:
    """Implements `ports.PaceMemory` for who asks a source once."""

    def recall(self) -> PaceRecord | None:
        return None

    def keep(self, record: PaceRecord) -> None: ...


class Pace:
    """Shared by every request of one source, so that they wait together.

    As long as no limit is known, nothing is written down. With `patience`, a longer wait parks instead.
    """

    def __init__(
        self, clock: Clock, limit: RateLimit | None, memory: PaceMemory, patience: timedelta | None = None
    ) -> None:
        self._clock = clock
        self._memory = memory
        self._patience = patience
        window = None if limit is None else timedelta(seconds=limit.window_seconds)
        self._pace = SourcePace.unlearnt(None if limit is None else limit.requests, window, clock.now())
        self._sent: list[datetime] = []
        self._blocks: deque[PermitBlock] = deque()
        self._left_of_block = 0
        self._recalled = False
        self.pauses = 0

    async def turn(self) -> None:
        """Wait until a request may leave, and count it as sent.

        Raises:
            ParkedError: that takes longer than patience lasts.
        """
        self._recall()
        while (until := self._obstacle()[0]) > (now := self._clock.now()):
            await self.wait((until - now).total_seconds())
        self._count(now)

    async def wait(self, seconds: float, why: str | None = None) -> None:
        """Sleep, or park.

        Raises:
            ParkedError: that takes longer than patience lasts.
        """
        if self._patience is not None and seconds > self._patience.total_seconds():
            until, obstacle = self._obstacle(self._pace.worth_a_slice())
            raise ParkedError(max(until, self._clock.now() + timedelta(seconds=seconds)), why or obstacle)
        await self._clock.sleep(seconds)

    def pause(self, seconds: float, *, throttled: bool) -> None:
        """Hold every further request back; answers that arrive during a pause lengthen it but are no new one."""
        now, wait = self._clock.now(), timedelta(seconds=seconds)
        if throttled and now >= (self._pace.blocked_until or now):
            self.pauses += 1
            self._forget_old(now)
            self._pace = self._pace.refused(self._sent, wait, now)
        else:
            self._pace = self._pace.held(now + wait)
        self._keep()

    def close(self) -> None:
        """Give back what was accounted for and did not leave."""
        if self._left_of_block > 0 and self._blocks:
            last = self._blocks.pop()
            self._blocks.append(PermitBlock(self._clock.now(), last.requests - self._left_of_block))
            self._left_of_block = 0
            self._keep()

    def _obstacle(self, wanted: int = 1) -> tuple[datetime, str]:
        now = self._clock.now()
        self._forget_old(now)
        return self._pace.obstacle(self._sent, now, wanted)

    def _count(self, now: datetime) -> None:
        self._pace = self._pace.recovered(now)
        self._sent.append(now)
        if self._pace.limit is None:
            return
        if self._left_of_block == 0:
            self._left_of_block = self._pace.block
            self._blocks.append(PermitBlock(now, self._left_of_block))
            self._keep()  # before any of them leaves
        self._left_of_block -= 1

    def _recall(self) -> None:
        if self._recalled:
            return
        self._recalled, now = True, self._clock.now()
        known = self._memory.recall()
        if known is None or known.pace.ceiling != self._pace.ceiling:
            return
        if known.pace.ceiling is not None and known.pace.window != self._pace.window:
            return
        self._pace = known.pace
        left_by = [*(block.at for block in known.blocks[1:]), now]
        for block, latest in zip(known.blocks, left_by, strict=False):
            self._blocks.append(block)
            self._sent.extend([min(latest, now)] * block.requests)

    def _keep(self) -> None:
        self._memory.keep(PaceRecord(self._pace, tuple(self._blocks)))

    def _forget_old(self, now: datetime) -> None:
        horizon = now - self._pace.memory
        if self._sent and self._sent[0] <= horizon:
            del self._sent[: bisect_right(self._sent, horizon)]
        # A block may have left until the next one began.
        while len(self._blocks) > 1 and self._blocks[1].at <= horizon:
            self._blocks.popleft()
