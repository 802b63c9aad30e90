"""Which JSON kinds a column's values have, as bits: cheap to gather for every value of every record."""

from collections.abc import Mapping
from types import MappingProxyType, NoneType

TEXT, NUMBER, BOOLEAN, LIST, NULL = 1, 2, 4, 8, 16
NAMES = {BOOLEAN: "boolean", LIST: "list", NUMBER: "number", TEXT: "text"}

KIND_OF_TYPE: Mapping[type, int] = MappingProxyType(
    # An empty object is None in our rows, like a null; one with members becomes columns of its own.
    {str: TEXT, int: NUMBER, float: NUMBER, bool: BOOLEAN, list: LIST, NoneType: NULL, dict: NULL}
)

Kinds = Mapping[str, int]
"""By column, the kinds seen there."""


def merge(known: dict[str, int], seen: Kinds) -> None:
    """Add the kinds of one page to those of the pages before."""
    for column, kinds in seen.items():
        known[column] = known.get(column, 0) | kinds


def names(kinds: int, *, null: bool = False) -> str:
    """`number|text`; a null is no kind, and is named only when asked for."""
    found = [name for bit, name in NAMES.items() if kinds & bit]
    return "|".join([*found, "null"] if null and kinds & NULL else found)
