"""What every stage works with: the customer, the run, the lease, and the ports."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.cut import StreamName
from sync_pipeline.domain.mapping import RecordMapping
from sync_pipeline.domain.quota import QuotaRule
from sync_pipeline.domain.records import Rules
from sync_pipeline.domain.routes import Routes, routes_of
from sync_pipeline.domain.run import Run, StageFailure
from sync_pipeline.domain.trace import trace_id_of
from sync_pipeline.ports import (
    Breakers,
    Clock,
    Confirming,
    CrmIds,
    Cuts,
    Destination,
    DestinationName,
    HeldChanges,
    LeaseKeeper,
    Pages,
    Planning,
    Platforms,
    Positions,
    Quota,
    RunHistory,
    Runs,
    Sender,
    Sending,
    SnapshotStore,
    Source,
    Waiting,
)
from sync_pipeline.stopping import TOLD_TO_STOP, Stop


@dataclass(frozen=True, slots=True)
class ReadContext:
    """Everything that reading and comparing may touch: nothing here could reach Virtuous or its ledger."""

    customer: Customer
    run: Run
    keeper: LeaseKeeper
    clock: Clock
    open_source: Callable[[str], AbstractAsyncContextManager[Source]]
    snapshots: SnapshotStore
    positions: Positions
    cuts: Cuts

    @property
    def must_stop(self) -> str | None:
        """Why nothing more may be read for now; None as long as it may."""
        return None

    def stream_name(self, stream: str) -> StreamName:
        return StreamName(self.customer.id, stream)

    def mapping(self, stream: str) -> RecordMapping:
        return record_mapping(self.customer, stream, self.snapshots.hash_scheme)

    def rules(self, stream: str) -> Rules:
        """What the customer's file says about the writes of a stream."""
        return record_rules(self.customer, stream, self.clock.now())


@dataclass(frozen=True, slots=True)
class StageContext(ReadContext):
    """Everything a stage of one slice may touch. `deadline` is on the monotonic clock."""

    dagster_run_id: str
    deadline: float
    stop: Stop
    open_destination: Callable[[], AbstractAsyncContextManager[Destination]]
    held: HeldChanges
    planning: Planning
    sending: Sending
    waiting: Waiting
    confirming: Confirming
    crm_ids: CrmIds
    quota: Quota
    runs: Runs
    breakers: Breakers
    platforms: Platforms
    history: RunHistory
    pages: Pages

    @property
    def sender(self) -> Sender:
        return Sender(self.run.run_id, trace_id_of(self.dagster_run_id))

    @property
    def destination_name(self) -> DestinationName:
        return destination_name(self.customer)

    @property
    def quota_rule(self) -> QuotaRule:
        return quota_rule(self.customer)

    @property
    def out_of_time(self) -> bool:
        return self.stop.is_requested or self.clock.monotonic() >= self.deadline

    @property
    def must_stop(self) -> str | None:
        return self.why_out_of_time if self.out_of_time else None

    @property
    def why_out_of_time(self) -> str:
        return TOLD_TO_STOP if self.stop.is_requested else "the slice's time is used up"

    async def sleep(self, seconds: float) -> None:
        """Sleep, but not once the process is told to stop."""
        await self.stop.sleep(self.clock, seconds)

    def fail(self, subject: str, message: str, remedy: str) -> None:
        """Note a failure of this slice for its report."""
        self.runs.note_failures(
            self.keeper.lease, self.run.run_id, self.dagster_run_id, [StageFailure(subject, message, remedy)]
        )


def destination_name(customer: Customer) -> DestinationName:
    return DestinationName(customer.id, customer.destination.base_url.host or "")


def quota_rule(customer: Customer) -> QuotaRule:
    quota = customer.destination.quota
    window = timedelta(seconds=quota.window_seconds)
    return QuotaRule(quota.requests, window, quota.use, quota.cap, is_even=quota.pace == "even")


def routes(customer: Customer) -> Routes:
    """In which requests this customer's operations travel."""
    destination = customer.destination
    return routes_of(destination.batch.max, bulk_notes=destination.bulk.notes, bulk_tags=destination.bulk.tags)


def record_rules(customer: Customer, stream: str, now: datetime) -> Rules:
    """What the customer's file says about the writes of a stream, on the customer's day."""
    return Rules(
        reference_source=customer.sources[customer.streams[stream].source].reference_source,
        on_delete=customer.deletion_policy(stream),
        deleted_tag=customer.deleted_tag(stream),
        today=now.astimezone(customer.zone).date().isoformat(),
        exact_tags=customer.destination.tags == "exact",
        bulk_tags=customer.destination.bulk.tags,
    )


def record_mapping(customer: Customer, stream: str, hash_scheme: str) -> RecordMapping:
    return RecordMapping(customer.streams[stream], customer.deleted_tag(stream), hash_scheme)
