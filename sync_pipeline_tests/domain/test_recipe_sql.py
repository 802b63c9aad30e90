"""Expressions compile once, tell the columns they read, and give one value per row."""

import contextlib

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.domain.recipe_sql import columns_of, compile_expression, value_type


def test_the_columns_of_an_expression_are_those_it_reads() -> None:
    assert columns_of(compile_expression("concat_ws(' ', first, last, first)")) == {"first", "last"}
    assert columns_of(compile_expression('"address.city"')) == {"address.city"}
    assert columns_of(compile_expression("'Household'")) == frozenset()


@pytest.mark.parametrize(
    ("sql", "dtype"),
    [
        ("lower(a)", pl.String()),
        ("a = 'x'", pl.Boolean()),
        ("null", pl.Null()),
        ("try_cast(a as double)", pl.Float64()),
        ("cast(a as int)", pl.Int32()),
        ("strptime(a, '%Y-%m-%d')", pl.Datetime("us")),
    ],
)
def test_the_type_of_the_value_is_known_without_data(sql: str, dtype: pl.DataType) -> None:
    assert value_type(compile_expression(sql)) == dtype


@pytest.mark.parametrize(
    "sql",
    [
        "count(*)",
        "max(a)",
        "first(a)",
        "'x' || min(a)",
        "length(a) - max(length(a))",
        "array_agg(a)",
        "rank() over (partition by a order by b)",
        "lag(a) over (order by a)",
    ],
)
def test_a_value_that_depends_on_other_rows_is_refused(sql: str) -> None:
    with pytest.raises(ConfigurationError, match="other records"):
        value_type(compile_expression(sql))


@pytest.mark.parametrize("sql", ["now()", "NOW ( )", "current_date", "a || current_timestamp"])
def test_an_expression_that_reads_the_clock_is_refused(sql: str) -> None:
    with pytest.raises(ConfigurationError, match="clock"):
        compile_expression(sql)


def test_words_of_the_clock_inside_a_text_are_no_clock() -> None:
    assert value_type(compile_expression("'it''s now() or current_date'")) == pl.String


def test_a_defect_inside_polars_is_a_configuration_error_too() -> None:
    with pytest.raises(ConfigurationError):
        value_type(compile_expression("greatest()"))


WORDS = ("a", "'x'", "1", "null", "true", "(", ")", ",", "||", "=", ">", "*", "-", ".", "::", "lower", "trim", "cast")
SQL_LIKE = st.lists(
    st.sampled_from([*WORDS, "case", "when", "then", "end", "as", "int", "not", "in", "over"]), max_size=7
)


@given(st.text(max_size=40) | SQL_LIKE.map(" ".join))
def test_any_text_is_an_expression_or_a_configuration_error(sql: str) -> None:
    with contextlib.suppress(ConfigurationError):
        value_type(compile_expression(sql))
