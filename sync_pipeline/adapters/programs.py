"""Programs that we start, each with a process group of its own: a signal reaches what it started too."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

PR_SET_PDEATHSIG = 1
CONNECT_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Program:
    """`address` is where it takes connections once it is ready; None when nobody connects to it."""

    name: str
    command: Sequence[str]
    address: tuple[str, int] | None = None

    def start(self, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start it from the main thread: on Linux it is told to end when the thread that started it is gone."""
        ends_with_us = partial(end_with_parent, ctypes.CDLL(None)) if sys.platform == "linux" else None
        return subprocess.Popen(  # noqa: S603 - our own interpreter and words
            self.command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            process_group=0,  # Ctrl-C reaches us alone: in which order they end is ours to say
            preexec_fn=ends_with_us,  # noqa: PLW1509 - nobody else's thread is there to hold a lock
        )

    def is_ready(self) -> bool:
        if self.address is None:
            return True
        try:
            socket.create_connection(self.address, CONNECT_SECONDS).close()
        except OSError:
            return False
        return True


def end_with_parent(library: ctypes.CDLL) -> None:
    """Between fork and exec: Linux sends this process SIGTERM once its parent is gone, also by SIGKILL."""
    library.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def signal_group(group: int, number: int) -> bool:
    """Whether somebody of the group was there to get it; number 0 only looks."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


def how_it_ended(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def free_port(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as found:
        found.bind((host, 0))
        return int(found.getsockname()[1])


def is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError:
            return False
    return True
