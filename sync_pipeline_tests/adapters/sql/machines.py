"""Running a state machine on one store: the same draws every time, each example with a customer of its own."""

from collections.abc import Sequence
from itertools import count

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test


def run_machine(
    machine: type[RuleBasedStateMachine], url: str, *, examples: int, steps: int, phases: Sequence[Phase] = tuple(Phase)
) -> None:
    """The machine finds the store at its `url`, and takes a number from `numbers` for whatever must be new."""
    here = type(f"{machine.__name__}Here", (machine,), {"url": url, "numbers": count(1)})
    run_state_machine_as_test(
        here,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            phases=phases,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
