"""The sweep as Dagster runs it: one run for everybody, at most one at a time."""

from pathlib import Path

import dagster as dg
import pytest

from sync_pipeline.definitions import defs
from sync_pipeline.orchestration.schedules import sweep
from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.orchestration.test_nightly_sync import night


@pytest.mark.usefixtures("fleet")
def test_a_sweep_polls_who_is_loaded_and_shows_its_numbers(world: World, instance: dg.DagsterInstance) -> None:
    assert night(instance).success
    world.change_vomo("vomo-token", share=0, add=2)
    asked = world.books("virtuous-token")["requests"]
    result = defs.resolve_job_def("poll_sweep").execute_in_process(instance=instance)
    assert result.success
    (output,) = [event for event in result.all_events if event.is_successful_output]
    metadata = {name: value.value for name, value in output.step_output_data.metadata.items()}
    assert (metadata["polled_parked"], metadata["changes"], metadata["left_out"]) == (1, 2, {})
    assert world.books("virtuous-token")["requests"] == asked


@pytest.mark.usefixtures("fleet")
def test_a_sweep_begins_when_the_last_one_is_over(tmp_path: Path) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance, dg.build_schedule_context(instance) as context:
        assert isinstance(sweep(context), dg.RunRequest)
        at_work = instance.create_run_for_job(defs.resolve_job_def("poll_sweep"), status=dg.DagsterRunStatus.STARTED)
        assert isinstance(sweep(context), dg.SkipReason)
        instance.report_run_failed(at_work, "the machine went away")
        assert isinstance(sweep(context), dg.RunRequest)
