"""Mapping: a stream's recipe, compiled, applied to records."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec
import polars as pl

from sync_pipeline.domain.configuration import CustomerStream
from sync_pipeline.domain.cut import KEY_COLUMN
from sync_pipeline.domain.recipe_sql import columns_of, compile_expression

MAPPING_SCHEME = "1"
"""Part of every mapping hash: raise it when the way records are mapped or fingerprinted changes."""

_REFERENCE, _WHEN, _TAG, _FIELD = "reference", "when", "tag:", "field:"


@dataclass(frozen=True, slots=True)
class MappedRecord:
    """What one record means in Virtuous. `matches` is the recipe's `when`; `failed` names what could not be mapped."""

    key: str
    matches: bool
    reference: str | None
    fields: Mapping[str, str | None]
    tags: tuple[str, ...]
    failed: str | None = None


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
        self._expressions = {name: compile_expression(text) for name, text in texts.items()}
        used = frozenset[str]().union(*(columns_of(expression) for expression in self._expressions.values()))
        self.columns = tuple(sorted(used))
        identity = [MAPPING_SCHEME, hash_scheme, recipe.writes, sorted(texts.items()), deleted_tag]
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
            yield MappedRecord(
                key=row[KEY_COLUMN],
                matches=row[_WHEN] == "true",
                reference=row[_REFERENCE] or None,
                fields={field: row[name] for name, field in fields.items()},
                tags=tuple(row[name] for name in tags if row[name]),
            )

    def _outputs(self) -> list[pl.Expr]:
        return [expression.cast(pl.String).alias(name) for name, expression in self._expressions.items()]

    def _unmappable(self, key: str, error: pl.exceptions.PolarsError) -> MappedRecord:
        # Polars quotes the offending value in its text: only the class of the error may be told.
        return MappedRecord(key, True, None, {}, (), failed=f"the recipe failed on this record: {type(error).__name__}")
