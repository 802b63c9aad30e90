"""Mapping: a stream's recipe, compiled, applied to records."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import polars as pl

from sync_pipeline.domain.configuration import CustomerStream
from sync_pipeline.domain.configuration.recipe import Designations
from sync_pipeline.domain.cut import KEY_COLUMN
from sync_pipeline.domain.flatten import as_text
from sync_pipeline.domain.recipe_sql import columns_of, compile_expression
from sync_pipeline.domain.record import MappedRecord

MAPPING_SCHEME = "1"
"""Part of every mapping hash: raise it when the way records are mapped or fingerprinted changes."""

_REFERENCE, _WHEN, _URGENT, _DESIGNATIONS = "reference", "when", "urgent", "designations"
_TAG, _FIELD = "tag:", "field:"


class RecordMapping:
    """A customer stream's recipe with the customer's own fields over it."""

    def __init__(self, stream: CustomerStream, deleted_tag: str, hash_scheme: str) -> None:
        recipe = stream.recipe
        self.deleted_tag = deleted_tag
        texts = {
            _REFERENCE: recipe.reference,
            _WHEN: recipe.when or "true",
            **{f"{_FIELD}{name}": text for name, text in stream.expressions.items()},
            **{f"{_TAG}{position}": text for position, text in enumerate(recipe.tags)},
        }
        urgent = {_URGENT: recipe.urgent or "false"}  # no part of the mapping's hash: it changes no value
        self._expressions = {name: compile_expression(text) for name, text in (texts | urgent).items()}
        self._designations = recipe.designations
        self._if_empty = stream.if_empty
        if recipe.designations is not None:
            self._expressions[_DESIGNATIONS] = pl.col(recipe.designations.column)
        used = frozenset[str]().union(*(columns_of(expression) for expression in self._expressions.values()))
        self.columns = tuple(sorted(used))
        self.required = used - frozenset(recipe.optional)
        identity: list[object] = [MAPPING_SCHEME, hash_scheme, recipe.writes, sorted(texts.items()), deleted_tag]
        if self._if_empty:
            identity.append(sorted(self._if_empty))
        if recipe.designations is not None:
            identity.append([recipe.designations.column, sorted(recipe.designations.paths.items())])
        self.hash = hashlib.blake2b(msgspec.json.encode(identity), digest_size=16).hexdigest()

    def apply(self, frame: pl.DataFrame) -> Iterator[MappedRecord]:
        """Map the records of a frame with `_key` and this mapping's columns, all text.

        A record whose values an expression cannot digest (a strict cast of a word to a number) is told apart from
        the others and comes back as failed; the rest is mapped.
        """
        try:
            mapped = frame.select(pl.col(KEY_COLUMN), *self._outputs())
        except pl.exceptions.PolarsError as error:
            if frame.height == 1:
                yield self._unmappable(frame[KEY_COLUMN][0], error)
                return
            middle = frame.height // 2
            yield from self.apply(frame[:middle])
            yield from self.apply(frame[middle:])
            return
        tags = [name for name in mapped.columns if name.startswith(_TAG)]
        fields = {name: name.removeprefix(_FIELD) for name in mapped.columns if name.startswith(_FIELD)}
        for row in mapped.iter_rows(named=True):
            designations = None if self._designations is None else _split(row[_DESIGNATIONS], self._designations)
            yield MappedRecord(
                key=row[KEY_COLUMN],
                matches=row[_WHEN] == "true",
                reference=row[_REFERENCE] or None,
                fields={field: row[name] for name, field in fields.items() if field not in self._if_empty},
                first_only={field: row[name] for name, field in fields.items() if field in self._if_empty},
                tags=tuple(row[name] for name in tags if row[name]),
                failed=designations if isinstance(designations, str) else None,
                designations=None if isinstance(designations, str) else designations,
                is_urgent=row[_URGENT] == "true",
            )

    def _outputs(self) -> list[pl.Expr]:
        return [expression.cast(pl.String).alias(name) for name, expression in self._expressions.items()]

    def _unmappable(self, key: str, error: pl.exceptions.PolarsError) -> MappedRecord:
        # Polars quotes the offending value in its text: only the class of the error may be told.
        return MappedRecord(key, True, None, {}, (), failed=f"the recipe failed on this record: {type(error).__name__}")


def _split(text: str | None, designations: Designations) -> tuple[dict[str, str | None], ...] | str:
    """The parts of every entry of a JSON list; a reason when the column holds something else."""
    try:
        entries = msgspec.json.decode(text) if text else []
    except msgspec.DecodeError:
        entries = None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return f"the column {designations.column} is no list of designations"
    paths = designations.paths
    return tuple({name: as_text(_at(entry, path)) for name, path in paths.items()} for entry in entries)


def _at(entry: Mapping[str, Any], path: str) -> Any:
    value: Any = entry
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
