"""Where writes to disk are not waited for: nothing of a test has to survive a power cut."""

import os
import shutil
import tempfile
from pathlib import Path

IN_MEMORY = Path("/dev/shm")  # noqa: S108  the folders made in it are our own
ROOM = 4 * 2**30


def use_memory() -> None:
    """Temporary files of this process and its children live in memory, if there is room and nobody says otherwise."""
    if "TMPDIR" not in os.environ and IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free >= ROOM:
        os.environ["TMPDIR"] = str(IN_MEMORY)
        tempfile.tempdir = None  # what was found out before
