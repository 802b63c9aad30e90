"""The names columns have inside our Parquet files.

DuckDB takes `ID` and `id` for the same column and would mix their values. A name with upper-case letters therefore
carries their positions: `ID` is stored as `ID~3`, `firstName` as `firstName~20`; other names are stored as they are.
"""

from sync_pipeline.domain.cut import KEY_COLUMN, PARENT_COLUMN

OURS = frozenset({KEY_COLUMN, PARENT_COLUMN})
MARK = "~"
ESCAPED = "!"
"""Ends the name of a column whose name cannot be written in SQL, such as one with a NUL character."""


def physical(name: str) -> str:
    """The name inside our files; different names stay different even where case does not count."""
    writable = name if name.isprintable() else name.encode("unicode_escape").decode("ascii")
    raised = sum(1 << position for position, letter in enumerate(writable) if letter != letter.lower())
    if not raised and writable == name and name and MARK not in name:
        return name
    return f"{writable}{MARK}{raised:x}{ESCAPED if writable != name else ''}"


def logical(name: str) -> str:
    """The column's own name; undoes `physical`."""
    writable, mark, _ = name.rpartition(MARK)
    if not mark:
        return name
    return writable.encode("ascii").decode("unicode_escape") if name.endswith(ESCAPED) else writable


def source_columns(columns: list[str]) -> tuple[str, ...]:
    """The source's own names of the columns of a file, without those that we added."""
    return tuple(logical(column) for column in columns if column not in OURS)
