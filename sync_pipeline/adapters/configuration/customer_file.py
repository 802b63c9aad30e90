"""One customer file with the connectors and recipes it names: a Customer, or everything that is wrong with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from sync_pipeline.adapters.configuration.component import Component
from sync_pipeline.adapters.configuration.customer_parts import (
    Parts,
    SecretUse,
    find_parts,
    secret_uses,
    substitute,
    text_or_none,
)
from sync_pipeline.adapters.configuration.document import parse
from sync_pipeline.adapters.configuration.files import Files, UnreadableError
from sync_pipeline.adapters.configuration.model_errors import model_findings
from sync_pipeline.adapters.configuration.problem import Problem, in_order, located, mistakes_of
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.configuration.finding import Finding, KeyPath
from sync_pipeline.domain.configuration.recipe import Recipe


@dataclass(frozen=True)
class LoadedCustomer:
    """What became of one customer file. `customer` is None when there are problems.

    `made_from` holds the files it depends on and their content: while they are the same, so is this. It is empty when
    a file was missing.
    """

    file: Path
    region: str | None
    customer: Customer | None
    problems: tuple[Problem, ...]
    secrets: tuple[SecretUse, ...]
    made_from: Mapping[Path, bytes]

    @property
    def id(self) -> str:
        """The customer's id, known even when the file is broken: it equals the file's name."""
        return self.file.stem


def load_customer_file(file: Path, files: Files, recipe: Component[Recipe] | None = None) -> LoadedCustomer | None:
    """Read, check and resolve one file; None when it is a connector or recipe lying beside the customers.

    `recipe` takes the place of every recipe of its name.
    """
    try:
        document = parse(files.text(file))
    except UnreadableError as error:
        return LoadedCustomer(file, None, None, (Problem(file, 1, "", error.message, error.remedy),), (), {})
    if not document.readable:
        return LoadedCustomer(file, None, None, in_order(mistakes_of(file, document)), (), {})
    if "id" not in document.values and ("connector" in document.values or "recipe" in document.values):
        return None
    parts = find_parts(document.values, file, files)
    if recipe is not None:
        parts = parts.with_recipe(recipe)
    secrets = secret_uses(file, document)
    customer, findings = validate(document.values, parts, secrets)
    problems = in_order(
        [
            *mistakes_of(file, document),
            *located(file, document, findings),
            *located(file, document, id_findings(document.values, file)),
            *located(file, document, parts.findings()),
            *part_problems(parts),
        ]
    )
    return LoadedCustomer(
        file=file,
        region=text_or_none(document.values.get("region", Customer.model_fields["region"].default)),
        customer=None if problems else customer,
        problems=problems,
        secrets=tuple(secrets.values()),
        made_from=made_from(file, parts, files),
    )


def validate(
    values: Mapping[str, object], parts: Parts, secrets: Mapping[KeyPath, SecretUse]
) -> tuple[Customer | None, list[Finding]]:
    """The customer, or what the model says against it; a part that could not be used has its own problems."""
    unusable = {path for path, part in parts.by_path().items() if not isinstance(part, Component) or part.model is None}
    try:
        return Customer.model_validate(substitute(values, parts, secrets)), []
    except ValidationError as error:
        return None, [finding for finding in model_findings(Customer, error, values) if finding.path not in unusable]


def id_findings(values: Mapping[str, object], file: Path) -> Iterator[Finding]:
    written = values.get("id")
    if isinstance(written, str) and written != file.stem:
        yield Finding(
            ("id",),
            f"`id` differs from the file's name {file.name}",
            f"Write `id: {file.stem}`, or rename the file to match.",
        )


def part_problems(parts: Parts) -> Iterator[Problem]:
    for part in parts.by_path().values():
        if isinstance(part, Component):
            yield from part.problems


def made_from(file: Path, parts: Parts, files: Files) -> dict[Path, bytes]:
    found = [part for part in parts.by_path().values() if isinstance(part, Component)]
    if len(found) < len(parts.by_path()):
        return {}
    contents = {path: files.content(path) for path in (file, *(part.file for part in found))}
    return {path: content for path, content in contents.items() if isinstance(content, bytes)}
