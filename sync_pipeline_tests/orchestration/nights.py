"""What Dagster's daemon does with the sensors of nights, on a clock that no test has to wait for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dagster as dg

from sync_pipeline.definitions import defs
from sync_pipeline.domain.run import Layer, Run
from sync_pipeline.orchestration.resources import WorkplaceResource
from sync_pipeline.orchestration.sensors import customer_registry, due_customers, resume_parked
from sync_pipeline.settings import load_settings
from sync_pipeline.stages.context import StageContext
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.clock import FakeClock


@dataclass
class Nights:
    """The daemon's ticks, and the runs they ask for."""

    instance: dg.DagsterInstance
    clock: FakeClock
    said: str = ""

    @property
    def resource(self) -> WorkplaceResource:
        clock = self.clock

        class OnVirtualTime(WorkplaceResource):
            def open(self) -> Workplace:
                return Workplace(load_settings(), clock)

        return OnVirtualTime()

    def open(self) -> Workplace:
        return Workplace(load_settings(), self.clock)

    def tick(self) -> list[dg.RunRequest]:
        """The customers are registered, then asked whose night has come."""
        self._evaluate(customer_registry)
        result = self._evaluate(due_customers)
        self.said = "" if result.skip_reason is None else result.skip_reason.skip_message or ""
        return list(result.run_requests or [])

    def due(self) -> list[str | None]:
        return [request.partition_key for request in self.tick()]

    def start(self, request: dg.RunRequest) -> dg.ExecuteInProcessResult:
        job = self._job(request.job_name or "nightly_sync")
        return job.execute_in_process(
            partition_key=request.partition_key,
            instance=self.instance,
            tags=dict(request.tags),
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )

    def queue(self, request: dg.RunRequest, status: dg.DagsterRunStatus | None = None) -> dg.DagsterRun:
        """As submitted by the daemon, and not begun; or as far as this status says, by a process that is gone."""
        tags = {**request.tags, "dagster/partition": request.partition_key or ""}
        return self.instance.create_run_for_job(self._job(), tags=tags, status=status)

    def resumed(self) -> list[dg.RunRequest]:
        return list(self._evaluate(resume_parked).run_requests or [])

    def begin(
        self,
        request: dg.RunRequest,
        dagster_run_id: str = "dead",
        work: Callable[[StageContext], object] = lambda _: None,
    ) -> None:
        """As its first stage does, and no further than this work: what a process leaves that is killed then."""
        customer_id = request.partition_key or ""
        workplace = self.open()
        layer = Layer(request.tags["sync/layer"])
        run = Run(customer_id, request.tags["sync/run_id"], layer, request.tags["sync/slot"])
        with workplace.stage(workplace.customer(customer_id), run, dagster_run_id) as context:
            work(context)
        workplace.close()

    def _job(self, name: str = "nightly_sync") -> dg.JobDefinition:
        mine = dg.Definitions(assets=defs.assets, jobs=defs.jobs, resources={"workplace": self.resource})
        return mine.resolve_job_def(name)

    def _evaluate(self, sensor: Any) -> dg.SensorResult:
        with dg.build_sensor_context(instance=self.instance, resources={"workplace": self.resource}) as context:
            result = sensor(context)
        assert isinstance(result, dg.SensorResult)
        for change in result.dynamic_partitions_requests or []:
            for key in change.partition_keys:
                if isinstance(change, dg.AddDynamicPartitionsRequest):
                    self.instance.add_dynamic_partitions("customers", [key])
                else:
                    self.instance.delete_dynamic_partition("customers", key)
        return result
