"""What `sources sample` answers: a few records as they came, and what the recipe makes of them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sync_pipeline.adapters.logs import configure_logs
from sync_pipeline.cli.plan_documents import mask
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.configuration.base import did_you_mean
from sync_pipeline.domain.cut import KEY_COLUMN, PARENT_COLUMN
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.domain.recipe_trial import MappedRow, columns_by_place, mapped_rows
from sync_pipeline.domain.stream_sample import StreamSample
from sync_pipeline.workplace import Workplace

KEYLESS = "the record has no key: `sources check` tells more"

Shown = Callable[[Any], Any]


def sample_document(customer_id: str, stream: str, limit: int, *, show_values: bool) -> dict[str, Any]:
    """The first records of a stream, mapped. `reads` has the source columns of every place of the recipe.

    Raises:
        ConfigurationError: there is no such customer or stream, or the customer's files have problems.
        SyncError: the stream cannot be read.
    """
    configure_logs()
    workplace = Workplace()
    customer = workplace.customer(customer_id)
    if stream not in customer.streams:
        raise ConfigurationError(
            f"{customer_id} has no stream {stream}.",
            f"{did_you_mean(stream, customer.streams)}Streams of this customer: {', '.join(customer.streams)}.",
        )
    sample = asyncio.run(sampled(workplace, customer, stream, limit))
    configured = customer.streams[stream]
    reads = {place: sorted(columns) for place, columns in columns_by_place(configured).items()}
    mapped = mapped_rows(configured, sample.rows, customer.sources[configured.source].reference_source)
    return {
        "customer_id": customer.id,
        "stream": stream,
        "source": configured.source,
        "recipe": configured.recipe.recipe,
        "writes": configured.recipe.writes,
        "address": sample.address,
        "reads": reads,
        "records": [record_entry(row, reads, show_values=show_values) for row in mapped],
    }


async def sampled(workplace: Workplace, customer: Customer, stream: str, limit: int) -> StreamSample:
    async with workplace.open_source(customer, customer.streams[stream].source) as source:
        return await source.sample(stream, limit)


def record_entry(row: MappedRow, reads: Mapping[str, Sequence[str]], *, show_values: bool) -> dict[str, Any]:
    """`writes` is what would leave for a record that Virtuous has not seen yet; none for one with a `problem`."""
    record, shown = row.record, as_it_is if show_values else masked
    problem = row.problem if record.key else KEYLESS
    entry: dict[str, Any] = {"key": record.key or None, "matches": record.matches, "urgent": record.is_urgent}
    entry["reference"] = record.reference
    if problem is not None:
        entry["problem"] = problem
    writes = row.change.writes if row.change is not None and row.change.writes is not None else ()
    return {
        **entry,
        # What the recipe says without reading a column is nobody's personal data.
        "fields": {name: shown(value) if reads[f"fields.{name}"] else value for name, value in record.fields.items()},
        "tags": shown(list(record.tags)),
        "designations": shown([dict(designation) for designation in record.designations or ()]),
        "writes": [{"action": write.action.value, "payload": shown(write.payload)} for write in writes],
        "original": {
            name: shown(value) for name, value in row.original.items() if name not in (KEY_COLUMN, PARENT_COLUMN)
        },
    }


def as_it_is(value: Any) -> Any:
    return value


def masked(value: Any) -> Any:
    """Every text and number inside, whatever holds it, masked."""
    if isinstance(value, Mapping):
        return {name: masked(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [masked(inner) for inner in value]
    return mask(value)
