"""What exists in Dagster: the names that users, tests and deployments depend on."""

from pathlib import Path

import dagster as dg
import yaml
from dagster._core.instance.config import dagster_instance_config

from sync_pipeline.definitions import defs
from sync_pipeline.orchestration.home import packaged_instance_file, prepare_dagster_home


def test_the_names_of_the_contract_exist() -> None:
    dg.Definitions.validate_loadable(defs)
    assert {key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()} == {
        "source_snapshot",
        "change_set",
        "applied_ledger",
        "reconciliation",
    }
    assert defs.resolve_job_def("nightly_sync").partitions_def == dg.DynamicPartitionsDefinition(name="customers")
    sensors = {sensor.name: sensor for sensor in defs.sensors or []}
    assert sensors["customer_registry"].default_status == dg.DefaultSensorStatus.RUNNING


def test_a_run_stays_in_one_process() -> None:
    assert defs.resolve_job_def("nightly_sync").executor_def.name == "in_process"


def test_the_packaged_instance_configuration_is_valid_and_silent_about_us(tmp_path: Path) -> None:
    home = prepare_dagster_home(tmp_path / "dagster")
    config, _ = dagster_instance_config(str(home))
    assert config["telemetry"] == {"enabled": False}
    limits = yaml.safe_load(packaged_instance_file().read_text(encoding="utf-8"))["run_queue"]["tag_concurrency_limits"]
    assert limits == [{"key": "dagster/partition", "value": {"applyLimitPerUniqueValue": True}, "limit": 1}]


def test_an_instance_configuration_of_the_user_is_kept(tmp_path: Path) -> None:
    home = tmp_path / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    prepare_dagster_home(home)
    assert (home / "dagster.yaml").read_text(encoding="utf-8") == "telemetry: {enabled: false}\n"
