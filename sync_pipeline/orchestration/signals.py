"""SIGTERM and SIGINT behave like a time limit: the slice parks, and the process is gone within seconds."""

import signal
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

from sync_pipeline.stopping import Stop

SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT})


@contextmanager
def stopping_on_signals(stop: Stop) -> Generator[None]:
    """Let the first signal request a stop; the second one does what it would have done without us.

    Dagster sets handlers of its own around every asset, which raise wherever the code happens to be: this belongs
    inside of the asset. Outside of the main thread nothing is changed.
    """
    if not _is_main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def told(_number: int, _frame: FrameType | None) -> None:
        restore()
        stop.request()

    for number in SIGNALS:
        signal.signal(number, told)
    try:
        yield
    finally:
        restore()


@contextmanager
def noticing_signals(stop: Stop) -> Generator[None]:
    """Let a signal request a stop whoever handles it: Dagster keeps to itself what comes between two assets.

    The interpreter writes every signal into a socket besides calling the handler, and a thread reads it.
    """
    if not _is_main_thread():
        yield
        return
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)

    def read() -> None:
        while numbers := reader.recv(64):
            if not SIGNALS.isdisjoint(numbers):
                stop.request()

    thread = threading.Thread(target=read, name="signals", daemon=True)
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        writer.close()
        thread.join()
        reader.close()


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
