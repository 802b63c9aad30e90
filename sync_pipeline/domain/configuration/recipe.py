"""A recipe: what a record of a stream means in Virtuous."""

from typing import Literal

from pydantic import Field

from sync_pipeline.domain.configuration.base import Model, Text

WriteKind = Literal["contact", "gift", "note", "attendance", "opportunity"]


class Recipe(Model):
    """A declarative mapping; every expression is Polars SQL over the stream's columns, all of them text.

    A row for which `when` is not true counts as deleted.
    """

    recipe: Text
    writes: WriteKind
    reference: Text
    when: Text | None = None
    fields: dict[str, Text] = Field(min_length=1)
    tags: tuple[Text, ...] = ()
