"""Looks for marked values wherever something of a deployment can be read that is meant to be free of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import String, cast, select

from sync_pipeline.adapters.sql.database import create_engine_for
from sync_pipeline.adapters.sql.tables import is_personal, metadata
from sync_pipeline_tests.marked.values import MARKS

AROUND = 48
MOST = 3


@dataclass(frozen=True)
class Found:
    """A marked value, where it should not be; `text` is what stands around it: all of it is made up."""

    place: str
    text: str


def in_bytes(place: str, content: bytes) -> list[Found]:
    """The first few of each place: one is enough to be mended."""
    lower = content.lower()
    hits = list(MARKS.finditer(lower))[:MOST]
    return [
        Found(place, lower[max(0, hit.start() - AROUND) : hit.end() + AROUND].decode(errors="replace")) for hit in hits
    ]


def in_text(place: str, text: object) -> list[Found]:
    return in_bytes(place, str(text).encode())


def in_files(folder: Path, paths: Iterator[Path]) -> list[Found]:
    """What they hold; binary files too, because that is what databases and captured output are."""
    return [
        found
        for path in paths
        if path.is_file() and not path.is_symlink()
        for found in in_bytes(str(path.relative_to(folder)), path.read_bytes())
    ]


def in_names(folder: Path) -> list[Found]:
    return [found for path in folder.rglob("*") for found in in_text("a name", path.relative_to(folder))]


def in_columns(database_url: str) -> list[Found]:
    """Every column of every table that is not declared to hold personal data."""
    engine = create_engine_for(database_url)
    try:
        with engine.connect() as connection:
            return [
                found
                for table in metadata.sorted_tables
                for column in table.columns
                if not is_personal(column)
                for value in connection.execute(select(cast(column, String)).distinct()).scalars()
                for found in in_text(f"{table.name}.{column.name}", value)
            ]
    finally:
        engine.dispose()


def personal_columns(database_url: str) -> dict[str, bool]:
    """Per column that is declared to hold personal data, whether it does."""
    engine = create_engine_for(database_url)
    found: dict[str, Any] = {}
    try:
        with engine.connect() as connection:
            for table in metadata.sorted_tables:
                for column in filter(is_personal, table.columns):
                    values = connection.execute(select(cast(column, String))).scalars()
                    found[f"{table.name}.{column.name}"] = any(in_text("", value) for value in values)
    finally:
        engine.dispose()
    return found
