"""Which files go, and that nothing goes which anybody needs."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_pipeline.domain.cut_history import CutHistory, Kind, KnownCut, StoredFile
from sync_pipeline.domain.positions import CutState, Position
from sync_pipeline.domain.retention import Since, bytes_freed, over, removable
from sync_pipeline_tests.domain.retention_model import LIVES, Life

NOW = datetime(2026, 3, 31, 17, tzinfo=UTC)
DAY = timedelta(days=1)
SINCE = Since(NOW - 30 * DAY, NOW - 30 * DAY)
STREAM = "users"
CUT_FILES = (Kind.SNAPSHOTS, Kind.DELTAS, Kind.CHANGE_SETS)


def cut(number: int, days_ago: int, state: CutState = CutState.PLANNED, run_id: str = "run") -> KnownCut:
    """A cut with a snapshot of its own."""
    return KnownCut(number, STREAM, state, run_id, number, NOW - days_ago * DAY)


def file(kind: Kind, number: int, days_ago: int = 0, *, is_unfinished: bool = False, content: int = 0) -> StoredFile:
    return StoredFile(kind, f"{number}", number, NOW - days_ago * DAY, 100, content or number, 1, is_unfinished)


def files(*numbers: int, kinds: Iterable[Kind] = CUT_FILES, days_ago: int = 0) -> list[StoredFile]:
    return [file(kind, number, days_ago) for number in numbers for kind in kinds]


def history(
    *cuts: KnownCut, snapshot: int | None = None, index: int | None = None, open_cuts: Iterable[int] = ()
) -> CutHistory:
    position = Position("vomo", STREAM, snapshot_cut=snapshot, acknowledged_cut=index)
    return CutHistory(cuts, [position], max(one.cut for one in cuts), frozenset(open_cuts), frozenset({"open run"}))


def left(known: CutHistory, stored: list[StoredFile], kind: Kind) -> list[int]:
    gone = removable(known, STREAM, stored, SINCE)
    return [one.cut for one in stored if one.kind == kind and one not in gone]


def test_what_was_current_within_the_days_stays_and_older_files_go() -> None:
    known = history(*(cut(number, days_ago) for number, days_ago in enumerate([50, 45, 40, 35, 29, 1], 1)), snapshot=6)
    stored = files(*range(1, 7))
    for kind in CUT_FILES:
        assert left(known, stored, kind) == [3, 4, 5, 6]
    assert over(known, SINCE) == [1, 2]


def test_a_customer_that_rests_keeps_its_newest_files_whatever_their_age() -> None:
    known = history(*(cut(number, 400 - number) for number in range(1, 9)), snapshot=8, index=2)
    stored = files(*range(1, 9)) + files(1, 2, kinds=[Kind.ACKNOWLEDGED])
    assert left(known, stored, Kind.SNAPSHOTS) == [7, 8]
    assert left(known, stored, Kind.ACKNOWLEDGED) == [1, 2]


@pytest.mark.parametrize("state", [state for state in CutState if state not in ("planned", "superseded", "discarded")])
def test_what_is_not_over_stays(state: CutState) -> None:
    known = history(cut(1, 90, state), *(cut(number, 60) for number in range(2, 9)), snapshot=8)
    for kind in Kind:
        assert 1 in left(known, files(1, *range(2, 9), kinds=[kind]), kind)
    assert 1 not in over(known, SINCE)


def test_what_open_work_comes_from_stays() -> None:
    cuts = [cut(1, 90, run_id="open run"), *(cut(number, 90) for number in range(2, 9))]
    known = history(*cuts, snapshot=8, open_cuts=[3])
    assert left(known, files(*range(1, 9)), Kind.CHANGE_SETS) == [1, 3, 7, 8]
    assert over(known, SINCE) == [2, 4, 5, 6]


def test_a_snapshot_stays_as_long_as_a_kept_cut_names_it() -> None:
    unchanged = [KnownCut(number, STREAM, CutState.PLANNED, "run", 1, NOW - 60 * DAY) for number in (1, 2, 3, 4)]
    known = history(*unchanged, snapshot=1)
    assert left(known, files(*range(1, 5), kinds=[Kind.SNAPSHOTS]), Kind.SNAPSHOTS) == [1, 3, 4]


def test_work_of_a_process_that_is_gone_goes_at_once() -> None:
    known = history(cut(1, 0, CutState.READING))
    parts, journal = file(Kind.DELTAS, 1, is_unfinished=True), file(Kind.READING, 1)
    assert removable(known, STREAM, [parts, journal], SINCE) == (parts,)


def test_files_of_a_cut_that_was_marked_and_not_removed_go_now() -> None:
    marked = replace(cut(1, 90, CutState.SUPERSEDED), is_pruned=True)
    known = history(marked, *(cut(number, 60) for number in range(2, 9)), snapshot=8)
    assert left(known, files(1, 8, days_ago=1), Kind.DELTAS) == [8]  # whenever the disk was copied
    assert 1 not in over(known, SINCE)


def test_files_that_no_cut_tells_of_count_by_their_own_age() -> None:
    known = history(cut(9, 0), snapshot=9)
    stored = [file(Kind.DELTAS, 1, days_ago=40), file(Kind.DELTAS, 2, days_ago=20)]
    assert left(known, stored, Kind.DELTAS) == [2]


def test_a_number_that_may_be_given_to_a_cut_again_is_left_alone() -> None:
    known = history(cut(3, 60), snapshot=3)
    stored = [file(Kind.DELTAS, number, days_ago=90) for number in (2, 3, 4)]
    assert left(known, stored, Kind.DELTAS) == [3, 4]


def test_a_content_is_freed_with_the_last_of_its_names() -> None:
    one, other = (StoredFile(kind, "1.parquet", 1, NOW, 100, 7, 2, False) for kind in (Kind.SNAPSHOTS, Kind.DELTAS))
    alone = file(Kind.CHANGE_SETS, 1, content=8)
    assert (bytes_freed([one]), bytes_freed([one, other]), bytes_freed([one, alone])) == (0, 100, 100)


def test_copies_of_the_stream_go_before_the_change_sets() -> None:
    known = history(
        *(cut(number, days_ago) for number, days_ago in enumerate([50, 40, 20, 15, 12, 2, 1], 1)), snapshot=7
    )
    since = replace(SINCE, snapshots=NOW - 7 * DAY)
    gone = removable(known, STREAM, files(*range(1, 8)), since)
    assert {(one.kind, one.cut) for one in gone} == {
        *((kind, number) for kind in (Kind.SNAPSHOTS, Kind.DELTAS) for number in (1, 2, 3)),
    }


@settings(deadline=None)
@given(LIVES, st.integers(1, 5), st.integers(0, 5))
def test_whatever_happens_no_state_of_the_last_days_misses_a_file(
    life: list[tuple[tuple[str, ...], int]], days: int, more_days: int
) -> None:
    """Reads, comparisons, holds, decisions, crashes, polls that leave no row, and pruning between all of them."""
    lived = Life(days, days + more_days)
    for night, hours in life:
        lived.wait(hours)
        for action in night:
            lived.do(action)
            lived.do("prune")
            assert lived.missing() == []
