"""What a person is told of a filter that was tried."""

import pytest

from sync_pipeline.domain.configuration.connector import Modified
from sync_pipeline.domain.filter_fit import filter_remarks
from sync_pipeline.domain.stream_sample import Filtering, FilterTrial

MODIFIED = Modified(field="changed", parameter="since", format="epoch")


@pytest.mark.parametrize(
    ("trial", "is_problem", "words"),
    [
        (FilterTrial(Filtering.LOST), True, "miss changes, silently and for ever"),
        (FilterTrial(Filtering.REFUSED, refusal="HTTP 422."), True, "HTTP 422."),
        (FilterTrial(Filtering.UNDECIDED), False, "is not known"),
        (FilterTrial(Filtering.FOUND, ignored=True), False, "ignores the parameter"),
    ],
)
def test_a_filter_that_does_not_do_is_told_with_what_is_sent_and_a_remedy(
    trial: FilterTrial, *, is_problem: bool, words: str
) -> None:
    (remark,) = filter_remarks(MODIFIED, trial)
    assert remark.is_problem == is_problem
    assert "`since` (times spelled like 1769897100)" in remark.message
    assert words in remark.message
    assert remark.remedy


def test_a_filter_that_works_is_no_remark() -> None:
    assert list(filter_remarks(MODIFIED, FilterTrial(Filtering.FOUND))) == []
