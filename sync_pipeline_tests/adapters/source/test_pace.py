"""How fast a source is asked: its limit, what its refusals teach, and what a process that was killed leaves behind."""

import asyncio
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_pipeline.adapters.source.pace import Forgetful, Pace
from sync_pipeline.adapters.sql.source_paces import SqlPaceMemory
from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.domain.configuration.connector import RateLimit
from sync_pipeline.domain.errors import ParkedError
from sync_pipeline.domain.source_pace import PaceRecord
from sync_pipeline.ports import PaceMemory
from sync_pipeline_tests.clock import FakeClock

MINUTE = 60.0
SIXTY = RateLimit(requests=60, window_seconds=60)


@dataclass
class Kept:
    """Implements `ports.PaceMemory` in memory."""

    record: PaceRecord | None = None
    writes: int = 0

    def recall(self) -> PaceRecord | None:
        return self.record

    def keep(self, record: PaceRecord) -> None:
        self.record, self.writes = record, self.writes + 1


@dataclass
class Platform:
    """Answers at most `limit` requests in any window, each within `latency`; `refused` counts its 429s.

    `tells`: a refusal says how long to wait; otherwise whoever asks waits twice as long every time.
    """

    clock: FakeClock
    limit: int
    window: float = MINUTE
    tells: bool = True
    latency: float = 0.05
    sent: list[float] = field(default_factory=list)
    refused: int = 0

    def ask(self) -> bool:
        taken = len(self._counted()) < self.limit
        if taken:
            self.sent.append(self.clock.monotonic())
        self.refused += not taken
        return taken

    def wait(self, refusals: int) -> float:
        if not self.tells:
            return 0.75 * min(60, 2**refusals)
        return max(1.0, self._counted()[0] + self.window - self.clock.monotonic())

    def _counted(self) -> list[float]:
        return self.sent[bisect_right(self.sent, self.clock.monotonic() - self.window) :]


async def asked(pace: Pace, platform: Platform, requests: int) -> None:
    """So many requests one after the other, each until it is answered."""
    for _ in range(requests):
        await pace.turn()
        refusals = 0
        while not platform.ask():
            pace.pause(platform.wait(refusals), throttled=True)
            refusals += 1
            await pace.turn()
        platform.clock.advance(seconds=platform.latency)


def session(clock: FakeClock, limit: RateLimit | None, memory: PaceMemory | None = None, patience: float = 0) -> Pace:
    return Pace(clock, limit, memory or Forgetful(), timedelta(seconds=patience) if patience else None)


def test_a_limit_that_is_known_is_used_up_and_never_exceeded() -> None:
    clock = FakeClock()
    platform = Platform(clock, 60)
    asyncio.run(asked(session(clock, SIXTY), platform, 600))
    assert platform.refused == 0
    assert clock.monotonic() - 1000 == pytest.approx(9 * MINUTE, rel=0.05)


@pytest.mark.parametrize("tells", [True, False], ids=["told how long", "not told"])
@pytest.mark.parametrize(("limit", "window"), [(10, 1), (100, 1), (20, 10), (60, MINUTE), (100, MINUTE), (600, MINUTE)])
def test_a_limit_that_nobody_knows_is_learnt(limit: int, window: float, *, tells: bool) -> None:
    """From whatever latency allows to what is taken, by the second or by the minute, in a handful of refusals."""
    clock, windows = FakeClock(), 30
    platform = Platform(clock, limit, window, tells, latency=window / limit / 10)
    asyncio.run(asked(session(clock, None), platform, windows * limit))
    assert platform.refused <= 12
    assert windows - 1 <= (clock.monotonic() - 1000) / window <= 1.5 * windows


@pytest.mark.parametrize("wait", [0.6, 1.0])
def test_one_early_refusal_with_a_short_wait_costs_seconds_and_parks_nobody(wait: float) -> None:
    """A platform that counts by the second, or that was busy for a moment: no reason to crawl by the minute."""
    clock = FakeClock()
    pace = session(clock, None, patience=60)
    asyncio.run(pace.turn())
    pace.pause(wait, throttled=True)
    asyncio.run(asked(pace, Platform(clock, 10_000), 40))
    assert clock.monotonic() - 1000 < 15


