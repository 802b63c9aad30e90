"""Long lists of values for `IN (…)`, in parts that every database takes."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

VALUES_PER_PART = 10_000  # SQLite takes 32,766 parameters in a statement, unless it was compiled for more

Value = TypeVar("Value")


def parts(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    for start in range(0, len(values), VALUES_PER_PART):
        yield values[start : start + VALUES_PER_PART]
