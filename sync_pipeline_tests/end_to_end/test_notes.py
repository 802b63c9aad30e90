"""A form becomes one note; a later version of it replaces the text of the same note."""

from itertools import product

import pytest

from sync_pipeline_tests.end_to_end.deployment import VIRTUOUS, VOMO, Deployment
from sync_pipeline_tests.end_to_end.kinds import NOTE, assert_nothing_twice, morning, nights_until_delivered

REPLACED = "PUT /api/ContactNote/{noteId}"


LOST = ["cut_after", "status_after", "cut_before", "malformed"]
SOME_LOST = {(False, "cut_after"), (True, "status_after"), (True, "cut_before"), (False, "malformed")}
LOSSES = [
    pytest.param(bulk, kind, marks=[] if (bulk, kind) in SOME_LOST else pytest.mark.fleet)
    for bulk, kind in product([False, True], LOST)
]


def only_notes(deployment: Deployment) -> Deployment:
    deployment.configure(streams=dict.fromkeys(("projects", "participations", "donations")))
    return deployment


def settled(deployment: Deployment) -> Deployment:
    only_notes(deployment).night()
    morning(deployment)
    assert deployment.night().code == 0
    return deployment


def test_a_note_says_which_form_and_nothing_that_was_answered(kinds: Deployment) -> None:
    settled(kinds)
    notes = kinds.world.notes(VIRTUOUS)
    assert len(notes) == len(kinds.world.vomo_completions(VOMO))
    answers = [one["value"] for form in kinds.world.vomo_completions(VOMO) for one in form["field_responses"]]
    assert not any(len(str(answer)) > 3 and str(answer) in note["note"] for answer in answers for note in notes)
    assert all("[sync:VOMO/completion-" in note["note"] for note in notes)


def test_a_renamed_form_rewrites_its_notes_in_place(kinds: Deployment) -> None:
    settled(kinds)
    form = kinds.world.vomo_completions(VOMO)[0]["form_id"]
    of_form = [one for one in kinds.world.vomo_completions(VOMO) if one["form_id"] == form]
    kinds.world.edit_vomo_record(VOMO, "forms", form, name="Another Form")
    night = kinds.night()
    assert (night.code, night.report.updates, night.report.requests[REPLACED]) == (0, len(of_form), len(of_form))
    notes = kinds.world.notes(VIRTUOUS)
    assert len(notes) == len(kinds.world.vomo_completions(VOMO))
    assert sum('"Another Form"' in note["note"] for note in notes) == len(of_form)
    assert_nothing_twice(kinds)


def test_a_note_that_staff_deleted_is_not_written_again(kinds: Deployment) -> None:
    settled(kinds)
    for note in kinds.world.notes(VIRTUOUS):
        kinds.world.delete_note(VIRTUOUS, note["id"])
    form = kinds.world.vomo_completions(VOMO)[0]["form_id"]
    kinds.world.edit_vomo_record(VOMO, "forms", form, name="Another Form")
    night = kinds.night()
    assert night.code == 5
    assert "not there any more" in night.report.failure_details[0]["reason"]
    assert kinds.world.notes(VIRTUOUS) == []


@pytest.mark.parametrize(("bulk", "kind"), LOSSES)
def test_a_note_without_an_answer_is_looked_for_before_it_is_sent_again(
    kinds: Deployment, kind: str, *, bulk: bool
) -> None:
    kinds.world.change_organization(VIRTUOUS, bulk_notes=bulk)
    kinds.configure(destination={"bulk": {"notes": bulk}, "batch": {"max": 5}})
    only_notes(kinds).night()
    morning(kinds)
    kinds.world.add_fault(side="virtuous", kind=kind, method="POST", path="/api/ContactNote", every=2)
    nights_until_delivered(kinds, 10)
    kinds.world.clear_faults()
    while kinds.night().code:
        pass
    notes = kinds.world.notes(VIRTUOUS)
    assert len(notes) == len(kinds.world.vomo_completions(VOMO))
    assert kinds.books()["duplicate_notes"] == 0
    assert bulk or kinds.books()["requests"][NOTE] < 3 * len(notes)


def test_a_form_renamed_while_its_note_is_in_doubt_leaves_one_note(kinds: Deployment) -> None:
    settled(kinds)
    added = kinds.world.add_vomo_record(VOMO, "completions", form_id=1, user_id=4)
    kinds.world.add_fault(side="virtuous", kind="cut_after", method="POST", path="/api/ContactNote")
    kinds.world.add_fault(side="virtuous", kind="status_before", status=503, method="GET", path="/api/ContactNote/")
    kinds.night()
    assert kinds.ledger()["sending"] == 1
    kinds.world.clear_faults()
    kinds.world.edit_vomo_record(VOMO, "forms", added["form_id"], name="Another Form")
    night = kinds.night()
    assert night.code == 0
    assert NOTE not in night.report.requests
    notes = kinds.world.notes(VIRTUOUS)
    assert len(notes) == len(kinds.world.vomo_completions(VOMO))
    assert [one for one in notes if f"completion-{added['id']}]" in one["note"] and '"Another Form"' in one["note"]]
    assert_nothing_twice(kinds)


def test_a_note_of_an_older_night_is_found_behind_many_others(kinds: Deployment) -> None:
    """Lists come newest first, in pages."""
    settled(kinds)
    mine = kinds.world.notes(VIRTUOUS)[0]
    with kinds.world.lock:
        organization = kinds.world.virtuous[VIRTUOUS]
        contact = organization.store.contacts[mine["contactId"]]
        for number in range(450):
            organization.notes.add(contact, {"type": "Call", "note": f"Call {number}"}, kinds.world.clock())
    with kinds.workplace.state.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM crm_ids WHERE kind = 'note'")
    for form in {one["form_id"] for one in kinds.world.vomo_completions(VOMO)}:
        kinds.world.edit_vomo_record(VOMO, "forms", form, name=f"Form {form} renamed")
    assert kinds.night().code == 0
    texts = {note["id"]: note["note"] for note in kinds.world.notes(VIRTUOUS)}
    assert "renamed" in texts[mine["id"]]
    assert len(texts) == len(kinds.world.vomo_completions(VOMO)) + 450
