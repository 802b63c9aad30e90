"""The plan: every stream is read and compared as a run does it, and the requests the run would send are counted."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sync_pipeline.domain.backlog import ForetoldRequest, OpenOperation
from sync_pipeline.domain.change import ChangeCounts
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.errors import SyncError
from sync_pipeline.domain.lease import Lease
from sync_pipeline.domain.needs import Need
from sync_pipeline.domain.operation import PlannedOperation
from sync_pipeline.domain.quota import QuotaPicture
from sync_pipeline.domain.run import Run
from sync_pipeline.ports import Clock, CrmIds, Cuts, Positions, SnapshotStore, Source
from sync_pipeline.stages.change_set.diffing import Diff, differences, prepare
from sync_pipeline.stages.change_set.guarding import DifferentSince, measured, verdict
from sync_pipeline.stages.context import ReadContext, quota_rule
from sync_pipeline.stages.foretelling import ScratchLedger, foretold
from sync_pipeline.stages.layers import next_layer
from sync_pipeline.stages.plan.forecast import Forecast, forecast
from sync_pipeline.stages.plan.sample import SampledChange, StreamSample, mixed
from sync_pipeline.stages.plan.scratch import NoLease, ScratchCuts, ScratchPositions
from sync_pipeline.stages.planning import operations_for, operations_of, ready_cuts
from sync_pipeline.stages.source_snapshot.prerequisites import refusal_of
from sync_pipeline.stages.source_snapshot.reading import StreamRead, read_stream

PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Stored:
    """What a plan starts from. All of it is read and none of it changed."""

    positions: Positions
    cuts: Cuts
    operations: Sequence[OpenOperation]
    picture: QuotaPicture
    different_since: DifferentSince
    crm_ids: CrmIds
    accepted_people: Callable[[Collection[Need]], Mapping[Need, datetime | None]]


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """One stream: what was read and what differs, or the error that kept it from being planned.

    `held` says why none of its changes would be sent before a person has looked.
    """

    stream: str
    read: StreamRead | None = None
    counts: ChangeCounts = field(default_factory=ChangeCounts)
    held: str | None = None
    error: SyncError | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What the next run of a customer would do.

    `backlog`: operations by state, from before this plan's changes. `reading`: how long reading and comparing took.
    """

    customer_id: str
    streams: Sequence[StreamPlan]
    requests: Sequence[ForetoldRequest]
    source_requests: int
    backlog: dict[str, int]
    sample: Sequence[SampledChange]
    forecast: Forecast
    reading: timedelta

    @property
    def counts(self) -> ChangeCounts:
        counts = [stream.counts for stream in self.streams]
        return ChangeCounts(
            sum(count.creates for count in counts),
            sum(count.updates for count in counts),
            sum(count.deletes for count in counts),
            sum(count.unchanged for count in counts),
        )

    @property
    def held(self) -> int:
        """Changes of streams that a person would have to approve first."""
        return sum(stream.counts.total for stream in self.streams if stream.held is not None)

    @property
    def requests_by_endpoint(self) -> dict[str, int]:
        return dict(sorted(Counter(request.endpoint for request in self.requests).items()))

    @property
    def error(self) -> SyncError | None:
        """The first stream's error, if any stream could not be planned."""
        return next((stream.error for stream in self.streams if stream.error is not None), None)


async def make_plan(
    customer: Customer,
    stored: Stored,
    snapshots: SnapshotStore,
    open_source: Callable[[str], AbstractAsyncContextManager[Source]],
    clock: Clock,
) -> Plan:
    """Read and compare every stream; a failing one does not stop the others.

    `snapshots` is written to, under cut numbers after the stored ones: it must be one whose writes count for nobody.
    """
    planner = _Planner(customer, stored, snapshots, open_source, clock)
    planner.plan_what_is_ready()
    backlog = planner.ledger.left_over()
    started, starts_at = clock.monotonic(), clock.now()
    streams = await planner.plan_streams()
    reading = timedelta(seconds=clock.monotonic() - started)
    requests = foretold(planner.ledger, stored.crm_ids, stored.accepted_people, customer)
    return Plan(
        customer_id=customer.id,
        streams=streams,
        requests=requests,
        source_requests=planner.source_requests,
        backlog=backlog,
        sample=mixed([sample.changes() for sample in planner.samples]),
        forecast=forecast(customer, stored.picture, quota_rule(customer), requests, starts_at, reading),
        reading=reading,
    )


class _Planner:
    def __init__(
        self,
        customer: Customer,
        stored: Stored,
        snapshots: SnapshotStore,
        open_source: Callable[[str], AbstractAsyncContextManager[Source]],
        clock: Clock,
    ) -> None:
        self.ledger = ScratchLedger(stored.operations)
        self.samples: list[StreamSample] = []
        self.source_requests = 0
        self._different_since = stored.different_since
        self._positions = ScratchPositions(stored.positions)
        self._cuts = ScratchCuts(stored.cuts, customer.id, clock)
        self._context = ReadContext(
            customer=customer,
            run=Run(customer.id, PLAN, next_layer(customer, stored.positions), PLAN),
            keeper=NoLease(Lease(customer.id, PLAN, 0, clock.now())),
            clock=clock,
            open_source=open_source,
            snapshots=snapshots,
            positions=self._positions,
            cuts=self._cuts,
        )

    def plan_what_is_ready(self) -> None:
        """What a run that was stopped has compared and not yet planned: the next run begins with it."""
        for cut in ready_cuts(self._context):
            for operations in operations_of(self._context, cut):
                self._positions.plan(cut.stream, self.ledger.plan(cut.stream, operations))

    async def plan_streams(self) -> list[StreamPlan]:
        plans: list[StreamPlan] = []
        for source_name, streams in self._context.customer.streams_by_source.items():
            try:
                async with self._context.open_source(source_name) as source:
                    plans += await self._plan_source(source, streams)
                    self.source_requests += source.requests
            except SyncError as error:  # its token is missing: no stream of it was planned
                plans += [StreamPlan(stream, error=error) for stream in streams]
        return plans

    async def _plan_source(self, source: Source, streams: Sequence[str]) -> list[StreamPlan]:
        refusal = await refusal_of(source, streams)
        if refusal is not None:
            return [StreamPlan(stream, error=refusal) for stream in streams]
        return [await self._plan_stream(source, stream) for stream in streams]

    async def _plan_stream(self, source: Source, stream: str) -> StreamPlan:
        try:
            read = await read_stream(self._context, source, stream)
            return StreamPlan(stream, read, *self._compare(stream))
        except SyncError as error:
            return StreamPlan(stream, error=error)

    def _compare(self, stream: str) -> tuple[ChangeCounts, str | None]:
        """What differs, and why it would be held, if it would; its operations are in the ledger otherwise."""
        context, cut = self._context, self._cuts.newest(stream)
        position = context.positions.position(context.customer.id, cut.source, stream)
        comparison = prepare(context, cut, position, context.mapping(stream))
        reference_source = context.customer.sources[cut.source].reference_source
        diff, sample = Diff(measured=measured(context, cut)), StreamSample(context, stream)
        operations: list[list[PlannedOperation]] = []
        for change in differences(comparison, diff):
            operations.append(operations_for(context, change, stream, reference_source))
            sample.add(change)
        self.samples.append(sample)
        rows = context.snapshots.count(comparison.request.name, comparison.request.cut)
        held = verdict(context, cut, rows, diff.measured, self._different_since).held
        for some in operations if held is None else ():
            self.ledger.plan(stream, some)
        return diff.counts(rows), held
