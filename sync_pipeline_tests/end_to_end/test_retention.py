"""Pruning between the nights of a customer: nothing that anybody needs is missed, and the disk stays small."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from sync_pipeline.domain.cut_history import Kind
from sync_pipeline.domain.positions import CutState
from sync_pipeline.domain.run import Layer
from sync_pipeline.orchestration.pruning_customers import BROKEN, BUSY, NEXT_TIME, PrunedCustomers, prune_customers
from sync_pipeline_tests.adapters.sql.support import holder_elsewhere
from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, VIRTUOUS, VOMO, Deployment, write_yaml
from sync_pipeline_tests.end_to_end.expectations import assert_delivered
from sync_pipeline_tests.end_to_end.test_guard import FULL, approve, edit, held

HOUR = 3_600


def prune(deployment: Deployment, *, dry_run: bool = False) -> PrunedCustomers:
    done = prune_customers(deployment.workplace, HOUR, dry_run=dry_run)
    assert done.failed == {}
    return done


def cuts(deployment: Deployment, kind: Kind) -> list[int]:
    folder = deployment.workplace.settings.data_folder / f"customer={CUSTOMER}/stream=users" / kind
    return sorted(int(path.stem) for path in folder.glob("*.parquet"))


def change_something(deployment: Deployment, night: int) -> None:
    deployment.world.edit_vomo_user(VOMO, 1 + night % 30, phone=f"(555) {night:03}-0100")


@pytest.fixture
def kept(deployment: Deployment) -> Deployment:
    """40 users; files are kept for three days."""
    deployment.configure(retention={"change_sets_days": 3, "snapshots_days": 3})
    return deployment


def test_a_fortnight_leaves_the_files_of_the_last_days(kept: Deployment) -> None:
    for night in range(14):
        change_something(kept, night)
        assert kept.night().code == 0
        prune(kept)
    newest = max(cuts(kept, Kind.CHANGE_SETS))
    for kind in (Kind.SNAPSHOTS, Kind.DELTAS, Kind.CHANGE_SETS):
        assert cuts(kept, kind) == list(range(newest - 3, newest + 1)), kind
    assert cuts(kept, Kind.ACKNOWLEDGED) == [1]  # there is no newer one
    assert_delivered(kept.world, VIRTUOUS, VOMO)


def test_pages_go_with_the_change_sets(kept: Deployment) -> None:
    runs = []
    for night in range(6):
        change_something(kept, night)
        runs.append(kept.night().report.run_id)
    kept.clock.advance(hours=-1)
    before = {page.path.stem: page.size for page in kept.workplace.pages.pages(CUSTOMER)}
    assert set(before) == set(runs)
    dry = prune(kept, dry_run=True)
    done = prune(kept)
    assert (dry.files, dry.bytes) == (done.files, done.bytes)
    assert [page.path.stem for page in kept.workplace.pages.pages(CUSTOMER)] == runs[-3:]
    assert [page.path.stem for page in done.removals[0].pages] == runs[:3]


def test_a_page_that_a_killed_process_left_half_written_goes_too(kept: Deployment) -> None:
    run_id = kept.night().report.run_id
    (page,) = kept.workplace.pages.pages(CUSTOMER)
    half = page.path.with_name(f".{run_id}.abc.tmp")
    page.path.rename(half)
    (unfinished,) = kept.workplace.pages.pages(CUSTOMER)
    assert unfinished.is_unfinished
    assert kept.workplace.pages.run_page(CUSTOMER, run_id) is None
    kept.clock.advance(days=3)
    prune(kept)
    assert not half.exists()


def test_a_customer_that_was_pruned_every_day_goes_on_as_one_that_never_was(deployment_on: Deployment) -> None:
    """Everything that looks back: deletions, holds, approvals, dead letters, reconciliations, a changed recipe."""
    kept = deployment_on
    kept.configure(
        streams=FULL, limits={"guard": {"changes": 0.5}}, retention={"change_sets_days": 1, "snapshots_days": 1}
    )
    kept.night()
    for night in range(6):
        change_something(kept, night)
        kept.night()
        prune(kept)
    kept.world.change_vomo(VOMO, share=0, remove=3)
    assert kept.night().report.deletes == 3
    prune(kept)
    for user in kept.world.vomo_users(VOMO)[:30]:
        kept.world.edit_vomo_user(VOMO, user["id"], phone="(555) 555-0199")
    assert kept.night().report.held == 30
    for _ in range(5):  # nobody looks for days
        assert kept.night().code == 4
        prune(kept)
    assert approve(kept, held(kept)[-1])
    kept.clock.advance(days=9)
    prune(kept)
    assert kept.night().report.successes == 30
    prune(kept)
    kept.configure(streams={"users": {"fields": {"lastName": "upper(last_name)"}}}, limits={"guard": {"changes": 1.0}})
    assert kept.night().report.updates == 37
    kept.world.run_import(VIRTUOUS)
    prune(kept)
    report = kept.reconciliation(full=True).report
    assert (report.status, report.reconciliation["confirmed"]) == ("done", 40)
    prune(kept)
    assert kept.night().report.total_changes == 0


def test_what_a_paused_customer_left_waits_for_it_however_long(kept: Deployment) -> None:
    kept.night()
    edit(kept, 1, 40)
    kept.configure(limits={"guard": {"changes": 0.5}})
    assert kept.night().report.held == 40
    kept.workplace.state.breakers.pause(CUSTOMER, "a question to the nonprofit", "someone")
    kept.clock.advance(days=400)
    prune(kept)
    kept.workplace.state.breakers.resume(CUSTOMER, "answered", "someone")
    assert approve(kept, held(kept)[-1])
    assert kept.night().report.successes == 40


def test_a_dead_letter_keeps_its_change_set_and_can_be_replayed(kept: Deployment) -> None:
    kept.world.edit_vomo_user(VOMO, 5, last_name=None)
    assert kept.night().code == 5
    letter_of = cuts(kept, Kind.CHANGE_SETS)
    for night in range(10):
        change_something(kept, 10 + night)
        kept.night()
        prune(kept)
    assert letter_of[0] in cuts(kept, Kind.CHANGE_SETS)
    kept.world.edit_vomo_user(VOMO, 5, last_name="Reyes")
    assert kept.night().code == 0
    for night in range(5):
        change_something(kept, night)
        kept.night()
        prune(kept)
    assert letter_of[0] not in cuts(kept, Kind.CHANGE_SETS)


def test_nothing_goes_within_the_days_and_a_second_look_finds_nothing(kept: Deployment) -> None:
    for night in range(12):
        change_something(kept, night)
        kept.night()
    would_go = prune(kept, dry_run=True)
    assert cuts(kept, Kind.DELTAS) == list(range(1, 13))
    went = prune(kept)
    assert (went.files, went.bytes, went.cuts) == (would_go.files, would_go.bytes, would_go.cuts)
    assert went.files > 0
    assert went.bytes > 0
    assert prune(kept).removals == []


def test_whoever_is_at_work_is_left_alone_and_told(kept: Deployment) -> None:
    for night in range(8):
        change_something(kept, night)
        kept.night()
    state = kept.workplace.state
    lease = state.leases.acquire(CUSTOMER, holder_elsewhere())
    assert lease is not None
    for dry_run in (True, False):
        done = prune(kept, dry_run=dry_run)
        assert (done.left_out, done.removals) == ({BUSY: 1}, [])
    assert cuts(kept, Kind.DELTAS) == list(range(1, 9))
    state.leases.release(lease)
    assert prune(kept).files > 0
    assert not state.leases.is_held(CUSTOMER)


def test_a_read_that_was_broken_off_goes_on_after_pruning(kept: Deployment) -> None:
    kept.world.add_fault(side="vomo", kind="rate_limited", path="/vomo/v1/users", every=3, times=1, retry_after=3_600)
    assert kept.slice_of_night().report.status == "parked"
    state = kept.workplace.state
    (reading,) = state.cuts.cuts(CUSTOMER, [CutState.READING])
    journal = kept.workplace.settings.data_folder / f"customer={CUSTOMER}/stream=users/reading/{reading.cut}.jsonl"
    pages = journal.read_bytes()
    kept.clock.advance(hours=2)
    prune(kept)
    assert journal.read_bytes() == pages
    assert kept.night(Layer.INITIAL).code == 0


def test_work_that_a_killed_process_left_is_removed(kept: Deployment) -> None:
    kept.night()
    data = kept.workplace.settings.data_folder / f"customer={CUSTOMER}/stream=users"
    for left in ("deltas/.9.parts", "snapshots/.9.merge", "acknowledged/.1.comparison"):
        (data / left).mkdir(parents=True)
        (data / left / "0.parquet").write_bytes(b"half a file")
    (data / "change_sets/.9.parquet.tmp").write_bytes(b"half a file")
    went = prune(kept)
    assert (went.files, went.bytes) == (4, 4 * len(b"half a file"))
    assert list(data.rglob(".*")) == []


def test_who_lost_the_file_keeps_everything_and_a_broken_file_too(kept: Deployment) -> None:
    for night in range(8):
        change_something(kept, night)
        kept.night()
    file = kept.workplace.settings.customers / f"{CUSTOMER}.yaml"
    text = file.read_text()
    file.write_text(text.replace("snapshots_days: 3", "snapshots_days: 4"))
    assert prune(kept).left_out == {BROKEN: 1}
    file.unlink()
    done = prune(kept)
    assert (done.left_out, done.removals) == ({}, [])
    assert cuts(kept, Kind.DELTAS) == list(range(1, 9))


def test_one_customers_trouble_is_nobody_elses(kept: Deployment) -> None:
    for night in range(8):
        change_something(kept, night)
        kept.night()
    write_yaml(kept.workplace.settings.customers / "lakeside.yaml", {**kept.settings, "id": "lakeside"})
    data = kept.workplace.settings.data_folder
    (data / "customer=lakeside").write_text("not a folder")
    with kept.workplace.state.database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO positions (customer_id, source, stream, direction, short_reads) "
            "VALUES ('lakeside', 'vomo', 'users', 'to_virtuous', 0), ('lakeside', 'vomo', '..', 'to_virtuous', 0)"
        )
    done = prune_customers(kept.workplace, HOUR)
    assert done.failed == {"lakeside": "'..' cannot be the name of a folder."}
    assert [removal.customer_id for removal in done.removals] == [CUSTOMER]


def test_who_no_time_is_left_for_is_told(kept: Deployment) -> None:
    kept.night()
    assert prune_customers(kept.workplace, 0).left_out == {NEXT_TIME: 1}


def test_a_state_store_from_a_backup_finds_the_files_that_it_names(kept: Deployment) -> None:
    """The last days are in the files, whatever became current since."""
    for night in range(5):
        change_something(kept, night)
        kept.night()
    state = kept.workplace.state
    then = state.positions.position(CUSTOMER, "vomo", "users")
    compared = state.cuts.diffed_snapshot(CUSTOMER, "users")
    for night in range(5, 8):
        change_something(kept, night)
        kept.night(Layer.INITIAL)  # reads everything: every night another snapshot
        prune(kept)
    assert {then.snapshot_cut, compared} <= set(cuts(kept, Kind.SNAPSHOTS))
    assert then.acknowledged_cut in cuts(kept, Kind.ACKNOWLEDGED)


def test_deltas_of_polls_that_left_no_row_go_by_their_own_age(kept: Deployment) -> None:
    kept.night()
    kept.night()
    data = kept.workplace.settings.data_folder / f"customer={CUSTOMER}/stream=users/deltas"
    forgotten = Path(os.fspath(data / "0.parquet"))
    for days, stays in ((1, True), (9, False)):
        forgotten.write_bytes(b"a delta")
        at = (kept.clock.now() - timedelta(days=days)).timestamp()
        os.utime(forgotten, (at, at))
        prune(kept)
        assert forgotten.exists() is stays
