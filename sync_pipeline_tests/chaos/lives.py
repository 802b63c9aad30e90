"""Many lives of one deployment in this process: an exception instead of SIGKILL, after which nothing can be written."""

import asyncio
from collections import Counter
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from sync_pipeline.adapters.process import this_process
from sync_pipeline.domain.lease import LEASE_SECONDS
from sync_pipeline.orchestration.launch import new_run
from sync_pipeline.stages.applied_ledger import apply_ledger
from sync_pipeline.stages.change_set import make_change_sets
from sync_pipeline.stages.context import StageContext
from sync_pipeline.stages.source_snapshot import take_snapshots
from sync_pipeline_tests.chaos.boundaries import BOUNDARIES, COMMIT, STATEMENT, watched
from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, Deployment, ImpatientWorkplace, PatientKeeper

ANY_BOUNDARY = frozenset(BOUNDARIES)
OF_A_STEP = ANY_BOUNDARY - {STATEMENT, COMMIT}


class Stages(NamedTuple):
    read: bool
    apply: bool


ALL, READING, APPLYING = Stages(read=True, apply=True), Stages(read=True, apply=False), Stages(read=False, apply=True)


class Death(BaseException):
    """No handler of errors may catch it."""


@dataclass
class Mortality:
    """Death at the so-manieth boundary of these; the dead pass none any more."""

    boundary: int | None
    among: AbstractSet[str]
    died_at: str | None = None

    def passed(self, name: str) -> None:
        if self.died_at is None and self.boundary is not None:
            self.boundary -= name in self.among
            if self.boundary == 0:
                self.died_at = name
        if self.died_at is not None:
            raise Death


class Lives:
    """Starts a deployment over and over; `deaths` counts the boundaries at which a life ended."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self.deaths: Counter[str] = Counter()

    def live(
        self, boundary: int | None = None, *, among: AbstractSet[str] = ANY_BOUNDARY, stages: Stages = ALL
    ) -> bool:
        """These stages of one slice; answers whether it came to its end."""
        mortality = Mortality(boundary, among)
        with watched(mortality.passed), suppress(Death):
            self._slice(stages)
        if mortality.died_at is None:
            return True
        self.deaths[mortality.died_at] += 1
        self._forget_everything()
        return False

    def _slice(self, stages: Stages) -> None:
        workplace = self._deployment.workplace
        leases = workplace.state.leases
        lease = leases.acquire(CUSTOMER, this_process())
        assert lease is not None, "the last life still holds the lease"
        run = new_run(workplace, self._deployment.customer, None)
        workplace.state.runs.begin_slice(lease, run, run.run_id)

        def context() -> StageContext:
            keeper = PatientKeeper(leases, lease)
            return workplace.context(self._deployment.customer, run, run.run_id, keeper)

        if stages.read:
            asyncio.run(take_snapshots(context()))
            make_change_sets(context())
        if stages.apply:
            asyncio.run(apply_ledger(context()))
        leases.release(lease)

    def _forget_everything(self) -> None:
        """What the next process would not have; the lease runs out, as its holder here is still alive."""
        deployment = self._deployment
        deployment.workplace.close()
        deployment.workplace = ImpatientWorkplace(deployment.workplace.settings, deployment.clock)
        deployment.clock.advance(seconds=LEASE_SECONDS + 1)
