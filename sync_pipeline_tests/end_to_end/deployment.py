"""A deployment in a temporary folder, next to a sandbox, on a clock that no test has to wait for."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from sync_pipeline.adapters.process import this_process
from sync_pipeline.adapters.sql.leases import SqlLeases
from sync_pipeline.adapters.virtuous import VirtuousClient
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.errors import ParkedError, PausedError, SyncError
from sync_pipeline.domain.lease import Lease
from sync_pipeline.domain.report import RunReport, exit_code
from sync_pipeline.domain.run import WEEKLY, Layer, RunStatus
from sync_pipeline.orchestration.launch import new_run
from sync_pipeline.sandbox.server import running_sandbox
from sync_pipeline.sandbox.world import World
from sync_pipeline.settings import load_settings
from sync_pipeline.stages.applied_ledger import apply_ledger, finish_without_applying
from sync_pipeline.stages.change_set import ChangeSetResult, make_change_sets
from sync_pipeline.stages.context import StageContext
from sync_pipeline.stages.reconciliation import reconcile_ledger
from sync_pipeline.stages.source_snapshot import SnapshotResult, take_snapshots
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.clock import FakeClock

CUSTOMER = "riverside"
VIRTUOUS, VOMO = "virtuous-token", "vomo-token"
BATCH, SINGLE = "POST /api/Contact/Batch", "POST /api/Contact/Transaction"
ORGANIZATION = "GET /api/Organization/Current"
USERS = "GET /vomo/v1/users"
PROJECTS = "GET /vomo/v1/projects"
PATIENCE_SECONDS = 2.0  # a sandbox in this process answers within milliseconds, unless the machine is very busy


class TickingClock(FakeClock):
    """No two moments are the same, as on a real clock."""

    tick = 1e-6

    def now(self) -> datetime:
        self._elapsed += self.tick
        return super().now()


class PatientKeeper:
    """Implements `ports.LeaseKeeper` on virtual time: the real one renews from a thread, on real time."""

    def __init__(self, leases: SqlLeases, lease: Lease) -> None:
        self._leases = leases
        self.lease = lease

    def require(self, seconds: float) -> None:
        del seconds
        self._leases.renew(self.lease)


class ImpatientWorkplace(Workplace):
    """Waits for an answer of Virtuous for a moment instead of 20 s."""

    def open_destination(self, customer: Customer, trace_id: str) -> VirtuousClient:
        return VirtuousClient(
            customer.destination.address,
            self.secrets.resolve(customer.destination.token, Path()),
            now=self.clock.now,
            request_timeout=PATIENCE_SECONDS,
            stop=self.stop,
            trace_id=trace_id,
        )


@dataclass(frozen=True)
class Night:
    """What one slice did; `read` and `compared` are None when it ended before them."""

    report: RunReport
    code: int
    read: SnapshotResult | None = None
    compared: ChangeSetResult | None = None


@dataclass
class Deployment:
    """One customer, `riverside`, with VOMO users that become Virtuous contacts."""

    folder: Path
    workplace: Workplace
    clock: TickingClock
    world: World
    port: int
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def customer(self) -> Customer:
        return self.workplace.customer(CUSTOMER)

    def configure(self, **changes: Any) -> None:
        """Change the customer's file: `destination={...}` and the like are merged into what is there."""
        self.settings = merged(self.settings, changes)
        write_yaml(self.workplace.settings.customers / f"{CUSTOMER}.yaml", self.settings)

    def night(self, layer: Layer | None = None, before_sending: Callable[[], object] = lambda: None) -> Night:
        """One slice, from reading to the report, the way the three assets do it; the next one is a day later."""
        night = self.slice_of_night(layer, before_sending)
        self.clock.advance(days=1)
        return night

    def reconciliation(self, *, full: bool = False) -> Night:
        """The daily reconciliation, or the weekly one; the next run is a day later."""
        night = self.slice_of_night(Layer.RECONCILE, slot=WEEKLY if full else "manual")
        self.clock.advance(days=1)
        return night

    def slice_of_night(
        self, layer: Layer | None = None, before_sending: Callable[[], object] = lambda: None, slot: str = "manual"
    ) -> Night:
        apply = reconcile_ledger if layer == Layer.RECONCILE else apply_ledger
        with self.stages(layer, slot) as stage:
            read, ended = read_sources(stage())
            compared = None
            if ended is None:
                compared = make_change_sets(stage())
                before_sending()
                ended = asyncio.run(apply(stage()))
        assert_adds_up(ended)
        code = exit_code(RunStatus(ended.status), self.workplace.state.ledger_counts(CUSTOMER))
        return Night(ended, code, read, compared)

    @contextmanager
    def stages(self, layer: Layer | None = None, slot: str = "manual") -> Iterator[Callable[[], StageContext]]:
        """Makes the context of each stage of one slice, under the customer's lease."""
        state = self.workplace.state
        run = new_run(self.workplace, self.customer, layer, slot)
        lease = state.leases.acquire(CUSTOMER, this_process())
        assert lease is not None, "the last slice of this test still holds the lease"
        try:
            state.runs.begin_slice(lease, run, run.run_id)
            keeper = PatientKeeper(state.leases, lease)
            yield lambda: self.workplace.context(self.customer, run, run.run_id, keeper)
        finally:
            state.leases.release(lease)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def books(self, token: str = VIRTUOUS) -> dict[str, Any]:
        return self.world.books(token)

    def writes(self) -> int:
        """Requests so far that could change something in Virtuous."""
        return sum(count for name, count in self.books()["requests"].items() if not name.startswith("GET"))

    def ledger(self) -> dict[str, int]:
        return self.workplace.state.ledger_counts(CUSTOMER)


