"""Why a record is in Virtuous as it is: the answers that a person gets while nights go by."""

import re
from datetime import timedelta
from typing import Any

import pytest

from sync_pipeline.cli.explain_documents import as_it_is, document_of, stored_now
from sync_pipeline.cli.plan_documents import mask
from sync_pipeline.domain.dead_letters import LetterFilter
from sync_pipeline.domain.life.answering import answer
from sync_pipeline.domain.life.facts import Facts
from sync_pipeline.domain.life.next_steps import NextStep, next_step
from sync_pipeline.domain.operation import State
from sync_pipeline.stages.explaining import ExplainedContact, explain_contact, explain_record
from sync_pipeline_tests.end_to_end.deployment import (
    CUSTOMER,
    VIRTUOUS,
    VOMO,
    Deployment,
    night_of_an_outage,
    write_yaml,
)
from sync_pipeline_tests.end_to_end.kinds import GIVING, morning, served

NAMES = {"firstName": "trim(first_name)", "lastName": "trim(last_name)"}


def explained(deployment: Deployment, stream: str, key: str) -> Facts:
    customer = deployment.customer
    with stored_now(deployment.workplace, customer) as stored:
        return explain_record(customer, stored, stream, key)


def told(deployment: Deployment, stream: str, key: str) -> str:
    return answer(explained(deployment, stream, key))


def coming(deployment: Deployment, stream: str, key: str) -> NextStep:
    return next_step(explained(deployment, stream, key))


def backwards(deployment: Deployment, virtuous_id: int) -> ExplainedContact:
    customer = deployment.customer
    with stored_now(deployment.workplace, customer) as stored:
        return explain_contact(customer, stored, virtuous_id)


def contact_of(deployment: Deployment, user_id: Any) -> int:
    return deployment.world.contact_ids(VIRTUOUS)[f"VOMO/{user_id}"]


def test_what_hangs_on_a_person_waits_for_the_import_of_the_contact(kinds: Deployment) -> None:
    kinds.night()
    completion = kinds.world.vomo_completions(VOMO)[0]
    key, person = str(completion["id"]), str(completion["user_id"])
    assert re.match(
        rf"Waits for the contact VOMO/{person} since .* UTC to be imported: Virtuous accepted it on ",
        told(kinds, "completions", key),
    )
    assert not coming(kinds, "completions", key).needs_a_person

    morning(kinds)
    kinds.night()
    assert told(kinds, "completions", key).startswith("Delivered on ")
    assert explained(kinds, "completions", key).itself is not None


def test_a_contact_of_virtuous_names_its_record_its_notes_gifts_and_hours(kinds: Deployment) -> None:
    for _ in range(2):
        kinds.night()
        morning(kinds)
    hours = served(kinds)[0]
    person = hours["user_id"]
    notes = [str(one["id"]) for one in kinds.world.vomo_completions(VOMO) if one["user_id"] == person]
    found = backwards(kinds, contact_of(kinds, person))
    assert [(record.stream, record.key) for record in found.records] == [("users", str(person))]
    hanging = {(record.stream, record.key) for record in found.hanging}
    of_person = [one for one in served(kinds) if one["user_id"] == person]
    assert len([stream for stream, _ in hanging if stream == "participations"]) == len(of_person) > 0
    assert {key for stream, key in hanging if stream == "completions"} == set(notes)


def test_a_donor_whom_only_gifts_made_is_named_by_them(kinds: Deployment) -> None:
    kinds.night()
    morning(kinds)
    kinds.reconciliation()
    donation = next(one for one in kinds.world.giving_donations(GIVING) if one["status"] == "succeeded")
    found = backwards(kinds, kinds.world.contact_ids(VIRTUOUS)[f"Giving/{donation['donor']['id']}"])
    assert ("donations", donation["id"]) in {(record.stream, record.key) for record in found.hanging}
    assert found.records == []


def test_two_streams_of_one_person_leave_in_one_row_and_say_so(deployment: Deployment) -> None:
    recipe = {"recipe": "more", "writes": "contact", "reference": "trim(id)", "tags": ["'VOMO: More'"]}
    write_yaml(deployment.folder / "more.yaml", recipe | {"fields": NAMES})
    more = {"source": "vomo", "stream": "users", "recipe": str(deployment.folder / "more.yaml")}
    deployment.configure(streams={"more": more})
    deployment.night()
    (one,), (other,) = (explained(deployment, stream, "3").history.operations for stream in ("users", "more"))
    assert (one.travelled_with, other.travelled_with) == ([other.operation_id], [one.operation_id])
    assert one.attempts == other.attempts

    morning(deployment)
    deployment.reconciliation()
    found = backwards(deployment, contact_of(deployment, 3))
    assert {(record.stream, record.key) for record in found.records} == {("users", "3"), ("more", "3")}


def test_an_outage_leaves_a_deferred_record_with_every_attempt(deployment: Deployment, nobody_listens: str) -> None:
    night_of_an_outage(deployment, nobody_listens)
    facts = explained(deployment, "users", "3")
    (operation,) = facts.history.operations
    assert re.match(r"Deferred on .* \(Virtuous could not be reached", answer(facts))
    assert {attempt.outcome for attempt in operation.attempts} == {"unreached"}
    assert len(operation.attempts) == operation.attempts_made > 1
    deployment.night()
    facts = explained(deployment, "users", "3")
    assert (facts.history.operations[0].attempts[-1].status, facts.history.operations[0].state) == (200, State.ACCEPTED)


