"""The heartbeat: a lease that is kept alive while a stage works."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from sync_pipeline.adapters.heartbeat import held_lease
from sync_pipeline.adapters.process import this_process
from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.domain.errors import BusyError
from sync_pipeline.domain.lease import LEASE_SECONDS
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, holder_elsewhere
from sync_pipeline_tests.clock import FakeClock

OFTEN = 0.001
PATIENCE = 10  # real seconds until a beat that does not come fails a test


class WatchedClock(FakeClock):
    """Tells when somebody other than the test has asked for the time, as every beat does."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()

    def monotonic(self) -> float:
        moment = super().monotonic()
        self.asked.set()
        return moment

    def await_beats(self, number: int = 2) -> None:
        """Wait until that many more beats began: the ones before them are over then."""
        for _ in range(number):
            self.asked.clear()
            assert self.asked.wait(PATIENCE)


@pytest.fixture
def clock() -> WatchedClock:
    return WatchedClock()


@pytest.fixture
def store(tmp_path: Path, clock: WatchedClock) -> Iterator[StateStore]:
    opened = StateStore(f"sqlite:///{tmp_path / 'state.db'}", clock)
    yield opened
    opened.close()


def test_the_lease_is_held_for_the_length_of_the_block_and_free_afterwards(
    store: StateStore, clock: WatchedClock
) -> None:
    with held_lease(store.leases, CUSTOMER, clock):
        assert store.leases.acquire(CUSTOMER, this_process()) is None
    assert store.leases.acquire(CUSTOMER, this_process())


def test_a_block_that_fails_frees_the_lease(store: StateStore, clock: WatchedClock) -> None:
    with pytest.raises(ZeroDivisionError), held_lease(store.leases, CUSTOMER, clock):
        _ = 1 / 0
    assert store.leases.acquire(CUSTOMER, this_process())


def test_a_held_lease_refuses_a_second_block(store: StateStore, clock: WatchedClock) -> None:
    with (
        held_lease(store.leases, CUSTOMER, clock),
        pytest.raises(BusyError) as caught,
        held_lease(store.leases, CUSTOMER, clock),
    ):
        pytest.fail("two writers")
    assert CUSTOMER in caught.value.message
    assert caught.value.remedy


def test_beats_move_the_expiry_on(store: StateStore, clock: WatchedClock) -> None:
    with held_lease(store.leases, CUSTOMER, clock, beat_seconds=OFTEN) as keeper:
        for _ in range(3):
            clock.advance(seconds=LEASE_SECONDS - 1)
            clock.await_beats()
        keeper.require(LEASE_SECONDS - 1)
        assert store.leases.acquire(CUSTOMER, holder_elsewhere()) is None


def test_nothing_is_started_that_could_outlast_the_lease(store: StateStore, clock: WatchedClock) -> None:
    with held_lease(store.leases, CUSTOMER, clock) as keeper:
        keeper.require(LEASE_SECONDS)
        clock.advance(seconds=11)
        keeper.require(LEASE_SECONDS - 11)
        with pytest.raises(BusyError):
            keeper.require(LEASE_SECONDS - 10)


def test_whoever_lost_the_lease_starts_nothing_more(store: StateStore, clock: WatchedClock) -> None:
    with held_lease(store.leases, CUSTOMER, clock, beat_seconds=OFTEN) as keeper:
        with store.database.write() as connection:
            connection.execute(text("UPDATE leases SET token = token + 1, holder = 'another'"))
        for beats in threading.enumerate():
            if beats.name == f"lease-{CUSTOMER}":
                beats.join(PATIENCE)  # the next beat notices, and is the last one
        with pytest.raises(BusyError):
            keeper.require(0)
    assert store.leases.acquire(CUSTOMER, holder_elsewhere()) is None  # the other one's lease was not released


def test_a_store_that_fails_for_a_moment_costs_only_time(store: StateStore, clock: WatchedClock) -> None:
    """The lease is not given up at the first failed renewal; it runs out unless a later one succeeds."""
    with held_lease(store.leases, CUSTOMER, clock, beat_seconds=OFTEN) as keeper:
        rename_leases(store, "leases", "hidden")
        clock.advance(seconds=10)
        clock.await_beats()
        keeper.require(LEASE_SECONDS - 10)
        with pytest.raises(BusyError):
            keeper.require(LEASE_SECONDS)
        rename_leases(store, "hidden", "leases")
        clock.await_beats()
        keeper.require(LEASE_SECONDS)


def test_a_lease_that_cannot_be_released_fails_nothing(store: StateStore, clock: WatchedClock) -> None:
    """The work is done and recorded; the lease ends by itself."""
    with held_lease(store.leases, CUSTOMER, clock):
        rename_leases(store, "leases", "hidden")
    rename_leases(store, "hidden", "leases")
    clock.advance(seconds=LEASE_SECONDS)
    assert store.leases.acquire(CUSTOMER, holder_elsewhere())


def rename_leases(store: StateStore, old: str, new: str) -> None:
    with store.database.write() as connection:
        connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
