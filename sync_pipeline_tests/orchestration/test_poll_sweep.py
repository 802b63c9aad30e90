"""The sweep as Dagster runs it: one run for everybody, at most one at a time."""

import dagster as dg
import pytest

from sync_pipeline.definitions import defs
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