def test_what_was_learnt_is_known_the_next_night() -> None:
    clock, memory = FakeClock(), Kept()
    platform = Platform(clock, 100)
    first = session(clock, None, memory)
    asyncio.run(asked(first, platform, 2000))
    first.close()
    clock.advance(hours=24)
    platform.refused = 0
    asyncio.run(asked(session(clock, None, memory), platform, 90))
    assert platform.refused == 0


@given(kills=st.lists(st.integers(1, 90), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_processes_that_die_one_after_the_other_never_exceed_it_together(kills: list[int]) -> None:
    clock, memory = FakeClock(), Kept()
    platform = Platform(clock, 60)
    for requests in kills:  # each of them ends without a word
        asyncio.run(asked(session(clock, SIXTY, memory), platform, requests))
    assert platform.refused == 0


def test_a_process_that_ends_gives_back_what_it_did_not_use() -> None:
    clock, memory = FakeClock(), Kept()
    for _ in range(20):
        one = session(clock, SIXTY, memory)
        asyncio.run(asked(one, Platform(clock, 60), 1))
        one.close()
    assert clock.slept == []
    assert memory.record is not None
    assert sum(block.requests for block in memory.record.blocks) == 20


def test_a_source_without_a_limit_costs_no_write() -> None:
    clock, memory = FakeClock(), Kept()
    pace = session(clock, None, memory)
    asyncio.run(asked(pace, Platform(clock, 10_000), 500))
    pace.close()
    assert memory.writes == 0


def test_a_known_limit_costs_a_write_for_every_twentieth_of_it() -> None:
    clock, memory = FakeClock(), Kept()
    asyncio.run(asked(session(clock, RateLimit(requests=1000, window_seconds=60), memory), Platform(clock, 1000), 1000))
    assert memory.writes == 20


def test_whoever_has_patience_parks_until_another_slice_is_worth_it() -> None:
    clock = FakeClock()
    pace = session(clock, RateLimit(requests=100, window_seconds=3600), patience=60)
    platform = Platform(clock, 100, 3600)
    with pytest.raises(ParkedError) as parked:
        asyncio.run(asked(pace, platform, 101))
    assert "rate limit of the source" in parked.value.reason
    clock.advance(seconds=(parked.value.until - clock.now()).total_seconds())
    asyncio.run(asked(pace, platform, 25))
    assert platform.refused == 0
    assert clock.slept == []


def test_a_long_wait_that_the_source_asks_for_outlives_the_process() -> None:
    clock, memory = FakeClock(), Kept()
    first = session(clock, None, memory, patience=60)
    first.pause(3600, throttled=True)
    clock.advance(minutes=10)
    with pytest.raises(ParkedError) as parked:
        asyncio.run(session(clock, None, memory, patience=60).turn())
    assert (parked.value.until - clock.now()).total_seconds() == pytest.approx(3000)


def test_another_limit_in_the_connector_forgets_what_was_learnt_under_the_old_one() -> None:
    clock, memory = FakeClock(), Kept()
    session(clock, SIXTY, memory).pause(3600, throttled=True)
    asyncio.run(session(clock, RateLimit(requests=100, window_seconds=60), memory).turn())
    assert clock.slept == []


def test_a_clock_that_was_set_back_holds_nobody_up() -> None:
    clock = FakeClock()
    pace = session(clock, SIXTY)
    asyncio.run(asked(pace, Platform(clock, 60), 60))
    clock.advance(hours=-5)
    asyncio.run(asked(pace, Platform(clock, 60), 60))
    assert max(clock.slept) <= 61


def test_it_is_kept_in_the_store_for_each_source(database_url: str) -> None:
    clock = FakeClock()
    store = StateStore(database_url, clock)
    memory = store.pace_memory("riverside", "vomo")
    assert isinstance(memory, SqlPaceMemory)
    session(clock, SIXTY, memory).pause(90, throttled=True)
    asyncio.run(asked(session(clock, SIXTY, memory), Platform(clock, 60), 2))
    assert clock.slept == [pytest.approx(90)]
    kept = memory.recall()
    assert kept is not None
    assert kept.pace.limit == pytest.approx(33.0)  # half of it, and a twentieth more after a minute
    assert store.pace_memory("riverside", "giving").recall() is None
    assert store.pace_memory("lakeside", "vomo").recall() is None
    store.close()
