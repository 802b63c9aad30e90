"""Recipe expressions: Polars SQL over the columns of a stream, all of them text.

Configuration checks and the mapping of records both compile through this module, so what passes the one works in
the other.
"""

import re
from functools import lru_cache

import polars as pl

from sync_pipeline.domain.errors import ConfigurationError

READS_THE_CLOCK = re.compile(r"\bcurrent_(date|time|timestamp)\b|\bnow\s*\(", re.IGNORECASE)
STRING_LITERAL = re.compile(r"'(?:[^']|'')*'")
# Polars 2.1 finds most type errors only while it computes, some only on a value, and reports a text that cannot be
# converted in the same class. So expressions are tried on values of several kinds, none of which comes from a record.
PROBES: tuple[tuple[str | None, ...], ...] = (
    ("b", "aaa", "b", None),
    ("3", "12", "3", None),
    ("2001-02-03", "1999-12-31", "2001-02-03", None),
    ("2001-02-03T04:05:06+00:00", "1999-12-31T00:00:00+00:00", "2001-02-03T04:05:06+00:00", None),
)
# A defect of Polars, such as `greatest()` without arguments in 2.1, arrives as a panic, which is no Exception.
POLARS_ERRORS = (pl.exceptions.PolarsError, pl.exceptions.PanicException)
CAST_REMEDY = (
    "Every source column arrives as text; cast it first, for example try_cast(hours as double) > 1, "
    "or compare it with text, for example status = '1'."
)
NESTED_REMEDY = 'Put the column of a nested value in double quotes, for example "address.city".'
DATE_REMEDY = "Write strptime(column, '%Y-%m-%d'), or take the parts of a date with substr and split_part."


@lru_cache(maxsize=4096)
def compile_expression(sql: str) -> pl.Expr:
    """Turn one SQL expression into a Polars expression of one value per row.

    Raises:
        ConfigurationError: it does not parse, names more than one column, carries an alias or reads the clock.
    """
    if READS_THE_CLOCK.search(STRING_LITERAL.sub("''", sql)):
        raise ConfigurationError(
            "the expression reads the clock, so every record would differ each night", "Leave the current time out."
        )
    try:
        expression = pl.sql_expr(sql)
        several = expression.meta.has_multiple_outputs()
        named = several or expression.meta.undo_aliases().meta.ne(expression)
    except POLARS_ERRORS as error:
        raise ConfigurationError(
            f"the expression is not valid Polars SQL: {first_line(error)}",
            "Write one expression, such as lower(trim(email)); texts stand in single quotes, columns without.",
        ) from error
    if several:
        raise ConfigurationError("the expression names more than one column", "Write an expression of one value.")
    if named:
        raise ConfigurationError(
            "the expression carries an alias", "Remove `as name`; two columns are joined by concat_ws(' ', a, b)."
        )
    return expression


def columns_of(expression: pl.Expr) -> frozenset[str]:
    """The source columns an expression reads."""
    return frozenset(expression.meta.root_names())


def value_type(expression: pl.Expr) -> pl.DataType:
    """The type of the value when every column is text.

    Raises:
        ConfigurationError: the types do not fit, or the value of a row depends on other rows.
    """
    try:
        value = evaluate(expression, [None])
    except POLARS_ERRORS as error:
        raise type_mistake(error) from error
    for probe in PROBES:
        try:
            together = evaluate(expression, list(probe))
            alone = pl.concat([evaluate(expression, [text]) for text in probe])
        except POLARS_ERRORS as error:
            if "not supported" in str(error):
                raise type_mistake(error) from error
            continue
        if not together.equals(alone) or ".over(" in str(expression):
            raise ConfigurationError(
                "the value of one record depends on other records",
                "Leave out aggregates and window functions such as max, count and row_number.",
            )
    return value.dtype


def evaluate(expression: pl.Expr, texts: list[str | None]) -> pl.Series:
    """The expression's value per row, when every column it reads holds `texts`."""
    columns = columns_of(expression) or {"unused"}
    frame = pl.DataFrame(dict.fromkeys(columns, texts), schema=dict.fromkeys(columns, pl.String))
    return frame.with_columns(expression.alias("value"))["value"]


def type_mistake(error: BaseException) -> ConfigurationError:
    reason = first_line(error)
    if isinstance(error, pl.exceptions.StructFieldNotFoundError):
        return ConfigurationError("a dotted name is not a column of its own", NESTED_REMEDY)
    if "from string to date" in reason:
        return ConfigurationError("text cannot be cast to a date or a time", DATE_REMEDY)
    return ConfigurationError(f"the types do not fit: {reason}", CAST_REMEDY)


def first_line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
