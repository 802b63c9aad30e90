"""Pieces of DuckDB SQL. Names and paths come from outside: whatever they hold, they are quoted here."""

from collections.abc import Iterable, Sequence
from pathlib import Path

GLOB_LETTERS = str.maketrans({"[": "[[]", "*": "[*]", "?": "[?]"})


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def parquet(*paths: Path) -> str:
    """A table of these files, columns united by name.

    Hive partitioning is off, or the folders `customer=…` and `stream=…` would become columns.
    """
    names = ", ".join(literal(str(path).translate(GLOB_LETTERS)) for path in paths)
    united = ", union_by_name = true" if len(paths) > 1 else ""
    return f"read_parquet([{names}], hive_partitioning = false{united})"


def text_values(wanted: Iterable[str], present: Iterable[str], table: str) -> list[str]:
    """Expressions for text columns; one that the table lacks is null."""
    there = set(present)
    return [f"{table}.{identifier(name)}" if name in there else "cast(null as varchar)" for name in wanted]


def text_columns(wanted: Sequence[str], present: Iterable[str], table: str) -> str:
    """A select list of text columns under their own names."""
    values = text_values(wanted, present, table)
    return ", ".join(f"{value} as {identifier(name)}" for value, name in zip(values, wanted, strict=True))


def row_hash(wanted: Iterable[str], present: Iterable[str], table: str) -> str:
    """64 bits over the values of these columns, whatever their order; a column that the table lacks counts as null."""
    values = text_values(sorted(wanted), present, table)
    return f"hash({', '.join(values)})" if values else "hash('')"
