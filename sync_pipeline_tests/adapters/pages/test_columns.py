"""Columns, and what is written below them."""

import pytest

from sync_pipeline.adapters.pages.columns import ColumnChart, Series, column_chart

MOST, ROOM = 2, 12


def nights(number: int, room: int = ROOM) -> ColumnChart:
    labels = [f"{day} Nov" for day in range(1, number + 1)]
    series = [Series("seconds", [1.0] * number, "duration")]
    return column_chart(series, labels, labels, least_columns=room, most_labels=MOST)


def texts(chart: ColumnChart) -> list[str]:
    return [label.text for label in chart.labels]


@pytest.mark.parametrize("number", [2, 3, 6])
def test_few_nights_at_the_right_have_one_date_for_two_would_cover_each_other(number: int) -> None:
    assert texts(nights(number)) == [f"{number} Nov"]


@pytest.mark.parametrize("number", [7, 12, 30])
def test_the_first_and_the_last_of_many_nights_have_a_date(number: int) -> None:
    assert texts(nights(number)) == ["1 Nov", f"{number} Nov"]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_columns_that_fill_the_chart_keep_their_labels(number: int) -> None:
    assert texts(nights(number, room=1)) == [f"{day} Nov" for day in sorted({1, number})]
