"""When a value has to be planned, given what Virtuous acknowledged and what stands in the ledger."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_pipeline.domain.operation import STANDING, State
from sync_pipeline.domain.standing import Standing, needs_write

STATES = sorted(STANDING)
PRINTS = st.sampled_from(["a", "b", "c"])


def test_a_new_record_is_written() -> None:
    assert needs_write("a", None, None)


def test_an_unchanged_record_needs_nothing() -> None:
    assert not needs_write("a", "a", None)


def test_a_changed_record_is_written() -> None:
    assert needs_write("b", "a", None)


@pytest.mark.parametrize("state", STATES)
def test_a_value_that_stands_already_is_not_planned_again(state: State) -> None:
    """Open, dead, in review or refused by a person: nobody wants it twice."""
    assert not needs_write("b", "a", Standing("b", state))


@pytest.mark.parametrize("state", STATES)
def test_a_third_value_is_written_whatever_stands(state: State) -> None:
    assert needs_write("c", "a", Standing("b", state))


@pytest.mark.parametrize("state", [state for state in STATES if state != State.DISCARDED])
def test_the_way_back_is_written_while_another_value_stands(state: State) -> None:
    """A → B → A ends at A, wherever B is."""
    assert needs_write("a", "a", Standing("b", state))


def test_a_value_that_a_person_refused_needs_no_way_back() -> None:
    assert not needs_write("a", "a", Standing("b", State.DISCARDED))


@given(value=PRINTS, acknowledged=st.none() | PRINTS, standing=st.none() | PRINTS, state=st.sampled_from(STATES))
def test_what_was_planned_is_not_planned_again_by_the_next_cut(
    value: str, acknowledged: str | None, standing: str | None, state: State
) -> None:
    known = None if standing is None else Standing(standing, state)
    if needs_write(value, acknowledged, known):
        assert not needs_write(value, acknowledged, Standing(value, State.PLANNED))
        assert not needs_write(value, value, None)  # nor once it was accepted
