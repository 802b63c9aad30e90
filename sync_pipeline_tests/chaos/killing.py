"""Killing a process at the so-manieth line that it comes to in certain files."""

import os
import signal
import sys
from collections.abc import Callable, Collection
from types import FrameType
from typing import Any


def traced(act: Callable[[], object], lines_of: Collection[str], die_at: int | None = None) -> int:
    """Count the lines of these files that `act` comes to; at the one of this number the process kills itself."""
    lines = 0

    def at_line(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal lines
        if frame.f_code.co_filename not in lines_of:
            return None
        if event == "line":
            lines += 1
            if lines == die_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return at_line

    before = sys.gettrace()
    sys.settrace(at_line)
    try:
        act()
    finally:
        sys.settrace(before)
    return lines


def killed_at(line: int, act: Callable[[], object], lines_of: Collection[str]) -> bool:
    """Do it in a process that dies at that line; False when it ended before."""
    child = os.fork()
    if child == 0:
        traced(act, lines_of, die_at=line)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)
