"""`sync-pipeline run` itself, killed, told to stop, and started twice at once."""

import signal
import time

import dagster as dg
import pytest

from sync_pipeline.settings import load_settings
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.adapters.sql.support import holder_elsewhere
from sync_pipeline_tests.chaos.victims import RUN, Scene
from sync_pipeline_tests.end_to_end.deployment import BATCH, CUSTOMER, USERS, VIRTUOUS, VOMO

pytestmark = pytest.mark.chaos

CONTACT = "/api/Contact"
STATUS = (RUN[0], "status", CUSTOMER, "--json")


def dagster_statuses(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Of the customer's Dagster runs, oldest first."""
    monkeypatch.setenv("DAGSTER_HOME", scene.environment["DAGSTER_HOME"])
    with dg.DagsterInstance.get() as instance:
        return [run.status.value for run in reversed(instance.get_runs())]


def test_a_run_that_is_killed_is_finished_by_the_next_and_looks_busy_to_nobody(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.world.add_fault(side="virtuous", path=CONTACT, kind="latency", delay_ms=300)
    assert scene.command().kill_when(scene.after_requests(VIRTUOUS, BATCH, 1))
    code, status = scene.command(*STATUS).end()
    assert (code, status["last_run"]["status"]) == (1, "failed")

    scene.world.clear_faults()
    code, report = scene.command().end()
    assert (code, report["status"]) == (0, "done")
    assert report["carried"] + report["successes"] == 60
    scene.assert_nothing_lost_and_nothing_twice()
    assert dagster_statuses(scene, monkeypatch) == ["FAILURE", "SUCCESS"]


def test_a_run_that_is_told_to_stop_parks_with_its_report_and_the_next_goes_on(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.world.add_fault(side="virtuous", path=CONTACT, kind="latency", delay_ms=300)
    victim = scene.command()
    assert victim.signal_when(scene.after_requests(VIRTUOUS, BATCH, 1), signal.SIGTERM)
    code, report = victim.end()
    assert (code, report["status"], report["stage_failures"]) == (3, "parked", [])
    assert report["resume_at"] is not None
    # What was under way was answered, and nothing new was sent.
    assert 0 < report["successes"] == scene.books()["rows_accepted"] < 60
    assert dagster_statuses(scene, monkeypatch) == ["SUCCESS"]

    scene.world.clear_faults()
    assert scene.command().end()[0] == 0
    scene.assert_nothing_lost_and_nothing_twice()


@pytest.mark.fleet  # real seconds are counted, of which a machine busy with other tests takes too many
def test_a_process_told_to_stop_is_gone_in_ten_seconds_whatever_it_waits_for(scene: Scene) -> None:
    scene.world.add_fault(side="virtuous", path=CONTACT, kind="latency", delay_ms=9_000)
    victim = scene.command()
    assert victim.signal_when(scene.after_requests(VIRTUOUS, BATCH, 1), signal.SIGTERM)
    told = time.monotonic()
    code, report = victim.end()
    assert time.monotonic() - told < 10
    assert (code, report["status"], report["stage_failures"]) == (3, "parked", [])
    assert scene.state()[0]["sending"] >= 10  # in doubt: the next slice asks for them again

    scene.world.clear_faults()
    scene.wait_until_idle()
    assert scene.command().end()[0] == 0
    scene.assert_nothing_lost_and_nothing_twice()


def test_a_run_interrupted_while_it_reads_parks_and_reads_later(scene: Scene) -> None:
    scene.world.add_fault(side="vomo", path="/users", kind="latency", delay_ms=300)
    victim = scene.command()
    assert victim.signal_when(scene.after_requests(VOMO, USERS, 2), signal.SIGINT)
    code, report = victim.end()
    assert (code, report["status"], report["stage_failures"]) == (3, "parked", [])
    scene.world.clear_faults()
    code, report = scene.command().end()
    assert (code, report["successes"]) == (0, 60)
    scene.assert_nothing_lost_and_nothing_twice()


def test_a_run_that_waits_for_its_quota_stops_at_once_when_it_is_told_to(scene: Scene) -> None:
    scene.world.add_fault(side="virtuous", path=CONTACT, kind="rate_limited", retry_after=3600, times=1)
    victim = scene.command(*RUN, "--wait")
    workplace = Workplace(load_settings(scene.environment))

    def is_parked() -> bool:
        run = workplace.state.runs.run(CUSTOMER)
        return run is not None and run["status"] == "parked" and workplace.state.leases.is_held(CUSTOMER)

    assert victim.signal_when(is_parked, signal.SIGTERM)
    code, report = victim.end()
    workplace.close()
    assert (code, report["status"]) == (3, "parked")


def test_two_runs_at_once_do_the_work_once_and_disturb_no_other_customer(scene: Scene) -> None:
    scene.world.add_fault(side="virtuous", path=CONTACT, kind="latency", delay_ms=200)
    scene.add_customer("harbor", users=30)
    first, second, other = scene.command(), scene.command(), scene.command(RUN[0], "run", "harbor", "--json")
    codes = sorted(victim.end()[0] for victim in (first, second))
    assert codes in ([0, 0], [0, 4])  # the other one waited for its turn, or said that the customer is busy
    code, report = other.end()
    assert (code, report["successes"]) == (0, 30)
    assert scene.books()["rows_received"] == 60
    scene.assert_nothing_lost_and_nothing_twice()


def test_two_processes_that_do_not_wait_leave_one_at_work(scene: Scene) -> None:
    scene.world.add_fault(side="virtuous", path=CONTACT, kind="latency", delay_ms=200)
    both = [scene.night(), scene.night()]
    codes = sorted(victim.end()[0] for victim in both)
    assert codes == [0, 4]
    assert scene.books()["rows_received"] == 60
    scene.assert_nothing_lost_and_nothing_twice()


def test_a_process_that_wakes_after_its_lease_was_taken_sends_and_writes_nothing(scene: Scene) -> None:
    scene.world.add_fault(side="virtuous", path=CONTACT, kind="latency", delay_ms=300)
    zombie = scene.night()
    assert zombie.signal_when(scene.after_requests(VIRTUOUS, BATCH, 1), signal.SIGSTOP)
    received = scene.books()["requests"][BATCH]
    workplace = Workplace(load_settings(scene.environment))
    state = workplace.state
    with state.database.write() as connection:
        connection.exec_driver_sql("UPDATE leases SET expires_at = '2000-01-01 00:00:00'")
    lease = state.leases.acquire(CUSTOMER, holder_elsewhere())
    assert lease is not None
    assert lease.taken_over_at is not None
    before = state.ledger_counts(CUSTOMER)
    zombie.process.send_signal(signal.SIGCONT)
    code, _ = zombie.end()
    assert (code, state.ledger_counts(CUSTOMER)) == (4, before)
    assert before["sending"] >= 10
    # Those that were on the socket when it was frozen arrived; nothing was sent after it woke.
    assert scene.books()["requests"][BATCH] <= received + 4
    state.leases.release(lease)
    with state.database.write() as connection:
        connection.exec_driver_sql("UPDATE leases SET taken_over_at = NULL")  # nobody waits 21 s in a test
    workplace.close()
    scene.world.clear_faults()
    scene.finish()
    scene.assert_nothing_lost_and_nothing_twice()
