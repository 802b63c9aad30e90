"""The language of `POST .../Query`: conditions in a group are ANDed, groups are ORed (section 5.2 of the reference)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Generic

from sync_pipeline.sandbox.moments import Calendar, read_moment
from sync_pipeline.sandbox.query_parameters import KNOWN, WITHOUT_VALUE, Json, Kind, Parameter, Record, Spelling
from sync_pipeline.sandbox.refusal import Problem, Refusal

_BODY_FIELDS = frozenset({"groups", "sortBy", "descending", "includeArchived", "queryLocation"})
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "Is": lambda found, wanted: found == wanted,
    "IsNot": lambda found, wanted: found != wanted,
    **dict.fromkeys(("LessThan", "Before"), lambda found, wanted: found < wanted),
    **dict.fromkeys(("LessThanOrEqual", "OnOrBefore"), lambda found, wanted: found <= wanted),
    **dict.fromkeys(("GreaterThan", "After"), lambda found, wanted: found > wanted),
    **dict.fromkeys(("GreaterThanOrEqual", "OnOrAfter"), lambda found, wanted: found >= wanted),
    "Contains": lambda found, wanted: wanted in found,
    "StartsWith": lambda found, wanted: found.startswith(wanted),
    "EndsWith": lambda found, wanted: found.endswith(wanted),
}


def ignored_fields(body: Json) -> list[str]:
    """`skip` and `take` belong into the query string (contradiction 11); in the body they do nothing here."""
    return [f"query.{name}" for name in body if name not in _BODY_FIELDS]


@dataclass(frozen=True)
class Language(Generic[Record]):
    """The parameters that one kind of record can be asked about, in one organization at one time."""

    parameters: Mapping[str, Parameter[Record]]
    sorts: Mapping[str, Callable[[Record], Any]]
    calendar: Calendar
    spelling: Spelling = "recorded"
    only_relative_days: bool = False

    def select(self, body: Json, records: Iterable[Record]) -> list[Record]:
        """The matching records, sorted. Raises Refusal (400) for a parameter, operator, value or sort unknown here."""
        groups = [self._group(group) for group in _list_of_objects(body.get("groups"), "groups")]
        sort = self._sort(body.get("sortBy"))
        found = [one for one in records if not groups or any(all(test(one) for test in group) for group in groups)]
        return sorted(found, key=sort, reverse=body.get("descending") is True)

    def _group(self, group: Json) -> list[Callable[[Record], bool]]:
        return [self._condition(one) for one in _list_of_objects(group.get("conditions"), "conditions")]

    def _condition(self, condition: Json) -> Callable[[Record], bool]:
        parameter = self.parameters.get(str(condition.get("parameter")))
        if parameter is None:
            raise _refusal("parameter", "There is no such parameter.")
        operator = parameter.operators(self.spelling).get(str(condition.get("operator")))
        if operator is None:
            raise _refusal("operator", "This parameter has no such operator.")
        read = self._reader(parameter)
        if operator in WITHOUT_VALUE:
            wanted = operator in {"IsTrue", "IsKnown"}
            known = operator in KNOWN
            return lambda record: (read(record) is not None if known else bool(read(record))) is wanted
        value = self._wanted(parameter.kind, condition.get("value"), "value")
        if operator == "Between":
            upper = self._wanted(parameter.kind, condition.get("secondaryValue"), "secondaryValue")
            return lambda record: (found := read(record)) is not None and value <= found <= upper
        compare = _COMPARE[operator]
        return lambda record: (found := read(record)) is not None and compare(found, value)

    def _reader(self, parameter: Parameter[Record]) -> Callable[[Record], Any]:
        match parameter.kind:
            case "Date":
                day = self.calendar.day
                return lambda record: day(found) if isinstance(found := parameter.value(record), int | float) else found
            case "String" | "List":
                return lambda record: str(found).casefold() if (found := parameter.value(record)) else None
            case _:
                return parameter.value

    def _wanted(self, kind: Kind, value: object, field: str) -> Any:
        text = "" if value is None or isinstance(value, bool | list | dict) else str(value)
        wanted = self._read(kind, text.strip()) if text.strip() else None
        if wanted is None:
            raise _refusal(field, "The value cannot be read.")
        return wanted

    def _read(self, kind: Kind, text: str) -> Any:
        match kind:
            case "Int" | "Decimal":
                return _number(text, whole=kind == "Int")
            case "Date":
                return self.calendar.relative_day(text) if self.only_relative_days else self.calendar.asked_day(text)
            case "Moment":
                return _unix(self._moment(text))
            case _:
                return text.casefold()

    def _moment(self, text: str) -> datetime | None:
        day = self.calendar.relative_day(text)
        if day is not None:
            return self.calendar.start_of(day)
        return None if self.only_relative_days else read_moment(text)

    def _sort(self, name: object) -> Callable[[Record], Any]:
        """By a documented sort field, or by a parameter with or without its spaces; by id when nothing is asked."""
        if not name:
            return self.sorts["Id"]
        if sort := self.sorts.get(str(name)):
            return sort
        wanted = str(name).replace(" ", "").lower()
        for parameter in self.parameters.values():
            if parameter.name.replace(" ", "").lower() == wanted:
                read = self._reader(parameter)
                return lambda record: ((found := read(record)) is not None, found)
        raise _refusal("sortBy", "There is no such field to sort by.")


def _list_of_objects(found: object, field: str) -> list[Json]:
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _refusal(field, "The value is not an array of objects.")
    return found


def _number(text: str, *, whole: bool) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and (not whole or number == number.to_integral_value()) else None


def _unix(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


def _refusal(field: str, message: str) -> Refusal:
    return Refusal(Problem(field, "INVALID_QUERY", message), status=400)
