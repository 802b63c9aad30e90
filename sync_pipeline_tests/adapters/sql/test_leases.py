"""Leases: one writer per customer, and what a dead one leaves behind."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from sync_pipeline.adapters.process import this_process
from sync_pipeline.adapters.sql.leases import SqlLeases
from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.domain.errors import BusyError
from sync_pipeline.domain.lease import LEASE_SECONDS, Lease
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, holder_elsewhere
from sync_pipeline_tests.clock import FakeClock

HOLD_UNTIL_KILLED = """
import sys
from sync_pipeline.adapters.process import this_process
from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline_tests.clock import FakeClock
lease = StateStore(sys.argv[1], FakeClock()).leases.acquire(sys.argv[2], this_process())
print(lease.token, flush=True)
sys.stdin.read()
"""


@contextmanager
def process_holding_the_lease(url: str) -> Iterator[subprocess.Popen[str]]:
    """Another process of this host that has the customer's lease; afterwards it is killed and buried."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD_UNTIL_KILLED, url, CUSTOMER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def leases(store: StateStore) -> SqlLeases:
    return store.leases


def acquired(lease: Lease | None) -> Lease:
    assert lease is not None
    return lease


def test_a_second_holder_gets_nothing_while_the_first_lives(leases: SqlLeases) -> None:
    assert leases.acquire(CUSTOMER, this_process())
    assert leases.acquire(CUSTOMER, this_process()) is None


def test_customers_do_not_share_a_lease(leases: SqlLeases) -> None:
    assert leases.acquire(CUSTOMER, this_process())
    assert leases.acquire("lakeside", this_process())


def test_of_many_that_try_at_once_one_wins(leases: SqlLeases) -> None:
    holders = [this_process() for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda holder: leases.acquire(CUSTOMER, holder), holders))
    assert sum(answer is not None for answer in answers) == 1


def test_release_frees_the_lease_for_the_next_holder(leases: SqlLeases) -> None:
    first = acquired(leases.acquire(CUSTOMER, this_process()))
    leases.release(first)
    second = acquired(leases.acquire(CUSTOMER, this_process()))
    assert second.token > first.token


def test_releasing_a_lost_lease_leaves_its_new_holder_alone(leases: SqlLeases, clock: FakeClock) -> None:
    lost = acquired(leases.acquire(CUSTOMER, holder_elsewhere()))
    clock.advance(seconds=LEASE_SECONDS)
    holder = acquired(leases.acquire(CUSTOMER, this_process()))
    leases.release(lost)
    assert leases.acquire(CUSTOMER, this_process()) is None
    assert leases.renew(holder)


def test_a_holder_of_another_host_keeps_the_lease_until_it_expires(leases: SqlLeases, clock: FakeClock) -> None:
    lease = acquired(leases.acquire(CUSTOMER, holder_elsewhere()))
    assert lease.expires_at == clock.now() + timedelta(seconds=LEASE_SECONDS)
    clock.advance(seconds=LEASE_SECONDS - 1)
    assert leases.acquire(CUSTOMER, this_process()) is None
    clock.advance(seconds=1)
    assert leases.acquire(CUSTOMER, this_process())


def test_a_renewed_lease_lasts_its_whole_time_again(leases: SqlLeases, clock: FakeClock) -> None:
    lease = acquired(leases.acquire(CUSTOMER, holder_elsewhere()))
    clock.advance(seconds=LEASE_SECONDS - 1)
    renewed = leases.renew(lease)
    assert renewed.token == lease.token
    clock.advance(seconds=LEASE_SECONDS - 1)
    assert leases.acquire(CUSTOMER, this_process()) is None


def test_a_lost_lease_cannot_be_renewed(leases: SqlLeases, clock: FakeClock) -> None:
    lost = acquired(leases.acquire(CUSTOMER, holder_elsewhere()))
    clock.advance(seconds=LEASE_SECONDS)
    assert leases.acquire(CUSTOMER, this_process())
    with pytest.raises(BusyError):
        leases.renew(lost)


def test_a_live_process_of_this_host_keeps_its_lease(database_url: str, leases: SqlLeases) -> None:
    with process_holding_the_lease(database_url):
        assert leases.acquire(CUSTOMER, this_process()) is None


def test_a_killed_process_of_this_host_is_replaced_at_once(database_url: str, leases: SqlLeases) -> None:
    with process_holding_the_lease(database_url) as process:
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and still a zombie
        assert acquired(leases.acquire(CUSTOMER, this_process())).token == 2


def test_a_process_that_got_the_dead_holders_pid_does_not_keep_the_lease(leases: SqlLeases) -> None:
    earlier = replace(this_process(), process_started="before")
    assert leases.acquire(CUSTOMER, earlier)
    assert leases.acquire(CUSTOMER, this_process())


def test_a_holder_from_before_the_host_was_booted_is_replaced_at_once(leases: SqlLeases) -> None:
    assert leases.acquire(CUSTOMER, replace(this_process(), boot_id="last-boot"))
    assert leases.acquire(CUSTOMER, this_process())


def test_a_takeover_from_a_holder_who_may_live_is_remembered(leases: SqlLeases, clock: FakeClock) -> None:
    assert leases.acquire(CUSTOMER, holder_elsewhere()) is not None
    clock.advance(seconds=31)
    taken = leases.acquire(CUSTOMER, this_process())
    assert taken is not None
    assert taken.taken_over_at == clock.now()
    renewed = leases.renew(taken)
    assert renewed.taken_over_at == taken.taken_over_at
    leases.release(taken)
    clock.advance(seconds=5)
    again = leases.acquire(CUSTOMER, this_process())
    assert again is not None
    assert again.taken_over_at == taken.taken_over_at


def test_a_released_lease_or_a_dead_holder_needs_no_waiting(leases: SqlLeases) -> None:
    first = leases.acquire(CUSTOMER, holder_elsewhere())
    assert first is not None
    leases.release(first)
    second = leases.acquire(CUSTOMER, replace(this_process(), holder_id="dead", boot_id="before the boot"))
    assert second is not None
    third = leases.acquire(CUSTOMER, this_process())
    assert third is not None
    assert (first.taken_over_at, second.taken_over_at, third.taken_over_at) == (None, None, None)
