"""One customer's stream, read night after night from a scripted source into real stores."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import httpx

from sync_pipeline.adapters.parquet import ParquetStore
from sync_pipeline.adapters.process import this_process
from sync_pipeline.adapters.source import HttpSource
from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.domain.change import ChangeCounts
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.cut import StreamName
from sync_pipeline.domain.errors import ParkedError
from sync_pipeline.domain.lease import Lease
from sync_pipeline.domain.positions import CutRow, CutState, Position
from sync_pipeline.domain.run import Layer, Run
from sync_pipeline.stages.change_set.stage import read_position
from sync_pipeline.stages.context import ReadContext
from sync_pipeline.stages.source_snapshot.reading import StreamRead, read_stream
from sync_pipeline_tests.clock import FakeClock

CUSTOMER, SOURCE, STREAM = "riverside", "people", "shifts"
NAME = StreamName(CUSTOMER, STREAM)
FIELDS: Mapping[str, str] = {"firstName": "name"}


@dataclass(frozen=True, slots=True)
class LimitedContext(ReadContext):
    """Stops after so many answers of the source."""

    answers: Iterator[int] = field(default_factory=count)
    limit: int | None = None

    @property
    def must_stop(self) -> str | None:
        return "the time is over" if self.limit is not None and next(self.answers) + 1 >= self.limit else None


@dataclass(frozen=True)
class Keeper:
    """Implements `ports.LeaseKeeper` for a test that outlives no lease."""

    lease: Lease

    def require(self, seconds: float) -> None:
        """Nothing here takes long."""


Open = Callable[..., "Nights"]


class Nights:
    """Reads the stream `shifts` of a connector once a night; `answer` is the platform."""

    def __init__(
        self,
        folder: Path,
        url: str,
        streams: Mapping[str, Mapping[str, Any]],
        answer: Callable[[httpx.Request], httpx.Response],
        fields: Mapping[str, str] | None = None,
        concurrency: int = 4,
        overlap: str = "5m",
    ) -> None:
        self.clock = FakeClock()
        self.state = StateStore(url, self.clock)
        self.snapshots = ParquetStore(folder, memory_limit_mb=200, threads=1, clock=self.clock)
        lease = self.state.leases.acquire(CUSTOMER, this_process())
        assert lease is not None
        self._keeper = Keeper(lease)
        self._answer = answer
        self._folder = folder
        self._fields = fields or FIELDS
        self._read_settings = {"concurrency": concurrency, "overlap": overlap}
        self.customer = _customer(streams, self._fields, self._read_settings)

    def read(self, layer: Layer = Layer.NIGHTLY) -> StreamRead:
        """One read; its cut waits for its comparison."""
        return asyncio.run(self._read(layer))

    def slice(self, pages: int | None = None, *, run: str = "run-1", minutes: float = 10) -> StreamRead | None:
        """One slice of a run some minutes later; None when it parked, after so many pages."""
        self.clock.advance(hours=minutes / 60)
        try:
            return asyncio.run(self._read(Layer.NIGHTLY, Run(CUSTOMER, run, Layer.NIGHTLY, "slot"), pages))
        except ParkedError:
            return None

    @property
    def reading(self) -> list[CutRow]:
        return self.state.cuts.cuts(CUSTOMER, [CutState.READING])

    @property
    def newest_read(self) -> CutRow:
        return self.state.cuts.cuts(CUSTOMER, [CutState.READ])[-1]

    def answer_with(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self._answer = answer

    def reconfigure(self, streams: Mapping[str, Mapping[str, Any]]) -> None:
        """The connector's streams are others from now on."""
        self.customer = _customer(streams, self._fields, self._read_settings)

    @property
    def journals(self) -> list[Path]:
        return sorted(self._folder.rglob("*.jsonl"))

    def compare(self) -> CutRow:
        """The comparison of the newest read, as far as positions are concerned."""
        (cut,) = self.state.cuts.cuts(CUSTOMER, [CutState.READ])
        moved = read_position(cut, self.position, self.customer.streams[STREAM].read.overlap)
        self.state.cuts.finish_diff(
            self._keeper.lease, cut, ChangeCounts(), read_position=moved, folded=(cut.cut, "hash")
        )
        return cut

    def night(self, layer: Layer = Layer.NIGHTLY) -> StreamRead:
        read = self.read(layer)
        self.compare()
        return read

    @property
    def position(self) -> Position:
        return self.state.positions.position(CUSTOMER, SOURCE, STREAM)

    def rows(self, *columns: str) -> list[tuple[str | None, ...]]:
        """The snapshot's rows, by key."""
        position = self.position
        assert position.snapshot_cut is not None
        keys = [f"{number}" for number in range(100)]
        frame = self.snapshots.rows(NAME, position.snapshot_cut, keys, ["_key", *columns])
        assert frame.height == self.snapshots.count(NAME, position.snapshot_cut)
        return sorted(frame.rows())

    async def _read(self, layer: Layer, run: Run | None = None, limit: int | None = None) -> StreamRead:
        run = run or Run(CUSTOMER, f"run-{self.clock.advance(hours=24)}", layer, "slot")
        context = LimitedContext(
            customer=self.customer,
            run=run,
            keeper=self._keeper,
            clock=self.clock,
            open_source=lambda _: self._source(),
            snapshots=self.snapshots,
            positions=self.state.positions,
            cuts=self.state.cuts,
            limit=limit,
        )
        async with self._source() as source:
            return await read_stream(context, source, STREAM)

    def _source(self) -> HttpSource:
        return HttpSource(
            self.customer.sources[SOURCE],
            {STREAM: self.customer.connector_stream(STREAM)},
            None,
            self.clock,
            transport=httpx.MockTransport(self._answer),
            random=Random(7),  # noqa: S311 - spreads retries, the same way in every test
        )


def _customer(
    streams: Mapping[str, Mapping[str, Any]], fields: Mapping[str, str], read: Mapping[str, object]
) -> Customer:
    connector = {
        "connector": "c",
        "base_url": "https://people.example.org",
        "auth": {"kind": "none"},
        "streams": streams,
    }
    recipe = {"recipe": "r", "writes": "contact", "reference": "id", "fields": fields}
    return Customer.model_validate(
        {
            "id": CUSTOMER,
            "name": "Riverside",
            "destination": {"token": "env:A"},
            "sources": {SOURCE: {"connector": connector, "reference_source": "S"}},
            "streams": {STREAM: {"source": SOURCE, "recipe": recipe, "read": dict(read)}},
        }
    )
