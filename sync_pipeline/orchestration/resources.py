"""The workplace as a Dagster resource: opened once per run, closed at its end."""

from collections.abc import Generator
from contextlib import contextmanager

import dagster as dg
from pydantic import PrivateAttr

from sync_pipeline.adapters.logs import configure_logs
from sync_pipeline.adapters.otlp import tracing
from sync_pipeline.orchestration.ending import close_open_slice
from sync_pipeline.orchestration.signals import noticing_signals
from sync_pipeline.workplace import Workplace


class WorkplaceResource(dg.ConfigurableResource):
    """Reads the settings of the process when a run or a tick starts, never at import."""

    _workplace: Workplace | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator["WorkplaceResource"]:
        configure_logs()
        self._workplace = self.open()
        with tracing(self._workplace.settings.otlp_endpoint):
            try:
                with noticing_signals(self._workplace.stop):
                    yield self
                if self._workplace.stop.is_requested and context.run_id is not None:
                    close_open_slice(self._workplace, context.instance, context.run_id)
            finally:
                self._workplace.close()
                self._workplace = None

    def open(self) -> Workplace:
        """One deployment, as the process's environment describes it."""
        return Workplace()

    def get(self) -> Workplace:
        """The workplace; outside a run (in a sensor) one is made on first use."""
        if self._workplace is None:
            self._workplace = self.open()
        return self._workplace
