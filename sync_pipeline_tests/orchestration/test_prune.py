"""The job `prune` in a real Dagster: old runs go with all that is kept of them, and nobody asks for them again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from sync_pipeline.definitions import defs
from sync_pipeline.orchestration.home import prepare_dagster_home
from sync_pipeline.orchestration.partitions import register
from sync_pipeline.orchestration.prune import prune_job
from sync_pipeline.orchestration.pruning_runs import PrunedRuns, prune_runs
from sync_pipeline.orchestration.run_queue import MOST_ATTEMPTS
from sync_pipeline.orchestration.schedules import prune
from sync_pipeline_tests.clock import FakeClock
from sync_pipeline_tests.orchestration.nights import Nights
from sync_pipeline_tests.orchestration.test_due_customers import schedule
from sync_pipeline_tests.postgres import PostgresServer
from sync_pipeline_tests.sandbox_fleet import CUSTOMER

SECONDS = 3_600
QUIET: Any = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dg.asset(name="checked", check_specs=[dg.AssetCheckSpec("good", asset="checked")])
def checked() -> dg.MaterializeResult:
    print("to stdout")  # noqa: T201 - Dagster keeps it
    return dg.MaterializeResult(check_results=[dg.AssetCheckResult(check_name="good", passed=True)])


@pytest.fixture
def nights(fleet: Path, instance: dg.DagsterInstance) -> Nights:
    """One customer, whose slot was an hour ago; Dagster's own clock cannot be set, so ours begins with it."""
    now = datetime.now(UTC)
    schedule(fleet, CUSTOMER, f"{now - timedelta(hours=1):%H:%M}")
    return Nights(instance, FakeClock(now))


@pytest.fixture
def on_disk(fleet: Path) -> Iterator[Nights]:
    """The same on the packaged instance, which has files."""
    home = prepare_dagster_home(fleet.parent / "home" / "dagster")
    with dg.DagsterInstance.from_config(str(home)) as instance:
        register(instance, [CUSTOMER])
        yield Nights(instance, FakeClock(datetime.now(UTC)))


def pruned(nights: Nights, days: float = 0, seconds: float = SECONDS, *, dry_run: bool = False) -> PrunedRuns:
    """Prune Dagster's runs so many days from now."""
    clock = FakeClock(nights.clock.now() + timedelta(days=days))
    workplace = Nights(nights.instance, clock).open()
    try:
        return prune_runs(nights.instance, workplace, seconds, dry_run=dry_run)
    finally:
        workplace.close()


def run(nights: Nights, *, times: int = 1, fails: bool = False, **tags: str) -> list[str]:
    """Finished runs of `nightly_sync` that did nothing."""
    ids = []
    for _ in range(times):
        request = dg.RunRequest(partition_key=tags.get("customer", CUSTOMER), tags={"sync/slot": "2020-01-01", **tags})
        queued = nights.queue(request)
        if fails:
            nights.instance.report_run_failed(queued, "the machine went away")
        else:
            event = dg.DagsterEvent(dg.DagsterEventType.RUN_SUCCESS.value, job_name="nightly_sync")
            nights.instance.report_dagster_event(event, queued.run_id)
        ids.append(queued.run_id)
    return ids


def left(nights: Nights) -> set[str]:
    return {run.run_id for run in nights.instance.get_runs()}


def files_of(nights: Nights, dagster_run_id: str) -> list[Path]:
    home = Path(nights.instance.root_directory)
    return [path for path in home.rglob("*") if path.is_file() and dagster_run_id in str(path)]


def check_rows(nights: Nights) -> int:
    key = dg.AssetCheckKey(dg.AssetKey("checked"), "good")
    return len(nights.instance.event_log_storage.get_asset_check_execution_history(key, limit=100))


def materialize(nights: Nights) -> str:
    return dg.materialize([checked], instance=nights.instance, run_config=QUIET).run_id


def test_successes_and_failures_are_kept_for_their_own_days(nights: Nights) -> None:
    failed, succeeded = run(nights, times=2, fails=True), run(nights, times=2)
    assert pruned(nights, 6).runs == 0
    assert pruned(nights, 8).runs == 1
    assert left(nights) == {*failed, succeeded[1]}  # the newest of all stays
    assert pruned(nights, 29).runs == 0
    assert pruned(nights, 31).runs == 2
    assert left(nights) == {succeeded[1]}


def test_the_newest_run_and_the_newest_success_of_a_customer_stay(nights: Nights) -> None:
    run(nights, times=2)
    (success,), failed = run(nights), run(nights, times=3, fails=True)
    pruned(nights, 400)
    assert left(nights) == {success, failed[-1]}


def test_what_is_not_over_stays(nights: Nights) -> None:
    request = dg.RunRequest(partition_key=CUSTOMER, tags={})
    queued = nights.queue(request)
    run(nights, times=2)
    pruned(nights, 400)
    assert queued.run_id in left(nights)


def test_a_limit_of_time_leaves_the_rest_for_the_next_day(nights: Nights) -> None:
    run(nights, times=5)
    done = pruned(nights, 400, seconds=0)
    assert (done.runs, done.finished, len(left(nights))) == (0, False, 5)
    assert (pruned(nights, 400).runs, len(left(nights))) == (4, 1)


