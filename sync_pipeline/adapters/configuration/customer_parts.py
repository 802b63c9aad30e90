"""What a customer file names and does not hold itself: connectors, recipes and secret references."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast, get_args

from sync_pipeline.adapters.configuration.component import Component, NotFound, find_connector, find_recipe
from sync_pipeline.adapters.configuration.document import Document
from sync_pipeline.adapters.configuration.files import Files
from sync_pipeline.adapters.configuration.problem import dotted
from sync_pipeline.domain.configuration.base import Model
from sync_pipeline.domain.configuration.checks import destination_findings, source_findings, stream_findings
from sync_pipeline.domain.configuration.connector import Connector
from sync_pipeline.domain.configuration.customer import SECRET_REFERENCE, CustomerStream, Destination, Read
from sync_pipeline.domain.configuration.finding import Finding, KeyPath
from sync_pipeline.domain.configuration.needed import opportunity_findings
from sync_pipeline.domain.configuration.recipe import Recipe
from sync_pipeline.domain.configuration.views import SourceView, StreamView

FILE_REFERENCE = "file:"


@dataclass(frozen=True, slots=True)
class SecretUse:
    """A secret reference and where it is written; the path of a `file:` reference is absolute."""

    file: Path
    line: int
    key: str
    reference: str


@dataclass(frozen=True)
class Parts:
    """The connectors and recipes of one customer file, by the name of the source or stream that names them."""

    values: Mapping[str, object]
    connectors: Mapping[str, Component[Connector] | NotFound]
    recipes: Mapping[str, Component[Recipe] | NotFound]

    def with_recipe(self, recipe: Component[Recipe]) -> "Parts":
        """These parts with another recipe in place of the one of its name."""
        name = recipe.values.get("recipe")
        recipes = {
            stream: recipe if isinstance(part, Component) and part.values.get("recipe") == name else part
            for stream, part in self.recipes.items()
        }
        return replace(self, recipes=recipes)

    def findings(self) -> Iterator[Finding]:
        """Names that lead nowhere, and parts that do not fit each other."""
        for path, part in self.by_path().items():
            if isinstance(part, NotFound):
                yield Finding(path, part.message, part.remedy)
        yield from destination_findings(
            choice(mapping(self.values.get("destination")).get("attendance"), Destination, "attendance")
        )
        sources = {name: self.source_view(name, source) for name, source in entries(self.values, "sources")}
        yield from source_findings(sources)
        streams = [self.stream_view(name, stream) for name, stream in entries(self.values, "streams")]
        for stream in streams:
            yield from stream_findings(stream, sources)
        yield from opportunity_findings(streams, sources)

    def by_path(self) -> dict[KeyPath, Component[Connector] | Component[Recipe] | NotFound]:
        return {
            **{("sources", name, "connector"): part for name, part in self.connectors.items()},
            **{("streams", name, "recipe"): part for name, part in self.recipes.items()},
        }

    def source_view(self, name: str, source: Mapping[str, object]) -> SourceView:
        part = self.connectors.get(name)
        written = part.values.get("streams") if isinstance(part, Component) else None
        return SourceView(
            connector=part.model if isinstance(part, Component) else None,
            streams=frozenset(written) if isinstance(written, Mapping) else None,
            has_token=source.get("token") is not None,
            reference_source=text_or_none(source.get("reference_source")),
        )

    def stream_view(self, name: str, stream: Mapping[str, object]) -> StreamView:
        part = self.recipes.get(name)
        written, recipe = (part.values, part.model) if isinstance(part, Component) else ({}, None)
        read = mapping(stream.get("read"))
        return StreamView(
            name=name,
            source=text_or_none(stream.get("source")),
            connector_stream=text_or_none(stream.get("stream")) or name,
            writes=choice(written.get("writes"), Recipe, "writes"),
            strategy=choice(read.get("strategy"), Read, "strategy"),
            on_delete=choice(stream.get("on_delete"), CustomerStream, "on_delete"),
            fields=mapping(stream.get("fields")),
            recipe_fields=frozenset(recipe.fields) if recipe is not None else None,
            has_designations=bool(written.get("designations")),
            write=mapping(stream.get("write")),
        )


def find_parts(values: Mapping[str, object], file: Path, files: Files) -> Parts:
    return Parts(
        values,
        {
            name: find_connector(source["connector"], file, files)
            for name, source in entries(values, "sources")
            if "connector" in source
        },
        {
            name: find_recipe(stream["recipe"], file, files)
            for name, stream in entries(values, "streams")
            if "recipe" in stream
        },
    )


def substitute(
    values: Mapping[str, object], parts: Parts, secrets: Mapping[KeyPath, SecretUse]
) -> Mapping[str, object]:
    """The values with connectors and recipes in place of their names, and absolute secret references."""
    replacements: dict[KeyPath, object] = {path: use.reference for path, use in secrets.items()}
    for path, part in parts.by_path().items():
        if isinstance(part, Component) and part.model is not None:
            replacements[path] = part.model
    return cast("Mapping[str, object]", replaced(values, (), replacements))


def replaced(value: object, path: KeyPath, replacements: Mapping[KeyPath, object]) -> object:
    if path in replacements:
        return replacements[path]
    if isinstance(value, Mapping):
        return {key: replaced(below, (*path, key), replacements) for key, below in value.items()}
    return value


def secret_uses(file: Path, document: Document) -> dict[KeyPath, SecretUse]:
    """Every usable secret reference of a customer file, whatever else is wrong with the file."""
    written: dict[KeyPath, object] = {
        ("destination", "token"): mapping(document.values.get("destination")).get("token")
    }
    for name, source in entries(document.values, "sources"):
        written["sources", name, "token"] = source.get("token")
    return {
        path: SecretUse(file, document.line_of(path), dotted(path), absolute(reference, file.parent))
        for path, reference in written.items()
        if isinstance(reference, str) and SECRET_REFERENCE.fullmatch(reference)
    }


def absolute(reference: str, base: Path) -> str:
    if not reference.startswith(FILE_REFERENCE):
        return reference
    return f"{FILE_REFERENCE}{(base / reference.removeprefix(FILE_REFERENCE).strip()).absolute()}"


def entries(values: Mapping[str, object], key: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The entries of a mapping of mappings, without those the model will refuse anyway."""
    for name, entry in mapping(values.get(key)).items():
        if isinstance(entry, Mapping):
            yield name, entry


def mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


def choice(value: object, model: type[Model], field: str) -> str | None:
    """The value if the model's field allows it; another one is the model's to report."""
    annotation = model.model_fields[field].annotation
    allowed = {*get_args(annotation), *(word for part in get_args(annotation) for word in get_args(part))}
    return value if isinstance(value, str) and value in allowed else None
