"""Connectors and recipes: found by shipped name or by path, read once, all their mistakes collected."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ValidationError

import sync_pipeline
from sync_pipeline.adapters.configuration.document import Document, parse
from sync_pipeline.adapters.configuration.files import Files, UnreadableError
from sync_pipeline.adapters.configuration.model_errors import model_findings
from sync_pipeline.adapters.configuration.problem import Problem, in_order, located, mistakes_of
from sync_pipeline.domain.configuration.base import Model, did_you_mean
from sync_pipeline.domain.configuration.connector import Connector
from sync_pipeline.domain.configuration.expressions import recipe_findings
from sync_pipeline.domain.configuration.finding import Finding
from sync_pipeline.domain.configuration.recipe import Recipe
from sync_pipeline.domain.configuration.walks import connector_findings

SHIPPED = Path(sync_pipeline.__file__).parent
YAML_SUFFIXES = (".yaml", ".yml")

Part = TypeVar("Part", bound=Model)


@dataclass(frozen=True)
class Component(Generic[Part]):
    """A connector or recipe as read: `model` is None when it has problems."""

    file: Path
    values: Mapping[str, object]
    model: Part | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class NotFound:
    """Why a name in a customer file leads to no component; belongs to the line of that name."""

    message: str
    remedy: str


def find_connector(name: object, named_in: Path, files: Files) -> Component[Connector] | NotFound:
    """The connector that `connector:` in the file `named_in` means."""
    return find("connector", name, named_in, files, read_connector)


def find_recipe(name: object, named_in: Path, files: Files) -> Component[Recipe] | NotFound:
    """The recipe that `recipe:` in the file `named_in` means."""
    return find("recipe", name, named_in, files, read_recipe)


def find(
    kind: str, name: object, named_in: Path, files: Files, read: Callable[[Path, str], Component[Part]]
) -> Component[Part] | NotFound:
    shipped = shipped_files(SHIPPED / f"{kind}s")
    if not isinstance(name, str) or not name.strip():
        return NotFound(
            f"must be the name of a shipped {kind} or a path",
            f"Write one of {', '.join(shipped)}, or a path that contains / or ends in .yaml.",
        )
    if "/" in name or name.endswith(YAML_SUFFIXES):
        path = named_in.parent / name
    elif name in shipped:
        path = shipped[name]
    else:
        return NotFound(
            f"there is no shipped {kind} `{name}`",
            f"{did_you_mean(name, shipped)}Shipped: {', '.join(shipped)}. A path contains / or ends in .yaml.",
        )
    try:
        return read(path, files.text(path))
    except UnreadableError as error:
        return NotFound(f"{kind} {path}: {error.message}", error.remedy)


def shipped_files(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


@lru_cache(maxsize=256)
def read_connector(path: Path, text: str) -> Component[Connector]:
    return read_component(path, parse(text), Connector, connector_findings)


@lru_cache(maxsize=256)
def read_recipe(path: Path, text: str) -> Component[Recipe]:
    return read_component(path, parse(text), Recipe, recipe_findings)


def read_component(
    path: Path,
    document: Document,
    model: type[Part],
    more_findings: Callable[[Mapping[str, object]], Iterator[Finding]],
) -> Component[Part]:
    problems = mistakes_of(path, document)
    part = None
    if document.readable:
        try:
            part = model.model_validate(document.values)
        except ValidationError as error:
            problems += located(path, document, model_findings(model, error, document.values))
        problems += located(path, document, more_findings(document.values))
    return Component(path, document.values, None if problems else part, in_order(problems))
