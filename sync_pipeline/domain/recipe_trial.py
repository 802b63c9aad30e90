"""A recipe tried on a few records, as a run would read them that has never seen one."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from sync_pipeline.domain.change import Change
from sync_pipeline.domain.configuration import CustomerStream
from sync_pipeline.domain.cut import KEY_COLUMN, Row
from sync_pipeline.domain.mapping import RecordMapping
from sync_pipeline.domain.recipe_sql import columns_of, compile_expression
from sync_pipeline.domain.record import MappedRecord
from sync_pipeline.domain.records import KINDS, Known, Rules
from sync_pipeline.domain.records.changes import record_change

NEVER_SEEN = Known({}, {})
DESIGNATIONS = "designations.column"


@dataclass(frozen=True, slots=True)
class MappedRow:
    """A record as it came, as its recipe reads it, and the change it would be; None where `when` is not true."""

    original: Row
    record: MappedRecord
    change: Change | None

    @property
    def problem(self) -> str | None:
        return None if self.change is None else self.change.problem


def mapped_rows(stream: CustomerStream, rows: Sequence[Row], reference_source: str) -> list[MappedRow]:
    """Each record as a run would map it that has never seen it; the key of one without a key is empty."""
    mapping, kind = RecordMapping(stream, "", ""), KINDS[stream.recipe.writes]
    # Of a record never seen, the policies of deletion and the date say nothing.
    rules = Rules(reference_source, on_delete="ignore", deleted_tag="", today="")
    # A read refuses a record without a key; here its mapping is still worth a look.
    named = [{**row, KEY_COLUMN: row[KEY_COLUMN] or ""} for row in rows]
    return [
        MappedRow(row, record, record_change(kind, record, "", NEVER_SEEN, rules) if record.matches else None)
        for row, record in zip(named, mapping.apply(text_frame(named, mapping.columns)), strict=True)
    ]


def expressions(stream: CustomerStream) -> dict[str, str]:
    """Every expression of a stream by its place, such as `fields.email` or `tags.0`."""
    recipe = stream.recipe
    return {
        "reference": recipe.reference,
        **({} if recipe.when is None else {"when": recipe.when}),
        **({} if recipe.urgent is None else {"urgent": recipe.urgent}),
        **{f"fields.{name}": text for name, text in stream.expressions.items()},
        **{f"tags.{position}": text for position, text in enumerate(recipe.tags)},
    }


def columns_by_place(stream: CustomerStream) -> dict[str, frozenset[str]]:
    """The source columns that every place of a recipe reads."""
    columns = {place: columns_of(compile_expression(text)) for place, text in expressions(stream).items()}
    designations = stream.recipe.designations
    return columns if designations is None else {**columns, DESIGNATIONS: frozenset({designations.column})}


def text_frame(rows: Sequence[Row], columns: Sequence[str]) -> pl.DataFrame:
    names = [KEY_COLUMN, *columns]
    return pl.DataFrame(
        {name: [row.get(name) for row in rows] for name in names}, schema=dict.fromkeys(names, pl.String)
    )
