"""A recipe: what a record of a stream means in Virtuous."""

from typing import Literal, Self

from pydantic import Field, model_validator

from sync_pipeline.domain.configuration.base import Mistake, Model, Text

WriteKind = Literal["contact", "gift", "note", "attendance", "opportunity"]


class Designations(Model):
    """How a gift is split: one designation per entry of the JSON list in `column`.

    The other values are dotted paths inside an entry; a project is named by `id`, `code` or `name`.
    """

    column: Text
    amount: Text
    id: Text | None = None
    code: Text | None = None
    name: Text | None = None

    @model_validator(mode="after")
    def names_a_project(self) -> Self:
        if self.id is None and self.code is None and self.name is None:
            raise Mistake("nothing names the project of a designation", "Add `code:`, `name:` or `id:`.")
        return self

    @property
    def paths(self) -> dict[str, str]:
        """The path of every part of a designation, by the name Virtuous has for the part."""
        named = {"amountDesignated": self.amount, "id": self.id, "code": self.code, "name": self.name}
        return {name: path for name, path in named.items() if path is not None}


class Recipe(Model):
    """A declarative mapping; every expression is Polars SQL over the stream's columns, all of them text.

    A row for which `when` is not true counts as deleted; one for which `urgent` is true goes before other updates.
    `optional` names columns that not every account has: they
    read as null there, while any other column that no record has stops the stream.
    """

    recipe: Text
    writes: WriteKind
    reference: Text
    when: Text | None = None
    urgent: Text | None = None
    fields: dict[str, Text] = Field(min_length=1)
    tags: tuple[Text, ...] = ()
    designations: Designations | None = None
    optional: tuple[Text, ...] = ()
