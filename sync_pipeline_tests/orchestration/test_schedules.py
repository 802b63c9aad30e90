"""A schedule's run begins when its last one is over."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from sync_pipeline.definitions import defs
from sync_pipeline.orchestration.schedules import prune, sweep


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(("schedule", "job"), [(sweep, "poll_sweep"), (prune, "prune")])
def test_one_begins_when_the_last_one_is_over(tmp_path: Path, schedule: Any, job: str) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance, dg.build_schedule_context(instance) as context:
        assert isinstance(schedule(context), dg.RunRequest)
        at_work = instance.create_run_for_job(defs.resolve_job_def(job), status=dg.DagsterRunStatus.STARTED)
        assert isinstance(schedule(context), dg.SkipReason)
        instance.report_run_failed(at_work, "the machine went away")
        assert isinstance(schedule(context), dg.RunRequest)
