"""One deployment put together: settings, stores, clients. What the Dagster assets and the commands both work with."""

from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path

from sync_pipeline import stopping, telemetry
from sync_pipeline.adapters.clock import SystemClock
from sync_pipeline.adapters.configuration import (
    Fleet,
    load_customer,
    load_customer_with_recipe,
    load_fleet,
    load_regions,
)
from sync_pipeline.adapters.heartbeat import held_lease
from sync_pipeline.adapters.notifying.second_channel import SecondChannel
from sync_pipeline.adapters.pages import HtmlPages
from sync_pipeline.adapters.parquet import FolderRegion, ParquetStore
from sync_pipeline.adapters.secrets import Secrets
from sync_pipeline.adapters.source import HttpSource
from sync_pipeline.adapters.sql.frozen import FrozenState, frozen_state
from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.adapters.virtuous import VirtuousClient
from sync_pipeline.domain.alerts.summary import Summary
from sync_pipeline.domain.alerts.wording import Links
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.report import RunReport
from sync_pipeline.domain.run import Run
from sync_pipeline.domain.trace import trace_id_of
from sync_pipeline.ports import Clock, Destination, LeaseKeeper, Notifier, PaceMemory, RegionalStore, Sender, Source
from sync_pipeline.region import claim, refuse_other
from sync_pipeline.settings import Settings, load_settings
from sync_pipeline.stages.alerting import Audience
from sync_pipeline.stages.alerting.summing_up import SummarySources, sum_up
from sync_pipeline.stages.applied_ledger.requests import LATEST_EFFECT_SECONDS, REQUEST_SECONDS
from sync_pipeline.stages.context import StageContext, destination_name, quota_rule
from sync_pipeline.stopping import Stop

PATIENCE = timedelta(seconds=65)
"""The window of most limits is a minute: a process waits for it, and parks for what takes longer."""
POLL_SECONDS = 60  # a read that takes longer goes on in a slice of its own
NO_CHANNEL = "alerts"
STATE_STORE = ("The state store", "SYNC_DATABASE_URL")
DATA_FOLDER = ("The data folder", "SYNC_DATA_URL")
MARGIN_SECONDS = 60  # a run that is about to reach its limit lets its last requests end, and writes its report


