"""Telling a process from another one, and a live one from a dead one."""

import os
import socket
import subprocess
import sys

import psutil
import pytest

from sync_pipeline.adapters.process import boot_id, host, is_alive, process_started, this_process

SHOW_HOST = "from sync_pipeline.adapters.process import host; print(host(), end='')"


def test_this_process_is_alive() -> None:
    me = this_process()
    assert me.pid == os.getpid()
    assert is_alive(me.pid, me.process_started)


def test_two_holders_of_one_process_are_told_apart() -> None:
    assert this_process().holder_id != this_process().holder_id


def test_containers_that_share_a_hostname_are_different_hosts() -> None:
    """Their pids mean different processes: one could not tell that the other's holder lives."""
    elsewhere = subprocess.run(
        ["unshare", "--fork", "--pid", sys.executable, "-c", SHOW_HOST],  # noqa: S607  util-linux, wherever it is
        capture_output=True,
        text=True,
        check=False,
    )
    if elsewhere.returncode:
        pytest.skip("this user may not make a pid namespace")
    hostname = socket.gethostname()
    assert elsewhere.stdout.startswith(hostname)
    assert host().startswith(hostname)
    assert elsewhere.stdout != host()


def test_the_boot_id_stays_the_same() -> None:
    assert boot_id() == boot_id() != ""


def test_another_process_under_the_same_pid_is_not_the_one_that_was_meant() -> None:
    assert not is_alive(os.getpid(), "started some other time")


def test_nobody_is_not_alive() -> None:
    assert not is_alive(None, None)


def test_a_dead_process_is_not_alive_neither_as_a_zombie_nor_buried() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = process_started(child.pid)
    assert is_alive(child.pid, started)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(child.pid, started)
    child.communicate()
    assert not is_alive(child.pid, started)
    assert process_started(child.pid) is None


@pytest.mark.skipif(not psutil.LINUX, reason="only Linux derives start times from the wall clock")
def test_a_corrected_system_clock_does_not_make_a_live_process_look_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's boot time moves with the clock (NTP, a suspended laptop); the process has not changed."""
    me = this_process()
    before = psutil.boot_time()
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: before + 1)
    assert is_alive(me.pid, me.process_started)
