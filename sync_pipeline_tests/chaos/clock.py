"""One clock for the sandbox and every process that writes to it: real time, and the leaps of whoever sleeps."""

import asyncio
import fcntl
import mmap
import struct
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 3, 1, 6, tzinfo=UTC)
LAYOUT = struct.Struct("dd")  # the monotonic moment of START, and how far the clock has leapt since


class SharedClock:
    """Implements `ports.Clock`. A sleep is over at once, and has taken as long as it was asked to for everybody."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(LAYOUT.pack(time.monotonic(), 0.0))
        self._file = file.open("r+b")
        self._memory = mmap.mmap(self._file.fileno(), LAYOUT.size)

    def now(self) -> datetime:
        return START + timedelta(seconds=self._elapsed())

    def unix(self) -> float:
        return self.now().timestamp()

    def monotonic(self) -> float:
        return self._elapsed()

    async def sleep(self, seconds: float) -> None:
        self.leap(seconds)
        await asyncio.sleep(0)

    def leap(self, seconds: float) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)  # the kernel lets go of it when its holder is killed
        try:
            started, leapt = LAYOUT.unpack(self._memory[: LAYOUT.size])
            self._memory[: LAYOUT.size] = LAYOUT.pack(started, leapt + max(0.0, seconds))
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        self._memory.close()
        self._file.close()

    def _elapsed(self) -> float:
        started, leapt = LAYOUT.unpack(self._memory[: LAYOUT.size])
        return time.monotonic() - started + leapt
