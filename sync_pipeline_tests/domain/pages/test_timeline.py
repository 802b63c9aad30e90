"""When a run did what."""

from datetime import datetime, timedelta

from sync_pipeline.domain.cut import Strategy
from sync_pipeline.domain.pages.facts import SentRequest, SliceSpan
from sync_pipeline.domain.pages.timeline import Timeline, timeline
from sync_pipeline.domain.positions import CutRow, CutState
from sync_pipeline.domain.run import RunStatus
from sync_pipeline_tests.domain.pages.support import NOW

BATCH, QUERY, ASK = "POST /api/Contact/Batch", "POST /api/Contact/Query/FullContact", "GET /api/Permission"


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def cut(number: int, stream: str, begin: float, end: float | None, compared: float | None = None) -> CutRow:
    state = CutState.READING if end is None else CutState.PLANNED
    return CutRow(
        *(number, "vomo", stream, "run", state, Strategy.FULL_SNAPSHOT, True, after(begin)),
        read_completed_at=None if end is None else after(end),
        compared_at=None if compared is None else after(compared),
    )


def spans(made: Timeline) -> dict[str, list[tuple[str, float, float]]]:
    return {
        lane.name: [
            (one.kind, (one.begin - NOW).total_seconds(), (one.end - NOW).total_seconds()) for one in lane.spans
        ]
        for lane in made.lanes
    }


def test_each_phase_has_a_lane_in_the_order_of_a_run() -> None:
    cuts = [cut(1, "users", 1, 4, compared=6), cut(2, "projects", 4, 5, compared=9)]
    requests = [SentRequest(after(seconds), BATCH, False) for seconds in (10, 10.1, 15)]
    looked = [SentRequest(after(0.5), ASK, False), SentRequest(after(16), QUERY, False)]
    slices = [SliceSpan(1, NOW, after(20), RunStatus.DONE)]
    made = timeline(NOW, after(20), slices, cuts, sorted([*requests, *looked], key=lambda one: one.at))
    assert spans(made) == {
        "Slices": [("slice", 0, 20)],
        "Reading users": [("read", 1, 4)],
        "Reading projects": [("read", 4, 5)],
        "Comparing": [("compare", 5, 6), ("compare", 6, 9)],
        "Sending": [("send", 10, 10.1), ("send", 15, 15)],
        "Looking": [("look", 0.5, 0.5), ("look", 16, 16)],
    }
    assert (made.slices, made.untold) == (1, ())


def test_between_two_slices_the_run_was_parked() -> None:
    slices = [SliceSpan(1, NOW, after(60), RunStatus.PARKED), SliceSpan(2, after(3_600), after(3_660), RunStatus.DONE)]
    made = timeline(NOW, after(3_660), slices, [], [])
    assert spans(made)["Slices"] == [("slice", 0, 60), ("slice", 3_600, 3_660), ("parked", 60, 3_600)]
    assert made.slices == 2


def test_a_read_that_was_broken_off_is_told_as_unfinished() -> None:
    made = timeline(NOW, after(20), [], [cut(1, "users", 1, None)], [])
    assert spans(made)["Reading users"] == [("unfinished", 1, 20)]


def test_a_run_from_before_comparisons_were_kept_says_so() -> None:
    made = timeline(NOW, after(20), [], [cut(1, "users", 1, 4)], [])
    assert "Comparing" not in spans(made)
    assert made.untold == ("When the changes were compared was not kept yet when this run was made.",)


def test_a_run_that_took_no_time_at_all_has_a_timeline() -> None:
    made = timeline(NOW, NOW, [SliceSpan(1, NOW, NOW, RunStatus.PAUSED)], [], [])
    assert made.end > made.begin
    assert spans(made) == {"Slices": [("slice", 0, 0)]}
