"""Mistakes in configuration files, each with its place and its remedy."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sync_pipeline.adapters.configuration.document import Document
from sync_pipeline.domain.configuration.finding import Finding, KeyPath
from sync_pipeline.domain.errors import ConfigurationError

Value = TypeVar("Value", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: `line` is 1-based, `key` is dotted and empty when the whole file is meant."""

    file: Path
    line: int
    key: str
    message: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}"
        return f"{place} {self.key}: {self.message}" if self.key else f"{place} {self.message}"


class InvalidCustomerError(ConfigurationError):
    """A customer cannot be used; `problems` holds every mistake of its files."""

    def __init__(self, customer_id: str, problems: Sequence[Problem]) -> None:
        details = "\n".join(f"  {problem} -> {problem.remedy}" for problem in problems)
        super().__init__(
            f"The configuration of customer {customer_id} is wrong:\n{details}",
            f"Mend these places; `sync-pipeline customers validate {customer_id}` checks them.",
        )
        self.problems = tuple(problems)


def mistakes_of(file: Path, document: Document) -> list[Problem]:
    """What was wrong with the YAML itself."""
    return [problem_at(file, finding, line) for finding, line in document.mistakes]


def located(file: Path, document: Document, findings: Iterable[Finding]) -> list[Problem]:
    """The findings at their lines of `document`, which was read from `file`."""
    return [problem_at(file, finding, document.line_of(finding.path)) for finding in findings]


def problem_at(file: Path, finding: Finding, line: int) -> Problem:
    return Problem(file, line, dotted(finding.path), finding.message, finding.remedy)


def dotted(path: KeyPath) -> str:
    return ".".join(str(step) for step in path)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Every problem once, by file and line."""
    return tuple(sorted(unique(problems), key=lambda problem: (str(problem.file), problem.line, problem.key)))


def unique(values: Iterable[Value]) -> list[Value]:
    return list(dict.fromkeys(values))
