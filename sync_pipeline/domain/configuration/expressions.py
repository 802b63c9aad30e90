"""Checks of a recipe's expressions: they compile, and their values fit the place they are written in."""

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import lru_cache

import polars as pl

from sync_pipeline.domain.configuration.base import did_you_mean
from sync_pipeline.domain.configuration.finding import Finding, KeyPath
from sync_pipeline.domain.configuration.needed import designation_findings
from sync_pipeline.domain.configuration.views import article
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.domain.recipe_sql import compile_expression, value_type
from sync_pipeline.domain.records import KINDS, RecordKind
from sync_pipeline.domain.records.shapes import CUSTOM_FIELD_PREFIX


class Place(Enum):
    """Where an expression is written, and what its value must be there."""

    REFERENCE = "text or a whole number, such as id"
    CONDITION = "true or false, such as status = 'active'"
    FIELD = "text, a number, true or false"
    TAG = "text, such as 'Role: ' || role"

    def fits(self, dtype: pl.DataType) -> bool:
        match self:
            case Place.REFERENCE:
                return dtype == pl.String or dtype.is_integer()
            case Place.CONDITION:
                return dtype == pl.Boolean
            case Place.FIELD:
                return dtype in (pl.String, pl.Boolean, pl.Null) or dtype.is_numeric()
            case Place.TAG:
                return dtype == pl.String


def recipe_findings(recipe: Mapping[str, object]) -> Iterator[Finding]:
    """Everything wrong with the expressions and field names of a recipe, as it was written and possibly invalid."""
    yield from expression_findings(("reference",), recipe.get("reference"), Place.REFERENCE)
    yield from expression_findings(("when",), recipe.get("when"), Place.CONDITION)
    yield from expression_findings(("urgent",), recipe.get("urgent"), Place.CONDITION)
    fields = recipe.get("fields")
    if isinstance(fields, Mapping):
        yield from field_findings(("fields",), fields, recipe.get("writes"))
        yield from designation_findings(("fields",), fields, has_designations=bool(recipe.get("designations")))
    tags = recipe.get("tags")
    kind = KINDS.get(str(recipe.get("writes")))
    if kind is not None and tags and not kind.takes_tags:
        yield Finding(("tags",), f"{article(kind)} has no tags", "Remove `tags`; contacts and gifts take them.")
    if kind is not None and recipe.get("designations") and not kind.takes_designations:
        yield Finding(("designations",), f"{article(kind)} has no designations", "Remove it; gifts take them.")
    if kind is not None and recipe.get("urgent") and kind.name != "contact":
        yield Finding(("urgent",), f"{article(kind)} is never urgent", "Remove `urgent`; updates of contacts take it.")
    if isinstance(tags, list):
        for position, tag in enumerate(tags):
            yield from expression_findings(("tags", position), tag, Place.TAG)


def field_findings(path: KeyPath, fields: Mapping[str, object], writes: object) -> Iterator[Finding]:
    """Everything wrong with the entries of a `fields:` mapping below `path`."""
    for name, sql in fields.items():
        kind = KINDS.get(str(writes))
        if kind is not None and not kind.accepts_field(name):
            yield Finding((*path, name), f"{article(kind)} has no such field", field_remedy(kind, name))
        yield from expression_findings((*path, name), sql, Place.FIELD)


def field_remedy(kind: RecordKind, name: str) -> str:
    """What to write instead of the unknown field `name`."""
    takes_custom_fields = kind.accepts_field(f"{CUSTOM_FIELD_PREFIX}x")
    if takes_custom_fields and f"{name}.".casefold().startswith(CUSTOM_FIELD_PREFIX.casefold()):
        return 'Write a custom field as "customFields.<Name>", in quotes.'
    more = ' and "customFields.<Name>"' if takes_custom_fields else ""
    suggestion = did_you_mean(name, kind.fields)
    return f"{suggestion}{kind.name.capitalize()} fields are {', '.join(kind.fields)}{more}."


def expression_findings(path: KeyPath, sql: object, place: Place) -> Iterator[Finding]:
    """What is wrong with one expression; a value that is not text, or empty, is left to the model."""
    mistake = expression_mistake(sql, place) if isinstance(sql, str) and sql.strip() else None
    if mistake is not None:
        yield Finding(path, *mistake)


@lru_cache(maxsize=4096)
def expression_mistake(sql: str, place: Place) -> tuple[str, str] | None:
    """Message and remedy, or None; remembered because thousands of customers share a recipe and a check takes 6 ms."""
    try:
        dtype = value_type(compile_expression(sql))
    except ConfigurationError as error:
        return error.message, error.remedy
    if place.fits(dtype):
        return None
    remedy = f"Write an expression whose value is {place.value}."
    if dtype.is_temporal():
        remedy = f"{remedy} A date becomes text with strftime(expression, '%Y-%m-%d')."
    return f"the expression gives {dtype}, which does not fit here", remedy
