"""Who this process is, and whether another one is still there."""

import os
import socket
import uuid
from pathlib import Path

import psutil

from sync_pipeline.domain.lease import Holder

BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")
PID_NAMESPACE = Path("/proc/self/ns/pid")
START_FIELD = 19  # of /proc/PID/stat, counted behind the program's name (man proc_pid_stat, field 22)


def this_process() -> Holder:
    """A new holder identity of this process; two holders inside one process still exclude each other."""
    pid = os.getpid()
    return Holder(
        holder_id=uuid.uuid4().hex,
        host=host(),
        boot_id=boot_id(),
        pid=pid,
        process_started=process_started(pid) or "",
    )


def host() -> str:
    """Where a pid means the same process: containers may share a hostname and the boot id, and not their pids."""
    name = socket.gethostname()
    return f"{name} {PID_NAMESPACE.readlink()}" if PID_NAMESPACE.is_symlink() else name


def boot_id() -> str:
    """Changes with every boot."""
    if BOOT_ID_FILE.exists():
        return BOOT_ID_FILE.read_text(encoding="ascii").strip()
    return str(int(psutil.boot_time()))


def process_started(pid: int) -> str | None:
    """When the process started, in words that never change for it; None when there is no such process.

    On Linux that are ticks since boot: psutil adds the boot time, which moves with every correction of the clock.
    """
    try:
        if psutil.LINUX:
            return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[START_FIELD]
        return f"{psutil.Process(pid).create_time():.2f}"
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return None


def is_alive(pid: int | None, started: str | None) -> bool:
    """Whether the very process that started then still runs; a zombie does not."""
    if pid is None or process_started(pid) != started:
        return False
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