def test_more_runs_than_a_page_holds_all_go(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync_pipeline.orchestration.pruning_runs.RUNS_PER_PAGE", 3)
    run(nights, times=10)
    assert pruned(nights, 400, dry_run=True).runs == 9
    assert len(left(nights)) == 10
    assert (pruned(nights, 400).runs, len(left(nights))) == (9, 1)


def test_a_night_that_began_is_not_asked_for_again_when_nothing_of_it_is_left(nights: Nights) -> None:
    (request,) = nights.tick()
    assert nights.start(request).success
    run(nights)  # a newer one, so that the night's own is not the newest
    for dagster_run in nights.instance.get_runs():
        nights.instance.delete_run(dagster_run.run_id)
    assert nights.tick() == []
    assert nights.resumed() == []


def test_tries_of_a_slot_that_never_began_still_count(nights: Nights) -> None:
    for _ in range(MOST_ATTEMPTS):
        (request,) = nights.tick()
        nights.instance.report_run_failed(nights.queue(request), "the machine went away before it started")
    run(nights, times=2)
    workplace = nights.open()
    workplace.settings = workplace.settings.model_copy(update={"dagster_success_days": -1, "dagster_failure_days": -1})
    assert prune_runs(nights.instance, workplace, SECONDS).runs == 1
    workplace.close()
    assert nights.tick() == []


def test_tries_of_a_slice_that_never_began_still_count(nights: Nights) -> None:
    (request,) = nights.tick()
    nights.begin(request)  # and its process is killed
    for _ in range(MOST_ATTEMPTS):
        (again,) = nights.resumed()
        nights.instance.report_run_failed(nights.queue(again), "the machine went away before it started")
    assert nights.resumed() == []
    run(nights, times=2)
    pruned(nights, 400)
    assert nights.resumed() == []


def test_nothing_of_a_deleted_run_stays_on_disk(on_disk: Nights) -> None:
    ids = [materialize(on_disk) for _ in range(3)]
    suffixes = {path.suffix for path in files_of(on_disk, ids[0])}
    assert {".db", ".out", ".err"} <= suffixes
    assert check_rows(on_disk) == 3
    done = pruned(on_disk, 8)
    assert (done.runs, done.finished) == (2, True)
    assert done.bytes > 200_000
    assert [files_of(on_disk, gone) for gone in ids[:2]] == [[], []]
    assert check_rows(on_disk) == 1
    event = on_disk.instance.get_latest_materialization_event(dg.AssetKey("checked"))
    assert event is not None
    assert event.run_id == ids[2]


def test_files_whose_run_is_gone_already_are_removed(on_disk: Nights) -> None:
    """A process was killed after the row went, or a person deleted the run in the UI."""
    ids = [materialize(on_disk) for _ in range(2)]
    on_disk.instance.delete_run(ids[0])
    assert files_of(on_disk, ids[0])
    assert pruned(on_disk, 0.5).bytes == 0
    assert pruned(on_disk, 2).bytes > 100_000
    assert [path for path in files_of(on_disk, ids[0]) if path.suffix == ".db"] == []
    assert files_of(on_disk, ids[1])


@pytest.mark.fleet  # making both schemas takes as long as all the others here
@pytest.mark.usefixtures("fleet")
def test_nothing_of_a_deleted_run_stays_in_postgresql(tmp_path: Path, postgres_server: PostgresServer) -> None:
    name = postgres_server.create_database()
    (tmp_path / "temp").mkdir()
    storage = {"postgres": {"postgres_url": postgres_server.url(name)}}
    with dg.DagsterInstance.local_temp(str(tmp_path / "temp"), overrides={"storage": storage}) as instance:
        nights = Nights(instance, FakeClock(datetime.now(UTC)))
        ids = [materialize(nights) for _ in range(3)]
        assert pruned(nights, 8).runs == 2
        assert left(nights) == {ids[2]}
        assert [len(instance.all_logs(dagster_run_id)) > 0 for dagster_run_id in ids] == [False, False, True]
        assert check_rows(nights) == 1
    postgres_server.drop_database(name)


@pytest.mark.usefixtures("fleet")
def test_the_job_runs_and_tells_numbers_and_ids_only(instance: dg.DagsterInstance) -> None:
    result = defs.resolve_job_def("prune").execute_in_process(instance=instance, run_config=QUIET)
    assert result.success
    (output,) = [event for event in result.all_events if event.is_successful_output]
    metadata = {name: value.value for name, value in output.step_output_data.metadata.items()}
    assert metadata == {
        "customers": 0,
        "failed": [],
        "left_out": {},
        "files": 0,
        "bytes": 0,
        "cuts": 0,
        "dagster_runs": 0,
        "dagster_bytes": 0,
        "dagster_finished": True,
    }
    assert prune_job.tags["dagster/priority"] == "-1"


def test_it_begins_every_day() -> None:
    assert (prune.default_status, prune.cron_schedule) == (dg.DefaultScheduleStatus.RUNNING, "32 17 * * *")
