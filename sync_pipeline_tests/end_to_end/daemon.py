"""What Dagster's daemon does with parked runs of the deployment's customer."""

from dataclasses import dataclass
from typing import Any

import dagster as dg

from sync_pipeline.definitions import defs
from sync_pipeline.orchestration.launch import new_run
from sync_pipeline.orchestration.resources import WorkplaceResource
from sync_pipeline.orchestration.runs import tags_of
from sync_pipeline.orchestration.sensors import resume_parked
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, Deployment, ImpatientWorkplace


@dataclass
class Daemon:
    """What Dagster's daemon does with our sensor and our jobs, on the deployment's clock."""

    deployment: Deployment
    instance: dg.DagsterInstance

    @property
    def resource(self) -> WorkplaceResource:
        deployment = self.deployment

        class OnVirtualTime(WorkplaceResource):
            def open(self) -> Workplace:
                return ImpatientWorkplace(deployment.workplace.settings, deployment.clock)

        return OnVirtualTime()

    def tick(self) -> list[dg.RunRequest]:
        """The requests of one tick whose key is new; Dagster starts nothing for a known one."""
        with dg.build_sensor_context(instance=self.instance, resources={"workplace": self.resource}) as context:
            result = resume_parked(context)
        assert isinstance(result, dg.SensorResult)
        return list(result.run_requests or [])

    def start(self, request: dg.RunRequest) -> dg.ExecuteInProcessResult:
        selection = request.asset_selection
        return self._execute(request.job_name or "nightly_sync", request.tags, selection)

    def night(self) -> dg.ExecuteInProcessResult:
        """A first slice."""
        run = new_run(self.deployment.workplace, self.deployment.customer, None)
        return self._execute("nightly_sync", tags_of(run), None)

    def _execute(self, job: str, tags: Any, selection: Any) -> dg.ExecuteInProcessResult:
        mine = dg.Definitions(assets=defs.assets, jobs=defs.jobs, resources={"workplace": self.resource})
        return mine.resolve_job_def(job).execute_in_process(
            partition_key=CUSTOMER,
            instance=self.instance,
            tags=dict(tags),
            asset_selection=None if selection is None else list(selection),
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )

    @property
    def run(self) -> dict[str, Any]:
        """The newest run of the customer, as the state store has it."""
        row = self.deployment.workplace.state.runs.run(CUSTOMER)
        assert row is not None
        return dict(row)

    def wait(self) -> None:
        """Until the newest run may go on."""
        resume_at = self.run["resume_at"]
        self.deployment.clock.advance(seconds=(resume_at - self.deployment.clock.now()).total_seconds())
