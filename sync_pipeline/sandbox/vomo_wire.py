"""How a true record looks on the wire of an organization that shows the documented confusions of types.

Examples write ids as strings here and there, hours as text with two places, flags as 0 and 1, and times in three
styles: with an offset, with microseconds and Z, and, inside a project's owners, with a space and no zone.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sync_pipeline.sandbox.source_records import Row

_Style = Callable[[datetime], str]
_REAL_BOOLEANS = frozenset({"draft", "has_subgroups"})  # documented as booleans even where examples are shown
_STYLES: dict[str, _Style] = {
    "owners": lambda moment: f"{moment:%Y-%m-%d %H:%M:%S}",
    "project_date": lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}.000000Z",
    "participation": lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}.000000Z",
}


def odd_id(number: int) -> int | str:
    return str(number) if number % 5 == 2 else number


def oddly_typed(row: Row, style: _Style | None = None) -> Row:
    own = _STYLES.get(row.get("type", ""), style)
    return {name: _value(name, value, own) for name, value in row.items()}


def _value(name: str, value: Any, style: _Style | None) -> Any:
    if isinstance(value, list):
        return [_value(name, one, _STYLES.get(name, style)) for one in value]
    if isinstance(value, dict):
        return oddly_typed(value, style)
    return _scalar(name, value, style)


def _scalar(name: str, value: Any, style: _Style | None) -> Any:
    match value:
        case bool():
            return value if name in _REAL_BOOLEANS else int(value)
        case int() | float() if name == "hours":
            return f"{value:.2f}"
        case int() if name == "id" or name.endswith("_id"):
            return odd_id(value)
        case str() if style and name.endswith("_at"):
            return style(datetime.fromisoformat(value).astimezone(UTC))
        case _:
            return value
