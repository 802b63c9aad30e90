"""Platforms that are down, as every process sees them."""

from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.domain.platforms import Trouble
from sync_pipeline_tests.clock import FakeClock

HOST = "api.example.org"


def break_down(store: StateStore) -> None:
    for customer in ("a", "b", "c"):
        store.platforms.failed(HOST, customer, Trouble.UNAVAILABLE)


def test_nobody_is_held_back_from_a_platform_that_answers(store: StateStore) -> None:
    store.platforms.answered(HOST)
    assert store.platforms.hold_back(HOST, "a") is None
    assert store.platforms.down() == {}


def test_a_success_between_failures_ends_the_count(store: StateStore) -> None:
    assert store.platforms.failed(HOST, "a", Trouble.UNAVAILABLE) is None
    assert store.platforms.failed(HOST, "b", Trouble.UNAVAILABLE) is None
    store.platforms.answered(HOST)
    assert store.platforms.failed(HOST, "c", Trouble.UNAVAILABLE) is None


def test_the_third_learns_that_it_is_not_his_fault(store: StateStore, clock: FakeClock) -> None:
    store.platforms.failed(HOST, "a", Trouble.REFUSED)
    store.platforms.failed(HOST, "b", Trouble.REFUSED)
    state = store.platforms.failed(HOST, "c", Trouble.REFUSED)
    assert state is not None
    assert (state.trouble, state.failing, state.down_since) == (Trouble.REFUSED, ("a", "b", "c"), clock.now())
    assert store.platforms.down() == {HOST: state}
    assert store.platforms.hold_back("other.example.org", "d") is None


def test_one_of_them_tries_and_a_success_lets_everybody_in(store: StateStore, clock: FakeClock) -> None:
    break_down(store)
    assert store.platforms.hold_back(HOST, "d") is not None
    clock.advance(minutes=1)
    assert store.platforms.hold_back(HOST, "d") is None
    assert store.platforms.hold_back(HOST, "d") is None  # a second question of the same try
    assert store.platforms.hold_back(HOST, "e") is not None
    store.platforms.answered(HOST)
    assert store.platforms.hold_back(HOST, "e") is None


def test_after_a_try_that_failed_the_next_one_waits_longer(store: StateStore, clock: FakeClock) -> None:
    break_down(store)
    clock.advance(minutes=1)
    assert store.platforms.hold_back(HOST, "d") is None
    assert store.platforms.failed(HOST, "d", Trouble.UNAVAILABLE) is not None
    clock.advance(seconds=110)
    assert store.platforms.hold_back(HOST, "d") is not None
    clock.advance(seconds=10)
    assert store.platforms.hold_back(HOST, "e") is None
