"""Objectives in words."""

from collections.abc import Iterator, Mapping
from typing import Any

UNITS = {"completion": ("nights done", "nights"), "freshness": ("of the time fresh", "h")}


def objective_lines(document: Mapping[str, Any] | None) -> Iterator[str]:
    """`30 days: 96.7 % nights done (objective 95.0 %, 0.5 nights left)`."""
    if document is None:
        return
    for name, (what, unit) in UNITS.items():
        one = document[name]
        if one["reached"] is not None:
            budget = f"objective {one['objective']:.1%}, {one['left']:g} {unit} left"
            yield f"{document['days']} days: {one['reached']:.1%} {what} ({budget})"
