"""What `sources check` answers, as a plain document."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

from sync_pipeline.adapters.logs import configure_logs
from sync_pipeline.cli.plan_documents import error_entry
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.contact import tag_prefix
from sync_pipeline.domain.cut import PARENT_PREFIX, Strategy
from sync_pipeline.domain.errors import SyncError
from sync_pipeline.domain.filter_fit import filter_remarks
from sync_pipeline.domain.recipe_fit import recipe_remarks
from sync_pipeline.domain.recipe_trial import columns_by_place, mapped_rows
from sync_pipeline.domain.stream_fit import Remark, paging_remarks, stream_remarks
from sync_pipeline.domain.stream_sample import FilterTrial, StreamSample
from sync_pipeline.ports import Source
from sync_pipeline.workplace import Workplace

WHOLE_PAGE = 1_000_000
MISMATCH = "mismatch"

OpenSource = Callable[[str], AbstractAsyncContextManager[Source]]


@dataclass(frozen=True, slots=True)
class Looked:
    """A stream's first page, and what its filter answered where a run would use it."""

    sample: StreamSample
    trial: FilterTrial | None


Sampled = Looked | SyncError


def check_document(customer_id: str) -> dict[str, Any]:
    """Every stream of a customer as its first page shows it; `error` when one of them has a problem.

    Raises:
        ConfigurationError: there is no such customer, or its files have problems.
    """
    configure_logs()
    workplace = Workplace()
    customer = workplace.customer(customer_id)
    open_source = partial(workplace.open_source, customer)
    sampled = asyncio.run(sample_streams(open_source, customer))
    streams = {name: check_entry(customer, name, sampled[name]) for name in customer.streams}
    document = {"customer_id": customer.id, "streams": streams}
    error = next(errors_of(streams), None)
    return document if error is None else {**document, "error": error}


async def sample_streams(open_source: OpenSource, customer: Customer) -> dict[str, Sampled]:
    """One page of every stream, or why there is none; the sources side by side, each on its own."""
    asked = (sample_source(open_source, customer, source) for source in customer.streams_by_source)
    return {name: sample for found in await asyncio.gather(*asked) for name, sample in found.items()}


async def sample_source(open_source: OpenSource, customer: Customer, source: str) -> dict[str, Sampled]:
    found: dict[str, Sampled] = {}
    streams = customer.streams_by_source[source]
    try:
        opened = open_source(source)
    except SyncError as error:
        return dict.fromkeys(streams, error)
    async with opened as client:
        for stream in streams:
            try:
                found[stream] = await look(client, customer, stream)
            except SyncError as error:
                found[stream] = error
    return found


async def look(source: Source, customer: Customer, stream: str) -> Looked:
    sample = await source.sample(stream, WHOLE_PAGE)
    if customer.strategy(stream) is not Strategy.MODIFIED_SINCE:
        return Looked(sample, None)
    return Looked(sample, await source.try_filter(stream, sample, customer.streams[stream].read.overlap))


def errors_of(streams: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    """What is wrong, stream by stream."""
    for name, entry in streams.items():
        if "error" in entry:
            yield entry["error"]
        for problem in entry["problems"]:
            yield {"code": MISMATCH, "message": f"{name}: {problem['message']}", "remedy": problem["remedy"]}


def check_entry(customer: Customer, name: str, sampled: Sampled) -> dict[str, Any]:
    """What is configured, what the page shows, and what does not fit; `error` where there is no page to look at."""
    stream = customer.streams[name]
    entry = {
        "source": stream.source,
        "stream": stream.stream or name,
        "strategy": customer.strategy(name).value,
        "recipe": stream.recipe.recipe,
        "writes": stream.recipe.writes,
    }
    if isinstance(sampled, SyncError):
        return {**entry, "error": error_entry(sampled), "problems": [], "notes": []}
    sample, trial, described = sampled.sample, sampled.trial, customer.connector_stream(name)
    mapped = mapped_rows(stream, sample.rows, customer.sources[stream.source].reference_source)
    remarks = [
        *(prefixed(parent.stream, remark) for parent in sample.ancestors for remark in paging_remarks(parent)),
        *stream_remarks(described, sample),
        *(filter_remarks(described.modified, trial) if described.modified and trial else ()),
        *recipe_remarks(stream, sample, mapped, own_tags(customer, name)),
    ]
    return {
        **entry,
        **page_entry(sample),
        "filter": trial and {"newest": trial.outcome.value, "ignored": trial.ignored},
        "parents": [{"stream": parent.stream, **page_entry(parent)} for parent in sample.ancestors],
        "matches": sum(row.record.matches for row in mapped),
        "dead_letters": sum(row.problem is not None for row in mapped),
        "used_by": used_by(columns_by_place(stream)),
        "problems": remark_entries(remark for remark in remarks if remark.is_problem),
        "notes": remark_entries(remark for remark in remarks if not remark.is_problem),
    }


def own_tags(customer: Customer, stream: str) -> str | None:
    """What begins the tags that are taken away again; None where none are."""
    of_contacts = customer.streams[stream].recipe.writes == "contact"
    is_exact = of_contacts and customer.destination.tags == "exact"
    return tag_prefix(customer.sources[customer.streams[stream].source].reference_source) if is_exact else None


def page_entry(sample: StreamSample) -> dict[str, Any]:
    kind, _, outcome = sample.next_page.partition(": ")
    return {
        "address": sample.address,
        "records_path": sample.records_path,
        "records": sample.records,
        "total": sample.total,
        "pages": sample.pages,
        "next_page": {"kind": kind, "found": outcome == "found"},
        "keys": dict(sample.keys),
        "modified": None
        if sample.modified_field is None
        else {"field": sample.modified_field, "records": sample.modified},
        "columns": {**sample.columns, **inherited_columns(sample.ancestors)},
    }


def inherited_columns(ancestors: Sequence[StreamSample]) -> dict[str, str]:
    """The columns that every record below these parents carries, the nearest parent's first."""
    return {
        f"{PARENT_PREFIX * depth}{name}": kinds
        for depth, parent in enumerate(reversed(ancestors), start=1)
        for name, kinds in parent.columns.items()
    }


def used_by(columns: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """The places of the recipe that read each column."""
    found: dict[str, list[str]] = {}
    for place, names in columns.items():
        for name in sorted(names):
            found.setdefault(name, []).append(place)
    return found


def remark_entries(remarks: Iterable[Remark]) -> list[dict[str, str]]:
    return [{"message": remark.message, "remedy": remark.remedy} for remark in remarks]


def prefixed(stream: str, remark: Remark) -> Remark:
    return Remark(f"{stream}: {remark.message}", remark.remedy, remark.is_problem)
