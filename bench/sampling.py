"""Processes and their memory, while a benchmark runs."""

import threading
from collections.abc import Collection
from typing import Self

import psutil

SAMPLE_SECONDS = 0.5


class Sampler(threading.Thread):
    """Counts our processes and their memory, at most so many at once, as long as the block lasts."""

    def __init__(self, besides: Collection[psutil.Process], every: float = SAMPLE_SECONDS) -> None:
        super().__init__(daemon=True)
        self._besides = set(besides)
        self._every = every
        self._over = threading.Event()
        self.processes = 0
        self.megabytes = 0.0

    def run(self) -> None:
        while not self._over.wait(self._every):
            some = [one for one in psutil.Process().children(recursive=True) if one not in self._besides]
            self.processes = max(self.processes, len(some))
            self.megabytes = max(self.megabytes, sum(map(pss, some)))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()


def pss(process: psutil.Process) -> float:
    """Megabytes; 0 of a process that is gone."""
    try:
        return process.memory_full_info().pss / 2**20
    except psutil.Error:
        return 0.0