def night_of_an_outage(deployment: Deployment, address: str) -> Night:
    """Virtuous answers the prerequisites; then everything goes to this address, where nobody listens."""
    night = deployment.night(before_sending=lambda: deployment.configure(destination={"base_url": address}))
    deployment.configure(destination={"base_url": deployment.url})
    return night


def read_sources(context: StageContext) -> tuple[SnapshotResult | None, RunReport | None]:
    """What the asset `source_snapshot` does; the report is there when the slice ended in it."""
    try:
        return asyncio.run(take_snapshots(context)), None
    except PausedError as error:
        return None, finish_without_applying(context, RunStatus.PAUSED, error)
    except ParkedError as error:
        return None, finish_without_applying(context, RunStatus.PARKED, error)
    except SyncError as error:
        return None, finish_without_applying(context, RunStatus.FAILED, error)


def assert_adds_up(report: RunReport) -> None:
    """DESIGN section 8: every change of the run is somewhere, and nowhere twice."""
    assert report.total_changes == report.creates + report.updates + report.deletes
    assert report.total_changes == (
        report.successes
        + report.failures
        + report.deferred
        + report.waiting
        + report.superseded
        + report.held
        + report.pending
    )


@contextmanager
def deployed(folder: Path, database_url: str, users: int = 40, **vomo: Any) -> Iterator[Deployment]:
    """A deployment with this many VOMO users; further words are those of `World.add_vomo_organization`."""
    clock = TickingClock()
    world = World(clock=lambda: clock.now().timestamp())
    world.add_organization(VIRTUOUS)
    world.add_vomo_organization(VOMO, users=users, **vomo)
    settings = load_settings(
        {
            "SYNC_HOME": str(folder / "home"),
            "SYNC_DATABASE_URL": database_url,
            "SYNC_CUSTOMERS": str(folder / "customers"),
        }
    )
    settings.customers.mkdir()
    with running_sandbox(world) as url:
        workplace = ImpatientWorkplace(settings, clock)
        deployment = Deployment(folder, workplace, clock, world, int(url.rpartition(":")[2]))
        try:
            deployment.configure(**customer_file(folder, url))
            yield deployment
        finally:
            workplace.close()


def customer_file(folder: Path, url: str) -> dict[str, Any]:
    return {
        "id": CUSTOMER,
        "name": "Riverside",
        "timezone": "America/Chicago",
        "destination": {"base_url": url, "token": secret(folder, VIRTUOUS)},
        "sources": {"vomo": vomo_source(folder, url, VOMO, "VOMO")},
        "streams": {"users": {"source": "vomo", "recipe": "vomo_users_to_contacts", "read": {"concurrency": 1}}},
        # These worlds are small, and change as a whole now and then; the guard has tests of its own.
        "limits": {"guard": {"changes": 1.0}},
    }


def vomo_source(folder: Path, url: str, token: str, reference_source: str) -> dict[str, Any]:
    return {
        "connector": "vomo",
        "base_url": f"{url}/vomo/v1",
        "token": secret(folder, token),
        "reference_source": reference_source,
    }


def secret(folder: Path, token: str) -> str:
    path = folder / f"{token}.secret"
    path.write_text(token)
    return f"file:{path}"


def write_yaml(path: Path, document: Mapping[str, Any]) -> None:
    with path.open("w") as opened:
        YAML(typ="safe").dump(dict(document), opened)


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`changes` over `base`, section by section; None removes a key."""
    result = dict(base)
    for name, value in changes.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping) and isinstance(result.get(name), Mapping):
            result[name] = merged(result[name], value)
        else:
            result[name] = value
    return result
