"""One message when many fail at once; the next one of its kind is gathered for ten minutes."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from sync_pipeline.domain.alerts.notices import GATHERED_FOR, Group, StoredChange, due_groups, next_try
from sync_pipeline_tests.domain.alerts.support import NOW, began, problem

CHANNELS = {"harbor": "C-HARBOR"}
MINUTE = timedelta(minutes=1)


def groups(untold: list[StoredChange], told: Mapping[tuple[str, str], datetime] | None = None) -> list[Group]:
    return due_groups(untold, lambda customer_id: CHANNELS.get(customer_id, "C-OPS"), told or {}, NOW)


def failing(*customer_ids: str, name: str = "run_failed") -> list[StoredChange]:
    return [StoredChange(number, began(problem(one, name))) for number, one in enumerate(customer_ids)]


def test_many_that_fail_at_once_are_one_message() -> None:
    (group,) = groups(failing(*(f"customer-{number}" for number in range(200))))
    assert (group.channel, group.topic, len(group.changes)) == ("C-OPS", "run_failed", 200)


def test_different_problems_and_different_channels_are_messages_of_their_own() -> None:
    told = groups([*failing("riverside", "harbor"), *failing("riverside", name="failure_rate")])
    assert {(one.channel, one.topic) for one in told} == {
        ("C-OPS", "run_failed"),
        ("C-HARBOR", "run_failed"),
        ("C-OPS", "failure_rate"),
    }


def test_after_a_message_the_next_of_its_kind_waits_and_is_not_lost() -> None:
    untold = failing("riverside")
    assert groups(untold, {("C-OPS", "run_failed"): NOW - GATHERED_FOR + MINUTE}) == []
    assert len(groups(untold, {("C-OPS", "run_failed"): NOW - GATHERED_FOR})) == 1
    assert len(groups(untold, {("C-OPS", "failure_rate"): NOW})) == 1


@pytest.mark.parametrize(
    ("attempts", "advised", "seconds"),
    [(1, None, 30), (2, None, 60), (40, None, 900), (1, 120, 120), (40, 10, 900), (1, 7200, 7200)],
)
def test_tries_grow_rarer_and_what_slack_asks_for_counts(attempts: int, advised: int | None, seconds: int) -> None:
    wanted = None if advised is None else timedelta(seconds=advised)
    assert next_try(attempts, wanted) == timedelta(seconds=seconds)