def test_silence_leaves_doubt_and_its_attempts(deployment: Deployment) -> None:
    deployment.world.add_fault(side="virtuous", path="/api/Contact", kind="status_before", status=500)
    deployment.slice_of_night()
    facts = explained(deployment, "users", "3")
    assert facts.history.operations[0].state == State.SENDING
    assert re.match(r"Sent on .* UTC, and no answer is known: the next run finds out", answer(facts))
    assert {(one.outcome, one.status) for one in facts.history.operations[0].attempts} == {("no_answer", 500)}


def test_who_left_the_source_is_told_with_what_virtuous_was_told(deployment: Deployment) -> None:
    deployment.configure(streams={"users": {"read": {"strategy": "full_snapshot"}}})
    deployment.night()
    (gone,) = deployment.world.change_vomo(VOMO, share=0, remove=1)["removed"]
    deployment.night()
    facts = explained(deployment, "users", str(gone))
    assert re.fullmatch(
        r"The source's newest read does not have this record\. Virtuous was told on [^.]* UTC\.", answer(facts)
    )
    assert facts.row is not None
    assert not facts.row.is_newest
    assert [change.kind for change in facts.history.changes] == ["create", "delete"]


def test_who_left_and_is_ignored_is_told_so(deployment: Deployment) -> None:
    deployment.configure(streams={"users": {"read": {"strategy": "full_snapshot"}, "on_delete": "ignore"}})
    deployment.night()
    (gone,) = deployment.world.change_vomo(VOMO, share=0, remove=1)["removed"]
    deployment.night()
    assert told(deployment, "users", str(gone)).startswith(
        "The source's newest read does not have this record; `on_delete: ignore` tells Virtuous nothing. Delivered on "
    )


def test_a_record_that_the_recipe_leaves_out_names_its_when(deployment: Deployment) -> None:
    recipe = {"recipe": "some", "writes": "contact", "reference": "trim(id)", "when": "trim(id) <> '3'"}
    write_yaml(deployment.folder / "some.yaml", recipe | {"fields": NAMES})
    deployment.configure(streams={"users": {"recipe": str(deployment.folder / "some.yaml")}})
    deployment.night()
    assert told(deployment, "users", "3") == "Filtered out by the recipe's `when` (trim(id) <> '3')."
    assert told(deployment, "users", "4").startswith("Delivered on ")


def test_a_changed_recipe_makes_a_difference_that_the_next_run_sends(deployment: Deployment) -> None:
    deployment.night()
    deployment.configure(streams={"users": {"fields": {"lastName": "upper(trim(last_name))"}}})
    facts = explained(deployment, "users", "3")
    assert answer(facts).startswith("The source's value in cut 1 differs from what Virtuous acknowledged (")
    assert facts.groups["core"].fingerprint != facts.groups["core"].acknowledged
    assert facts.groups["tags"].fingerprint == facts.groups["tags"].acknowledged


def test_a_person_who_said_no_is_told_until_the_source_has_another_value(deployment: Deployment) -> None:
    deployment.world.edit_vomo_user(VOMO, 3, last_name=None)
    deployment.night()
    (operation,) = explained(deployment, "users", "3").history.operations
    deployment.workplace.state.dead_letters.discard(CUSTOMER, LetterFilter(ids=[operation.operation_id]), "tester")
    assert told(deployment, "users", "3").startswith("A person said no to this value on ")


def test_a_paused_customer_and_a_stream_that_is_not_read_are_told_beside_the_answer(deployment: Deployment) -> None:
    deployment.night()
    deployment.workplace.state.breakers.pause(CUSTOMER, "the holidays", "tester")
    deployment.clock.advance(days=2)
    said = told(deployment, "users", "3")
    assert "The stream has not been read since 2026-03-01 " in said
    assert said.endswith("The customer is paused: the holidays")
    step = coming(deployment, "users", "3")
    assert step.needs_a_person
    assert step.command == f"sync-pipeline customers resume {CUSTOMER} --reason 'what was mended'"


def test_asking_is_possible_while_a_run_is_at_work_and_changes_nothing(deployment: Deployment) -> None:
    deployment.night()
    with deployment.stages() as stage:
        stage()
        assert explained(deployment, "users", "3").schedule.is_at_work
    before = deployment.books()["requests"]
    assert explained(deployment, "users", "3").last_read is not None
    assert deployment.books()["requests"] == before


def test_a_parked_record_goes_on_when_its_run_does(deployment: Deployment) -> None:
    deployment.world.add_fault(side="virtuous", kind="rate_limited", path="/api/Contact", retry_after=7200, times=1)
    parked = deployment.slice_of_night()
    step = coming(deployment, "users", "3")
    assert (step.at, step.needs_a_person) == (parked.report.resume_at, False)
    assert "after 1 attempt." in told(deployment, "users", "3")
    assert step.at is not None
    assert step.at - deployment.clock.now() < timedelta(hours=3)


@pytest.mark.parametrize("shows", [False, True])
def test_the_document_holds_values_only_where_they_are_asked_for(deployment: Deployment, shows: bool) -> None:
    deployment.world.edit_vomo_user(VOMO, 3, last_name="Zzmarked")
    deployment.night()
    facts = explained(deployment, "users", "3")
    document = document_of(facts, as_it_is if shows else mask)
    assert ("Zzmarked" in str(document)) is shows
