"""Moments rounded down by the database: fetching a fleet's requests of a day one by one takes seconds."""

from typing import Any

from sqlalchemy import FunctionElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from sync_pipeline.adapters.sql.types import UtcDateTime


class MinuteOf(FunctionElement[Any]):
    """The minute, in UTC, that a moment falls into."""

    type = UtcDateTime()
    name = "minute_of"
    inherit_cache = True


class HourOf(FunctionElement[Any]):
    """The hour, in UTC, that a moment falls into."""

    type = UtcDateTime()
    name = "hour_of"
    inherit_cache = True


@compiles(MinuteOf, "sqlite")
def _minute_on_sqlite(element: MinuteOf, compiler: SQLCompiler, **options: Any) -> str:
    return f"strftime('%Y-%m-%d %H:%M:00.000000', {compiler.process(element.clauses, **options)})"


@compiles(HourOf, "sqlite")
def _hour_on_sqlite(element: HourOf, compiler: SQLCompiler, **options: Any) -> str:
    return f"strftime('%Y-%m-%d %H:00:00.000000', {compiler.process(element.clauses, **options)})"


@compiles(MinuteOf, "postgresql")
def _minute_on_postgresql(element: MinuteOf, compiler: SQLCompiler, **options: Any) -> str:
    return f"date_trunc('minute', {compiler.process(element.clauses, **options)}, 'UTC')"


@compiles(HourOf, "postgresql")
def _hour_on_postgresql(element: HourOf, compiler: SQLCompiler, **options: Any) -> str:
    return f"date_trunc('hour', {compiler.process(element.clauses, **options)}, 'UTC')"
