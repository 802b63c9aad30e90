"""Weighing a record of any kind: what needs a write, what is a dead letter, and what a vanished record says."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_pipeline.domain.change import Action, Change, ChangeKind, Write
from sync_pipeline.domain.fingerprint import fingerprint
from sync_pipeline.domain.operation import State
from sync_pipeline.domain.records import KINDS, Known, RecordKind
from sync_pipeline.domain.records.changes import record_change
from sync_pipeline_tests.domain.records.support import (
    NEVER_SEEN,
    RULES,
    but,
    change_of,
    gone,
    has,
    prints,
    record,
    weighed,
)

SAMPLES = {
    "contact": record({"lastName": "Quill", "gender": "Female"}, tags=["VOMO: Leader"]),
    "gift": record(
        {
            "giftDate": "2026-03-04",
            "giftType": "Cash",
            "amount": "25.00",
            "contact.referenceId": "d-7",
            "notes": "thanks",
        }
    ),
    "note": record({"contact": "u-7", "note": "Completed the form."}),
    "attendance": record(
        {"contact": "u-7", "opportunity": "p-3", "hours": "3.5", "startDateTimeUtc": "2026-03-04T10:00:00Z"}
    ),
    "opportunity": record({"name": "Food pantry"}),
}
DELETING = {"contact": "tag", "gift": "reverse", "attendance": "remove"}
EVERY_KIND = pytest.mark.parametrize("kind", list(KINDS.values()), ids=list(KINDS))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
VALUES = st.recursive(st.none() | st.booleans() | st.integers(-5, 5) | TEXTS, lambda one: st.lists(one, max_size=3))


@EVERY_KIND
def test_a_record_never_seen_is_created_under_its_reference(kind: RecordKind) -> None:
    change = change_of(kind, SAMPLES[kind.name])
    assert (change.kind, change.key, change.reference, change.row_hash) == (ChangeKind.CREATE, "k", "r-1", "hash")
    assert (change.record_kind, change.problem, change.is_acknowledged) == (kind.name, None, False)
    assert change.fingerprints == prints(kind, SAMPLES[kind.name])


@EVERY_KIND
def test_a_record_that_virtuous_has_needs_nothing(kind: RecordKind) -> None:
    assert weighed(kind, SAMPLES[kind.name], has(kind, SAMPLES[kind.name])) is None


@EVERY_KIND
@pytest.mark.parametrize("state", [State.PLANNED, State.WAITING, State.SENDING, State.DEAD, State.REVIEW])
def test_a_value_that_stands_in_the_ledger_is_not_planned_again(kind: RecordKind, state: State) -> None:
    planned = change_of(kind, SAMPLES[kind.name])
    assert weighed(kind, SAMPLES[kind.name], but(NEVER_SEEN, planned, state)) is None


@EVERY_KIND
def test_a_field_that_names_a_record_of_virtuous_counts(kind: RecordKind) -> None:
    moved = replace(SAMPLES[kind.name], reference="r-2")
    assert weighed(kind, moved, has(kind, SAMPLES[kind.name])) is not None


@EVERY_KIND
@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"failed": "the recipe failed on this record"}, "the recipe failed on this record"),
        ({"reference": None}, "the recipe's reference is empty"),
        ({"reference": ""}, "the recipe's reference is empty"),
    ],
)
def test_what_cannot_be_mapped_is_a_dead_letter_once(kind: RecordKind, wrong: dict[str, str], problem: str) -> None:
    broken = replace(SAMPLES[kind.name], **wrong)
    change = change_of(kind, broken)
    assert (change.writes, change.problem) == (None, problem)
    assert change.reference
    assert weighed(kind, broken, but(NEVER_SEEN, change, State.DEAD)) is None


@EVERY_KIND
def test_a_dead_letter_is_made_anew_when_its_row_changes(kind: RecordKind) -> None:
    broken = replace(SAMPLES[kind.name], failed="it failed")
    dead = change_of(kind, broken)
    assert record_change(kind, broken, "other hash", but(NEVER_SEEN, dead, State.DEAD), RULES) is not None


@EVERY_KIND
@pytest.mark.parametrize("state", [State.PLANNED, State.WAITING, State.DEFERRED, State.DEAD])
def test_the_way_back_to_what_virtuous_has_says_so(kind: RecordKind, state: State) -> None:
    known = has(kind, SAMPLES[kind.name])
    away = change_of(kind, replace(SAMPLES[kind.name], failed="it failed"), known)
    back = change_of(kind, SAMPLES[kind.name], but(known, away, state))
    assert (back.kind, back.is_acknowledged, back.problem) == (ChangeKind.UPDATE, True, None)


@settings(deadline=None)
@given(data=st.data())
def test_the_writes_together_carry_every_group_that_differs_each_once(data: st.DataObject) -> None:
    """A group that no write carries would be planned again every night; one carried twice cannot be recorded."""
    kind = KINDS[data.draw(st.sampled_from(sorted(KINDS)))]
    sample = SAMPLES[kind.name]
    groups = sorted(kind.groups(sample))
    needed = data.draw(st.sets(st.sampled_from(groups), min_size=1))
    seen = st.sampled_from([fingerprint({"deleted": "archived"}), fingerprint({"deleted": "removed"}), "older"])
    known = Known(data.draw(st.dictionaries(st.sampled_from(groups), seen)), {})
    rules = replace(RULES, exact_tags=data.draw(st.booleans()), bulk_tags=data.draw(st.booleans()))
    carried = [group for write in kind.writes(sample, "r-1", rules, needed, known) for group in write.groups]
    assert needed <= set(carried)
    assert len(carried) == len(set(carried))


class TestDeletion:
    @EVERY_KIND
    def test_a_record_nobody_ever_saw_needs_no_word(self, kind: RecordKind) -> None:
        assert gone(kind, SAMPLES[kind.name], NEVER_SEEN) is None

    @pytest.mark.parametrize("name", DELETING)
    def test_a_vanished_record_is_told_under_the_reference_it_was_sent_under(self, name: str) -> None:
        kind, sample = KINDS[name], SAMPLES[name]
        change = gone(kind, replace(sample, reference="newer"), has(kind, sample), reference="sent")
        assert change is not None
        assert (change.kind, change.reference, change.row_hash) == (ChangeKind.DELETE, "sent", "deleted")
        assert (change.problem, change.is_acknowledged) == (None, False)

    @pytest.mark.parametrize("name", DELETING)
    def test_the_reference_is_that_of_the_record_as_last_seen_if_nothing_was_sent(self, name: str) -> None:
        kind, sample = KINDS[name], SAMPLES[name]
        change = gone(kind, sample, has(kind, sample), reference=None)
        assert change is not None
        assert (change.reference, change.problem) == ("r-1", None)

    @pytest.mark.parametrize("name", DELETING)
    def test_without_any_reference_a_person_has_to_look(self, name: str) -> None:
        change = gone(KINDS[name], None, has(KINDS[name], SAMPLES[name]), reference=None)
        assert change is not None
        assert (change.writes, change.problem) == (None, "the reference of the vanished record is unknown")

    @pytest.mark.parametrize("name", DELETING)
    def test_a_record_that_never_arrived_only_takes_back_what_is_open(self, name: str) -> None:
        kind = KINDS[name]
        planned = change_of(kind, SAMPLES[name])
        change = gone(kind, SAMPLES[name], but(NEVER_SEEN, planned, State.PLANNED))
        assert change is not None
        assert change.is_acknowledged

    @pytest.mark.parametrize("name", DELETING)
    def test_it_is_told_once(self, name: str) -> None:
        kind = KINDS[name]
        known = has(kind, SAMPLES[name])
        change = gone(kind, SAMPLES[name], known)
        assert change is not None
        assert gone(kind, None, but(known, change, State.WAITING)) is None
        assert gone(kind, None, Known({**known.acknowledged, **change.fingerprints}, {})) is None

    @pytest.mark.parametrize("name", ["note", "opportunity"])
    def test_nothing_is_ever_said_about_what_stays(self, name: str) -> None:
        assert gone(KINDS[name], SAMPLES[name], has(KINDS[name], SAMPLES[name])) is None


WRITES = st.builds(
    Write,
    st.sampled_from(Action),
    st.dictionaries(TEXTS, VALUES, max_size=3),
    st.lists(TEXTS, max_size=3).map(tuple),
)


@settings(deadline=None)
@given(
    st.builds(
        Change,
        key=TEXTS,
        kind=st.sampled_from(ChangeKind),
        reference=TEXTS,
        row_hash=TEXTS,
        fingerprints=st.dictionaries(TEXTS, TEXTS, max_size=3),
        writes=st.none() | st.lists(WRITES, max_size=3).map(tuple),
        record_kind=st.sampled_from(sorted(KINDS)),
        problem=st.none() | TEXTS,
        is_acknowledged=st.booleans(),
    )
)
def test_a_change_set_gives_back_what_was_put_into_it(change: Change) -> None:
    row = change.as_row()
    assert all(value is None or isinstance(value, str) for value in row.values())
    assert Change.from_row(row) == change


FIRST_RELEASE = {
    "_key": "k",
    "kind": "create",
    "reference": "r-1",
    "row_hash": "hash",
    "fingerprints": '{"core": "a", "birth_gender": "b", "tags": "c"}',
    "payload": '{"referenceId": "r-1"}',
    "problem": None,
    "is_acknowledged": None,
}


def test_a_change_set_of_the_first_release_can_still_be_planned() -> None:
    """It was written before an upgrade that came between the comparison and the planning."""
    change = Change.from_row(FIRST_RELEASE)
    write = Write(Action.SAVE, {"referenceId": "r-1"}, ("core", "birth_gender", "tags"))
    assert (change.record_kind, change.writes, change.problem) == ("contact", (write,), None)


def test_a_dead_letter_of_the_first_release_stays_one() -> None:
    row = {**FIRST_RELEASE, "fingerprints": '{"core": "a"}', "payload": None, "problem": "no name"}
    change = Change.from_row(row)
    assert (change.writes, change.problem, change.fingerprints) == (None, "no name", {"core": "a"})
