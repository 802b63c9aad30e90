"""What records can be asked about, and how `GET .../QueryOptions` says it (words as recorded, section 5.2)."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from sync_pipeline.sandbox.moments import RELATIVE_DAYS

Record = TypeVar("Record")
Kind = Literal["Int", "Decimal", "String", "Date", "Moment", "List", "Boolean"]
Spelling = Literal["recorded", "guide"]
Json = dict[str, Any]

_ORDERS: tuple[str, ...] = ("LessThan", "LessThanOrEqual", "GreaterThan", "GreaterThanOrEqual")
_NUMBERS = ("Is", *_ORDERS, "Between")
_DATES = (*_NUMBERS[:3], "Before", "OnOrBefore", "GreaterThan", "GreaterThanOrEqual", "After", "OnOrAfter", "Between")
OPERATORS: dict[Kind, tuple[str, ...]] = {
    "Int": _NUMBERS,
    "Decimal": _NUMBERS,
    "String": ("Is", "Contains", "StartsWith", "EndsWith"),
    "Date": _DATES,
    "Moment": _DATES,
    "List": ("Is", "IsNot"),
    "Boolean": ("IsTrue", "IsFalse"),
}
KNOWN: tuple[str, ...] = ("IsKnown", "IsNotKnown")
WITHOUT_VALUE = frozenset({"IsTrue", "IsFalse", *KNOWN})


@dataclass(frozen=True)
class Parameter(Generic[Record]):
    """What can be asked about a record. `value` gives None where nothing is known.

    A Date gives a `date` or Unix seconds and is compared by days of the organization; a Moment gives Unix seconds.
    """

    name: str
    kind: Kind
    value: Callable[[Record], Any]
    optional: bool = False

    @property
    def is_dated(self) -> bool:
        return self.kind in {"Date", "Moment"}

    def operators(self, spelling: Spelling) -> dict[str, str]:
        """The recorded operators by the words this organization has for them."""
        recorded = OPERATORS[self.kind] + (KNOWN if self.optional else ())
        return {one if spelling == "recorded" else _guide_word(one, dated=self.is_dated): one for one in recorded}

    def option(self, spelling: Spelling) -> Json:
        return {
            "parameter": self.name,
            "type": "Date" if self.is_dated else self.kind,
            "operatorOptions": [_operator_option(*one) for one in self.operators(spelling).items()],
            "valueOptions": list(RELATIVE_DAYS) if self.is_dated else [],
        }


def query_options(parameters: Iterable[Parameter[Any]], spelling: Spelling) -> Json:
    offered = list(parameters)
    operators = {word: one for parameter in offered for word, one in parameter.operators(spelling).items()}
    return {
        "options": [one.option(spelling) for one in offered],
        "operatorOptions": [_operator_option(*one) for one in operators.items()],
    }


def _operator_option(word: str, operator: str) -> Json:
    return {"operator": word, "multipleValuesAllowed": False, "valueRequired": operator not in WITHOUT_VALUE}


def _guide_word(operator: str, *, dated: bool) -> str:
    """The guide gives three: `Is After`, `Greater Than` and `Is On`; the others follow their pattern."""
    if dated and operator == "Is":
        return "Is On"
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", operator)
    return f"Is {spaced}" if spaced.split()[0] in {"After", "Before", "On"} else spaced
