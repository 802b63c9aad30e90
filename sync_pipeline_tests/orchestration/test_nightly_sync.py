"""The job as the UI launches it: one partition, the three assets, metadata people look at."""

import dagster as dg
import pytest

from sync_pipeline.definitions import defs
from sync_pipeline.orchestration.partitions import register
from sync_pipeline.sandbox.world import World
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.sandbox_fleet import CUSTOMER


def night(instance: dg.DagsterInstance, selection: list[str] | None = None) -> dg.ExecuteInProcessResult:
    register(instance, [CUSTOMER])
    job = defs.resolve_job_def("nightly_sync")
    return job.execute_in_process(
        partition_key=CUSTOMER,
        instance=instance,
        raise_on_error=False,
        asset_selection=None if selection is None else [dg.AssetKey(name) for name in selection],
    )


def metadata(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, object]:
    (event,) = [event for event in result.get_asset_materialization_events() if event.asset_key == dg.AssetKey(asset)]
    return {name: value.value for name, value in event.materialization.metadata.items()}


@pytest.mark.usefixtures("fleet")
def test_a_night_materializes_all_three_assets_with_their_numbers(world: World, instance: dg.DagsterInstance) -> None:
    result = night(instance)
    assert result.success
    assert metadata(result, "source_snapshot")["rows_read"] == 20
    assert metadata(result, "change_set")["creates"] == 20
    ledger = metadata(result, "applied_ledger")
    assert (ledger["status"], ledger["layer"], ledger["successes"], ledger["remaining"]) == ("done", "initial", 20, 0)
    assert ledger["failure_rate"] == 0.0
    assert world.books("virtuous-token")["rows_accepted"] == 20


@pytest.mark.usefixtures("fleet")
def test_the_run_keeps_its_layer_although_its_first_read_completes_in_the_middle(instance: dg.DagsterInstance) -> None:
    assert metadata(night(instance), "applied_ledger")["layer"] == "initial"
    assert metadata(night(instance), "applied_ledger")["layer"] == "nightly"


@pytest.mark.usefixtures("fleet")
def test_each_asset_is_a_retry_point(world: World, instance: dg.DagsterInstance) -> None:
    for asset in ("source_snapshot", "change_set", "applied_ledger"):
        assert night(instance, [asset]).success
    assert world.books("virtuous-token")["rows_accepted"] == 20


@pytest.mark.usefixtures("fleet")
def test_a_paused_customer_is_a_success_without_anything_downstream(world: World, instance: dg.DagsterInstance) -> None:
    workplace = Workplace()
    workplace.state.breakers.pause(CUSTOMER, "a test", "someone")
    workplace.close()
    result = night(instance)
    assert result.success
    assert result.get_asset_materialization_events() == []
    assert world.books("virtuous-token")["requests"] == {}


@pytest.mark.usefixtures("fleet")
def test_a_refused_token_fails_the_run_with_the_remedy_and_without_the_token(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTUOUS_TOKEN", "revoked-token")
    result = night(instance)
    assert not result.success
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    said = str(failure.step_failure_data.error)
    assert "does not accept the token" in said
    assert "revoked-token" not in said


@pytest.mark.usefixtures("fleet")
def test_a_failed_stream_fails_the_run_after_everything_else_is_applied_and_reported(
    world: World, instance: dg.DagsterInstance
) -> None:
    world.add_fault(side="vomo", kind="wrong_shape", path="/vomo/v1/users", times=100, every=1)
    result = night(instance)
    assert not result.success
    workplace = Workplace()
    row = workplace.state.runs.run(CUSTOMER)
    workplace.close()
    assert row is not None
    assert row["status"] == "failed"
    assert row["report"]["stage_failures"]


@pytest.mark.usefixtures("fleet")
def test_wiping_dagsters_event_log_loses_nothing_of_ours(world: World) -> None:
    found = []
    for _ in range(2):
        with dg.DagsterInstance.ephemeral() as instance:
            found.append(metadata(night(instance), "applied_ledger")["total_changes"])
    assert found == [20, 0]
    assert world.books("virtuous-token")["rows_accepted"] == 20


@pytest.mark.usefixtures("fleet")
def test_nothing_personal_reaches_dagsters_event_log(world: World, instance: dg.DagsterInstance) -> None:
    world.add_vomo_organization("vomo-token-2", users=1)
    result = night(instance)
    events = "\n".join(str(entry.to_json()) for entry in instance.all_logs(result.run_id))
    people = world.vomo_users("vomo-token")
    values = {str(person[field]) for person in people for field in ("last_name", "email", "phone") if person[field]}
    assert not [value for value in values if value in events]


@pytest.mark.usefixtures("fleet")
def test_an_error_nobody_foresaw_is_told_by_kind_and_place_only(instance: dg.DagsterInstance) -> None:
    night(instance, ["source_snapshot"])
    workplace = Workplace()
    (snapshot,) = workplace.settings.data_folder.rglob("snapshots/1.parquet")
    snapshot.write_text("ada@example.org", encoding="utf-8")
    result = night(instance, ["change_set"])
    events = "\n".join(str(entry.to_json()) for entry in instance.all_logs(result.run_id))
    assert not result.success
    assert "Unexpected " in events
    assert "sync_pipeline/adapters/parquet" in events
    assert "ada@example.org" not in events
