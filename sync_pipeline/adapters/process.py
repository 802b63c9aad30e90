"""Who this process is, and whether another one is still there."""

import os
import socket
import uuid
from pathlib import Path

import psutil

from sync_pipeline.domain.lease import Holder

BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")


def this_process() -> Holder:
    """A new holder identity of this process; two holders inside one process still exclude each other."""
    pid = os.getpid()
    return Holder(
        holder_id=uuid.uuid4().hex,
        host=socket.gethostname(),
        boot_id=boot_id(),
        pid=pid,
        process_started=process_started(pid) or "",
    )


def boot_id() -> str:
    """Changes with every boot. Containers of one host share it, and their pids differ in meaning: see `is_alive`."""
    if BOOT_ID_FILE.exists():
        return BOOT_ID_FILE.read_text(encoding="ascii").strip()
    return str(int(psutil.boot_time()))


def process_started(pid: int) -> str | None:
    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.NoSuchProcess:
        return None


def is_alive(pid: int | None, started: str | None) -> bool:
    """Whether the very process that started then still runs; a zombie does not."""
    if pid is None:
        return False
    try:
        process = psutil.Process(pid)
        return f"{process.create_time():.2f}" == started and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