class Workplace:
    """Opens nothing until it is asked for: `customers list` needs no database."""

    def __init__(self, settings: Settings | None = None, clock: Clock | None = None, stop: Stop | None = None) -> None:
        self.settings = settings or load_settings()
        self.clock = clock or SystemClock()
        self.stop = stop or stopping.PROCESS
        self.secrets = Secrets()
        self._leases = ExitStack()
        self._keepers: dict[str, LeaseKeeper] = {}
        self._slices: dict[str, telemetry.SliceSpan] = {}

    @cached_property
    def state(self) -> StateStore:
        state = StateStore(self.settings.database_url, self.clock)
        try:
            self.claim(state.region, *STATE_STORE)
        except BaseException:
            state.close()
            raise
        return state

    @cached_property
    def snapshots(self) -> ParquetStore:
        folder = self.settings.data_folder
        self.claim(FolderRegion(folder), *DATA_FOLDER)
        return ParquetStore(folder, clock=self.clock)

    def stored_snapshots(self) -> ParquetStore:
        """The files as they are, for who only reads them: the folder is not claimed for a region."""
        return ParquetStore(self.settings.data_folder, clock=self.clock)

    @cached_property
    def pages(self) -> HtmlPages:
        return HtmlPages(self.settings.data_folder)

    @contextmanager
    def frozen(self, scratch: Path) -> Generator[FrozenState]:
        """One moment of the state store for who changes nothing; see `frozen_state`.

        Raises:
            ConfigurationError: it cannot be opened, or what is read is another region's.
        """
        with frozen_state(self.settings.database_url, self.clock, scratch) as state:
            refuse_other(state.region, *STATE_STORE, self.settings.region)
            refuse_other(FolderRegion(self.settings.data_folder), *DATA_FOLDER, self.settings.region)
            yield state

    def claim(self, store: RegionalStore, name: str, setting: str) -> None:
        """Open a store as the one of this deployment's region.

        Raises:
            ConfigurationError: it belongs to another one.
        """
        claim(store, name, setting, self.settings.region, partial(load_regions, self.settings.customers))

    @cached_property
    def last_resort(self) -> SecondChannel:
        return SecondChannel(self.settings.home / "alerts.jsonl", self.clock)

    @cached_property
    def notifier(self) -> Notifier:
        """Slack, or the second channel where no token is set."""
        token = self.settings.slack_token
        if token is None:
            return self.last_resort
        from sync_pipeline.adapters.notifying.slack import SlackNotifier  # noqa: PLC0415 - 0.3 s of import

        return SlackNotifier(token.get_secret_value(), str(self.settings.slack_base_url))

    def audience(self, customers: Mapping[str, Customer]) -> Audience:
        """Who is told of what."""
        links = Links(
            *(None if url is None else str(url).rstrip("/") for url in (self.settings.ui_url, self.settings.docs_url))
        )
        channels = {name: customer.alerts.channel for name, customer in customers.items() if customer.alerts.channel}
        return Audience(self.settings.slack_channel or NO_CHANNEL, channels, links)

    def summary(self, fleet: Fleet) -> Summary:
        """Where everybody stands, what the last day was like, and what tonight will be."""
        state = self.state
        sources = SummarySources(state.fleet_history, state.days, state.objectives, state.platforms, self.pages)
        return sum_up(self.settings.region, fleet.customers, sorted(fleet.broken), sources, self.clock.now())

    def fleet(self) -> Fleet:
        return load_fleet(self.settings.customers, self.settings.region)

    def customer(self, customer_id: str, recipe: Path | None = None) -> Customer:
        """The customer's configuration; with `recipe` as if that file were the recipe of its name.

        Raises:
            ConfigurationError: there is none in this region, or its files have problems.
        """
        folder, region = self.settings.customers, self.settings.region
        if recipe is None:
            return load_customer(folder, customer_id, region)
        return load_customer_with_recipe(folder, customer_id, recipe, region)

    @contextmanager
    def stage(self, customer: Customer, run: Run, dagster_run_id: str) -> Generator[StageContext]:
        """What one stage of a slice works with, under the customer's lease.

        The lease stays until the workplace closes: nobody else's run may come between two stages of this one.

        Raises:
            BusyError: another process holds the lease.
        """
        if dagster_run_id not in self._slices:
            self._slices[dagster_run_id] = telemetry.begin_slice(run, dagster_run_id)
        with telemetry.inside(self._slices[dagster_run_id], run, dagster_run_id):
            if customer.id not in self._keepers:
                lease = held_lease(self.state.leases, customer.id, self.clock)
                self._keepers[customer.id] = self._leases.enter_context(lease)
            keeper = self._keepers[customer.id]
            self.state.runs.begin_slice(keeper.lease, run, dagster_run_id)
            yield self.context(customer, run, dagster_run_id, keeper)

    @contextmanager
    def polling(self, customer: Customer, run: Run, dagster_run_id: str) -> Generator[StageContext]:
        """What one customer's poll works with, for the length of the block: one process polls many of them.

        Raises:
            BusyError: another process holds the lease.
        """
        slice_span = telemetry.begin_slice(run, dagster_run_id)
        try:
            with (
                telemetry.inside(slice_span, run, dagster_run_id),
                held_lease(self.state.leases, customer.id, self.clock) as keeper,
            ):
                self.state.runs.begin_slice(keeper.lease, run, dagster_run_id)
                yield self._context(customer, run, dagster_run_id, keeper, seconds=POLL_SECONDS)
        finally:
            slice_span.end()

    @contextmanager
    def deciding(self, customer: Customer, run: Run) -> Generator[StageContext]:
        """What a person's decision is carried out with, under the customer's lease; no run begins.

        Raises:
            BusyError: another process holds the lease.
        """
        with (
            telemetry.inside(telemetry.NOTHING, run, run.run_id),
            held_lease(self.state.leases, customer.id, self.clock) as keeper,
        ):
            yield self.context(customer, run, run.run_id, keeper)

    def context(self, customer: Customer, run: Run, dagster_run_id: str, keeper: LeaseKeeper) -> StageContext:
        seconds = self._seconds_left(customer, run, dagster_run_id)
        return self._context(customer, run, dagster_run_id, keeper, seconds)

    def _context(
        self, customer: Customer, run: Run, dagster_run_id: str, keeper: LeaseKeeper, seconds: float
    ) -> StageContext:
        state = self.state
        sender = Sender(run.run_id, trace_id_of(dagster_run_id))
        return StageContext(
            customer=customer,
            run=run,
            dagster_run_id=dagster_run_id,
            keeper=keeper,
            deadline=self.clock.monotonic() + seconds,
            clock=self.clock,
            stop=self.stop,
            open_source=partial(
                self.open_source, customer, patience=PATIENCE, memory=state.pace_memory, trace_id=sender.trace_id
            ),
            open_destination=partial(self.open_destination, customer, sender.trace_id),
            snapshots=self.snapshots,
            positions=state.positions,
            cuts=state.cuts,
            held=state.held,
            planning=state.planning,
            sending=state.sending(
                keeper.lease,
                sender,
                destination_name(customer),
                quota_rule(customer),
                timedelta(seconds=min(customer.destination.settle_seconds, LATEST_EFFECT_SECONDS)),
            ),
            waiting=state.waiting(keeper.lease, run.run_id),
            confirming=state.confirming(keeper.lease, run.run_id),
            crm_ids=state.crm_ids,
            quota=state.quota,
            runs=state.runs,
            breakers=state.breakers,
            platforms=state.platforms,
            history=state.history,
            pages=self.pages,
        )

    def _seconds_left(self, customer: Customer, run: Run, dagster_run_id: str) -> float:
        """Until this slice has to stop: its time counts over all its stages, and the run's is not used to its end."""
        limits, now = customer.limits, self.clock.now()
        slice_started = self.state.runs.slice_started_at(customer.id, dagster_run_id) or now
        run_started = self.state.runs.started_at(customer.id, run.run_id) or now
        margin = min(MARGIN_SECONDS, limits.run_seconds / 10)
        return min(
            limits.slice_seconds - (now - slice_started).total_seconds(),
            limits.run_seconds - margin - (now - run_started).total_seconds(),
        )

    def earlier_runs(self, report: RunReport) -> list[RunReport]:
        """What a run is compared with."""
        return self.state.finished_runs.earlier(report.customer_id, report.layer, report.run_id)

    def open_source(
        self,
        customer: Customer,
        name: str,
        *,
        patience: timedelta | None = None,
        memory: Callable[[str, str], PaceMemory] | None = None,
        trace_id: str | None = None,
    ) -> AbstractAsyncContextManager[Source]:
        """A client for one source of the customer; see `HttpSource` for its patience, its memory and its trace.

        Raises:
            PrerequisiteError: its token is missing.
        """
        source = customer.sources[name]
        streams = {
            stream: customer.connector_stream(stream)
            for stream, configured in customer.streams.items()
            if configured.source == name
        }
        token = None if source.token is None else self.secrets.resolve(source.token)
        known = None if memory is None else memory(customer.id, name)
        return HttpSource(source, streams, token, self.clock, memory=known, patience=patience, trace_id=trace_id)

    def open_destination(self, customer: Customer, trace_id: str) -> AbstractAsyncContextManager[Destination]:
        """A client for the customer's Virtuous organization; its requests carry the trace.

        Raises:
            PrerequisiteError: its token is missing.
        """
        return VirtuousClient(
            customer.destination.address,
            self.secrets.resolve(customer.destination.token, Path()),
            now=self.clock.now,
            request_timeout=REQUEST_SECONDS,
            stop=self.stop,
            trace_id=trace_id,
        )

    def close(self) -> None:
        self._keepers.clear()
        self._leases.close()
        while self._slices:
            self._slices.popitem()[1].end()
        if "state" in self.__dict__:
            self.state.close()
