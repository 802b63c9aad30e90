"""The partitions follow the customers' folder."""

from pathlib import Path

import dagster as dg
import pytest

from sync_pipeline.domain.source_pace import PaceRecord, SourcePace
from sync_pipeline.orchestration.resources import WorkplaceResource
from sync_pipeline.orchestration.sensors import customer_registry
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.sandbox_fleet import CUSTOMER, write_customer


def tick(instance: dg.DagsterInstance) -> dg.SensorResult:
    with dg.build_sensor_context(instance=instance, resources={"workplace": WorkplaceResource()}) as context:
        result = customer_registry(context)
    assert isinstance(result, dg.SensorResult)
    for request in result.dynamic_partitions_requests or []:
        match request:
            case dg.AddDynamicPartitionsRequest():
                instance.add_dynamic_partitions(request.partitions_def_name, list(request.partition_keys))
            case dg.DeleteDynamicPartitionsRequest():
                for key in request.partition_keys:
                    instance.delete_dynamic_partition(request.partitions_def_name, key)
    return result


def test_adding_a_file_adds_a_partition_and_removing_it_removes_the_partition(
    fleet: Path, instance: dg.DagsterInstance
) -> None:
    tick(instance)
    assert instance.get_dynamic_partitions("customers") == [CUSTOMER]
    write_customer(fleet, "harbor-shelter", "http://127.0.0.1:1")
    tick(instance)
    assert sorted(instance.get_dynamic_partitions("customers")) == ["harbor-shelter", CUSTOMER]
    (fleet / "harbor-shelter.yaml").unlink()
    tick(instance)
    assert instance.get_dynamic_partitions("customers") == [CUSTOMER]


def test_a_fleet_that_did_not_change_is_a_skip_that_says_so(fleet: Path, instance: dg.DagsterInstance) -> None:
    assert fleet.exists()
    tick(instance)
    result = tick(instance)
    assert result.skip_reason is not None
    assert "1 customers" in (result.skip_reason.skip_message or "")


def test_a_typo_in_a_file_keeps_the_partition(fleet: Path, instance: dg.DagsterInstance) -> None:
    tick(instance)
    (fleet / f"{CUSTOMER}.yaml").write_text("id: [broken", encoding="utf-8")
    tick(instance)
    assert instance.get_dynamic_partitions("customers") == [CUSTOMER]


def test_a_broken_file_of_an_unknown_customer_makes_no_partition(fleet: Path, instance: dg.DagsterInstance) -> None:
    (fleet / "new-one.yaml").write_text("id: new-one\n", encoding="utf-8")
    tick(instance)
    assert instance.get_dynamic_partitions("customers") == [CUSTOMER]


def test_whose_file_is_removed_is_paused_keeps_its_history_and_goes_on_when_it_is_back(
    fleet: Path, instance: dg.DagsterInstance
) -> None:
    tick(instance)
    workplace = Workplace()
    breakers, file = workplace.state.breakers, fleet / f"{CUSTOMER}.yaml"
    text = file.read_text(encoding="utf-8")
    workplace.state.pace_memory(CUSTOMER, "vomo").keep(
        PaceRecord(SourcePace.unlearnt(60, None, workplace.clock.now()), ())
    )
    file.unlink()
    tick(instance)
    paused = breakers.breaker(CUSTOMER)
    assert (paused.is_paused(workplace.clock.now()), paused.reason) == (True, "its file was removed")
    assert workplace.state.pace_memory(CUSTOMER, "vomo").recall() is not None
    file.write_text(text, encoding="utf-8")
    tick(instance)
    assert not breakers.breaker(CUSTOMER).is_paused(workplace.clock.now())
    workplace.close()


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_who_was_paused_by_somebody_before_or_after_stays_so_when_the_file_is_back(
    fleet: Path, instance: dg.DagsterInstance, *, before: bool
) -> None:
    tick(instance)
    workplace = Workplace()
    file = fleet / f"{CUSTOMER}.yaml"
    text = file.read_text(encoding="utf-8")
    if before:
        workplace.state.breakers.pause(CUSTOMER, "a question to the nonprofit", "ada")
    file.unlink()
    tick(instance)
    if not before:
        workplace.state.breakers.pause(CUSTOMER, "a question to the nonprofit", "ada")
    file.write_text(text, encoding="utf-8")
    tick(instance)
    assert workplace.state.breakers.breaker(CUSTOMER).reason == "a question to the nonprofit"
    workplace.close()
