"""Something a person should know about, for as long as it is so."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync_pipeline.domain.verdict import Number, Severity, Verdict

FLEET = ""
"""Stands for a customer's id where a problem is nobody's alone."""


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What a problem is about: `name` is its kind, `part` a platform or a sensor where there may be several."""

    customer_id: str
    name: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem there is now. `said` and `remedy` are for a person; ids and numbers only.

    `dagster_run_id` is the run to look at, where there is one.
    """

    subject: Subject
    severity: Severity
    said: str
    remedy: str
    numbers: Mapping[str, Number] = field(default_factory=dict)
    dagster_run_id: str | None = None

    @classmethod
    def of(cls, verdict: Verdict, customer_id: str, dagster_run_id: str | None = None) -> "Problem":
        """What a check of a run, or of the fleet, found wrong."""
        subject = Subject(customer_id, verdict.name)
        return cls(subject, verdict.severity, verdict.said, verdict.remedy, verdict.numbers, dagster_run_id)
