"""What one page of a stream says against its connector's description, beyond what a read refuses by itself."""

from collections.abc import Iterator
from dataclasses import dataclass

from sync_pipeline.domain.configuration import ConnectorStream
from sync_pipeline.domain.configuration.base import did_you_mean
from sync_pipeline.domain.cut import KEY_COLUMN, PARENT_COLUMN
from sync_pipeline.domain.stream_sample import StreamSample
from sync_pipeline.domain.time_format import ISO, NAMES, moment_of

PAGE_SIZES = frozenset({10, 15, 20, 25, 30, 50, 100, 200, 250, 500, 1000})
"""Page sizes that platforms like: exactly so many records, and no next page, is rarely all there is."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a person should look at. `is_problem`: a run would fail by it or write the wrong thing."""

    message: str
    remedy: str
    is_problem: bool = True


def stream_remarks(described: ConnectorStream, sample: StreamSample) -> Iterator[Remark]:
    """What does not fit between the connector's stream (defaults filled in) and the whole page in `sample`."""
    if not sample.records:
        yield Remark(
            "The page holds no records, so keys, columns and the recipe could not be compared.",
            "Check again with an account that has some, or look whether a parameter filters them all out.",
            is_problem=False,
        )
        return
    yield from paging_remarks(sample)
    yield from _total_remarks(described, sample)
    yield from _key_remarks(described, sample)
    yield from _modified_remarks(described, sample)


def nearest(name: str, sample: StreamSample) -> str:
    """The column of the page that was probably meant by `name`."""
    return did_you_mean(name, sorted(seen_columns(sample))).strip() or "Compare it with the columns of the page."


def seen_columns(sample: StreamSample) -> frozenset[str]:
    """The columns that at least one record of the page has, a null counted; a walked stream's parents' included."""
    return frozenset(name for row in sample.rows for name in row) - {KEY_COLUMN, PARENT_COLUMN}


def paging_remarks(sample: StreamSample) -> Iterator[Remark]:
    """Needs no rows, so that the parents of a walked stream can be asked too."""
    if sample.next_trouble is not None:
        yield Remark(
            sample.next_trouble,
            "Compare `pagination` of the connector with the platform's documentation: the names of its parameters, the "
            "first number, and where the next page's address begins.",
        )
    if sample.next_page.endswith(": found"):
        return
    if sample.total is not None and sample.total > sample.records:
        yield Remark(
            f"The platform says that there are {sample.total} records, the page holds {sample.records}, and no next "
            "page is found.",
            "Compare the answer with `pagination` of the connector: the records of further pages would look deleted.",
        )
    elif sample.total is None and sample.records in PAGE_SIZES:
        yield Remark(
            f"The page holds exactly {sample.records} records and no next page is found.",
            "Look whether the platform gives more; then `pagination` of the connector does not find the next page.",
            is_problem=False,
        )


def _total_remarks(described: ConnectorStream, sample: StreamSample) -> Iterator[Remark]:
    has_pages = described.pagination is not None and described.pagination.kind != "none"
    if described.total is not None and sample.total is None and has_pages:
        yield Remark(
            f"The answer has no total at `{described.total}`.",
            "Correct `total` of the connector; without one, nothing tells that a read was cut short.",
            is_problem=False,
        )


def _key_remarks(described: ConnectorStream, sample: StreamSample) -> Iterator[Remark]:
    keys = [row[KEY_COLUMN] for row in sample.rows if row[KEY_COLUMN] is not None]
    seen = seen_columns(sample)
    if len(keys) < len(sample.rows):
        named = " or ".join(" + ".join(columns) for columns in described.key)
        missing = [name for columns in described.key for name in columns if name not in seen]
        guess = f" {nearest(missing[0], sample)}" if missing else ""
        yield Remark(
            f"{len(sample.rows) - len(keys)} of {len(sample.rows)} records have no key ({named}).",
            f"Correct `key` of the connector, or give it a fallback.{guess}",
        )
    repeated = len(keys) - len(set(keys))
    if repeated:
        yield Remark(
            f"{repeated} of {len(sample.rows)} records have the key of another one on the page.",
            "Of records with one key only the last counts: add the column to `key` that tells them apart.",
            # A platform may list a record twice; most of a page under the same keys means that the wrong column counts.
            is_problem=repeated * 2 >= len(sample.rows),
        )


def _modified_remarks(described: ConnectorStream, sample: StreamSample) -> Iterator[Remark]:
    name = sample.modified_field
    if name is None or sample.modified is None:
        return
    if sample.modified == 0:
        yield Remark(
            f"No record has a value in the modified field `{name}`.",
            f"Correct `modified.field` of the connector. {nearest(name, sample)}",
        )
        return
    values = [value for row in sample.rows if (value := row.get(name))]
    spelled = described.modified.format if described.modified else ISO
    if not any(moment_of(value, spelled) for value in values):
        also = "" if spelled == ISO else f"a time in the format `{spelled}`, nor "
        yield Remark(
            f"No value of the modified field `{name}` is {also}an ISO 8601 time.",
            f"Say in `modified.format` of the connector how the platform spells times ({', '.join(NAMES)}, or a "
            "strftime pattern), or leave `modified` out to read everything each time.",
        )
    elif len(values) < len(sample.rows):
        yield Remark(
            f"{len(sample.rows) - len(values)} of {len(sample.rows)} records have no value in `{name}`.",
            "The platform's filter may leave them out: look whether it answers them to an incremental read.",
            is_problem=False,
        )
