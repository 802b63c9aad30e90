"""New, missing and retyped columns: what a read shows against what is known of its stream. Names only, never values."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

Columns = Mapping[str, str]
"""By column, the JSON kinds seen there such as `number|text`; an empty text where only nulls came."""

MOST_TOLD = 50  # an object keyed by ids or dates gives new columns without end


@dataclass(frozen=True, slots=True)
class Schema:
    """What is known of a stream's columns after a read (None: still nothing), and how that differs from before."""

    columns: Columns | None
    changes: tuple[str, ...] = ()


def compare_columns(known: Columns | None, seen: Columns, *, complete: bool) -> Schema:
    """Add what a read saw to what is known; the first read has nothing to differ from.

    Only a `complete` read misses columns: many APIs leave out what is empty, so a few records say nothing about that.
    A read that shows fewer kinds than known says nothing either, or a column of mixed kinds would be news every night.
    """
    if not seen:
        return Schema(known)
    if known is None:
        return Schema(dict(seen))
    now = {column: _kinds(known.get(column, ""), kinds, complete=complete) for column, kinds in seen.items()}
    columns = now if complete else {**known, **now}
    return Schema(columns, _told([*_new(known, now), *_missing(known, columns), *_retyped(known, now)]))


def _kinds(known: str, seen: str, *, complete: bool) -> str:
    """The kinds from now on: those known where nothing else came, all of both where others may still be there."""
    known_kinds, seen_kinds = _parts(known), _parts(seen)
    if seen_kinds <= known_kinds:
        return known
    return "|".join(sorted(seen_kinds if complete else known_kinds | seen_kinds))


def _new(known: Columns, now: Columns) -> Iterator[str]:
    for column in sorted(now.keys() - known.keys()):
        if not _is_object(column, (known, now)):
            yield f"new column {column} ({now[column] or 'only nulls'})"


def _missing(known: Columns, columns: Columns) -> Iterator[str]:
    for column in sorted(known.keys() - columns.keys()):
        if not _is_object(column, (known, columns)):
            yield f"missing column {column}"


def _retyped(known: Columns, now: Columns) -> Iterator[str]:
    for column in sorted(now.keys() & known.keys()):
        if known[column] and now[column] != known[column]:
            yield f"{column} was {known[column]}, is {now[column]}"


def _is_object(column: str, schemas: Collection[Columns]) -> bool:
    """A nested object is columns of its own; where it is null, it is one column without a kind: the same thing."""
    return all(not columns.get(column) for columns in schemas) and any(
        other.startswith(f"{column}.") for columns in schemas for other in columns
    )


def _parts(kinds: str) -> frozenset[str]:
    return frozenset(kinds.split("|")) - {""}


def _told(changes: list[str]) -> tuple[str, ...]:
    more = len(changes) - MOST_TOLD
    return tuple(changes) if more <= 0 else (*changes[:MOST_TOLD], f"and {more} more")
