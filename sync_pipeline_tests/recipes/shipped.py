"""Shipped recipes, applied to records as a source's JSON has them: read, mapped and judged as a run would."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import polars as pl

import sync_pipeline
from sync_pipeline.adapters.configuration.component import read_connector, read_recipe
from sync_pipeline.domain.configuration import CustomerStream
from sync_pipeline.domain.configuration.connector import Connector
from sync_pipeline.domain.cut import KEY_COLUMN, PARENT_PREFIX
from sync_pipeline.domain.flatten import flatten
from sync_pipeline.domain.mapping import RecordMapping
from sync_pipeline.domain.record import MappedRecord
from sync_pipeline.domain.records import KINDS, Known, Rules

SHIPPED = Path(sync_pipeline.__file__).parent
RULES = Rules("SOURCE", on_delete="ignore", deleted_tag="SOURCE: removed", today="2026-05-20")
NEVER_SEEN = Known({}, {})
Record = dict[str, Any]


class ShippedRecipe:
    """A recipe by its name; `columns` are the source columns it reads, beside the record's key."""

    def __init__(self, name: str) -> None:
        file = SHIPPED / f"recipes/{name}.yaml"
        recipe = read_recipe(file, file.read_text(encoding="utf-8")).model
        assert recipe is not None
        self.kind = KINDS[recipe.writes]
        self._mapping = RecordMapping(CustomerStream(source="any", recipe=recipe), RULES.deleted_tag, "0")
        self.columns = set(self._mapping.columns) - {KEY_COLUMN}

    def mapped(self, record: Record, *parents: Record, key: str = "key") -> MappedRecord:
        """The record below its parents, the nearest one first."""
        row: dict[str, str | None] = flatten(record)
        for level, parent in enumerate(parents, 1):
            row |= {PARENT_PREFIX * level + name: value for name, value in flatten(parent).items()}
        cells = {name: [row.get(name)] for name in self.columns} | {KEY_COLUMN: [key]}
        return next(self._mapping.apply(pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String))))

    def filled(self, record: Record, *parents: Record) -> dict[str, str]:
        """The fields that say something."""
        return {name: value for name, value in self.mapped(record, *parents).fields.items() if value is not None}

    def problem(self, record: Record, *parents: Record) -> str | None:
        """What is wrong with the record, before anything is sent."""
        mapped = self.mapped(record, *parents)
        assert mapped.matches
        return mapped.failed or self.kind.problem(mapped)

    def payload(self, record: Record, *parents: Record) -> Mapping[str, Any]:
        """What the one write of a record never seen before carries."""
        mapped = self.mapped(record, *parents)
        assert mapped.reference is not None
        writes = self.kind.writes(mapped, mapped.reference, RULES, self.kind.groups(mapped).keys(), NEVER_SEEN)
        assert len(writes) == 1
        return writes[0].payload


def shipped_connector(name: str) -> Connector:
    file = SHIPPED / f"connectors/{name}.yaml"
    connector = read_connector(file, file.read_text(encoding="utf-8")).model
    assert connector is not None
    return connector


def changed(record: Record, **values: object) -> Record:
    """A copy with other values; `donor__email` is the member `email` of `donor`."""
    copy = deepcopy(record)
    for path, value in values.items():
        *above, last = path.split("__")
        place = copy
        for name in above:
            place = place[name]
        place[last] = value
    return copy


def columns_of(record: Record, prefix: str = "") -> set[str]:
    return {prefix + name for name in flatten(record)}


def missing_columns(recipe: ShippedRecipe, *documented: Iterable[str]) -> set[str]:
    """What the recipe reads although no document shows it."""
    return recipe.columns - set().union(*documented)
