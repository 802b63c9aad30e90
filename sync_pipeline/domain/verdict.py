"""What a check found: whether all is well, by which numbers, and what to do when it is not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Number = int | float | str


class Severity(StrEnum):
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One check of one run, or of the fleet. `said` and `remedy` are for a person; ids and numbers only.

    `severity` is how bad it is when `passed` is false. `threshold` says from where on it would be.
    """

    name: str
    passed: bool
    said: str
    threshold: str
    remedy: str = ""
    severity: Severity = Severity.WARNING
    numbers: Mapping[str, Number] = field(default_factory=dict)
