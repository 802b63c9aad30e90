"""A run with a report, in few words."""

from datetime import UTC, datetime
from typing import Any

from sync_pipeline.domain.pages.facts import StoredRun
from sync_pipeline.domain.report import empty_report
from sync_pipeline.domain.run import Layer, Run, RunStatus

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
CUSTOMER = "riverside"


def stored(status: RunStatus = RunStatus.DONE, **report: Any) -> StoredRun:
    run = Run(CUSTOMER, "nightly-1", Layer.NIGHTLY, "2026-03-02")
    told = empty_report(run, status, NOW).as_dict() | report
    return StoredRun(run, status, NOW, NOW, told)
