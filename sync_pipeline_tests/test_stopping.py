"""Being told to stop: by a signal's handler, while the loop sleeps or waits for an answer."""

import asyncio
import signal
import threading

import pytest

from sync_pipeline.adapters.clock import SystemClock
from sync_pipeline.orchestration.signals import noticing_signals, stopping_on_signals
from sync_pipeline.stopping import Stop

A_LONG_TIME = 60.0


def requested_soon(stop: Stop) -> threading.Timer:
    timer = threading.Timer(0.01, stop.request)
    timer.start()
    return timer


def test_a_sleep_ends_when_a_stop_is_requested() -> None:
    stop = Stop()
    requested_soon(stop)
    asyncio.run(asyncio.wait_for(stop.sleep(SystemClock(), A_LONG_TIME), 5))
    assert stop.is_requested


def test_nothing_sleeps_once_a_stop_is_requested() -> None:
    stop = Stop()
    stop.request()
    asyncio.run(asyncio.wait_for(stop.sleep(SystemClock(), A_LONG_TIME), 5))


def test_what_is_under_way_has_its_grace_and_no_more() -> None:
    stop, ended = Stop(), []

    async def work(seconds: float) -> None:
        async with stop.limiting(A_LONG_TIME, grace=0.2):
            await asyncio.sleep(seconds)
            ended.append(seconds)

    async def both() -> tuple[BaseException | None, BaseException | None]:
        return await asyncio.gather(work(0.05), work(A_LONG_TIME), return_exceptions=True)

    requested_soon(stop)
    quick, slow = asyncio.run(asyncio.wait_for(both(), 5))
    assert quick is None
    assert isinstance(slow, TimeoutError)
    assert ended == [0.05]


def test_a_stop_gives_nobody_more_time_than_it_had() -> None:
    stop = Stop()
    stop.request()

    async def work() -> None:
        async with stop.limiting(0.01, grace=A_LONG_TIME):
            await asyncio.sleep(A_LONG_TIME)

    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(work(), 5))


def test_a_stop_after_the_work_is_over_disturbs_nobody() -> None:
    stop = Stop()

    async def work() -> None:
        async with stop.limiting(A_LONG_TIME):
            stop.request()  # its effect is scheduled, and comes when the block is over
        await asyncio.sleep(0)

    asyncio.run(work())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_requests_a_stop_and_the_second_does_what_it_always_did(number: signal.Signals) -> None:
    stop, told = Stop(), []
    before = signal.signal(number, lambda *_: told.append(number))
    try:
        with stopping_on_signals(stop):
            signal.raise_signal(number)
            assert (stop.is_requested, told) == (True, [])
            signal.raise_signal(number)
            assert told == [number]
        signal.raise_signal(number)
        assert told == [number, number]
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_somebody_else_handles_is_noticed(number: signal.Signals) -> None:
    """As Dagster does between two assets."""
    stop, handled = Stop(), []
    before = signal.signal(number, lambda *_: handled.append(number))
    try:
        with noticing_signals(stop):
            signal.raise_signal(number)
            asyncio.run(asyncio.wait_for(stop.sleep(SystemClock(), A_LONG_TIME), 5))
        assert (stop.is_requested, handled) == (True, [number])
    finally:
        signal.signal(number, before)


def test_without_a_signal_nothing_is_noticed_and_nothing_is_left_behind() -> None:
    stop, threads = Stop(), threading.active_count()
    with noticing_signals(stop):
        pass
    assert (stop.is_requested, threading.active_count()) == (False, threads)
    assert signal.set_wakeup_fd(-1) == -1
