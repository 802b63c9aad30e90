"""What is usual: by the customer's own nights, whatever single ones of them were like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_pipeline.domain.history import ENOUGH, MOST, Usual

NIGHTS = [100.0, 102.0, 98.0, 101.0, 99.0, 100.0, 103.0, 97.0]


def usual_of(values: list[float], tolerance: float = 0) -> Usual:
    usual = Usual.of(values, tolerance)
    assert usual is not None
    return usual


@pytest.mark.parametrize("nights", range(ENOUGH))
def test_nothing_is_usual_before_there_was_a_week(nights: int) -> None:
    assert Usual.of(NIGHTS[:nights], 0) is None


def test_twice_as_long_as_ever_is_out_of_line_and_a_little_more_is_not() -> None:
    usual = usual_of(NIGHTS)
    assert usual.is_above(201)
    assert not usual.is_above(149)


def test_half_of_it_gone_is_out_of_line() -> None:
    assert usual_of(NIGHTS).is_below(49)
    assert not usual_of(NIGHTS).is_below(51)


def test_a_few_monstrous_nights_change_nothing() -> None:
    assert usual_of([*NIGHTS, 90_000.0, 80_000.0, 0.0]).is_above(250)


def test_small_numbers_may_differ_by_the_tolerance() -> None:
    usual = usual_of([2.0] * 10, tolerance=120)
    assert not usual.is_above(121)
    assert usual.is_above(123)


def test_only_the_newest_nights_count() -> None:
    assert usual_of([10.0] * MOST + [5_000.0] * 300).is_above(100)


@given(st.lists(st.floats(0, 1e6), min_size=ENOUGH, max_size=60), st.floats(0, 1e3))
def test_the_middle_of_what_was_is_never_out_of_line(values: list[float], tolerance: float) -> None:
    usual = usual_of(values, tolerance)
    assert usual.least <= usual.median <= usual.most
    assert not usual.is_above(usual.median)
    assert not usual.is_below(usual.median)
