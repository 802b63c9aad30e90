"""What the ledger still has to send, told as requests."""

from dataclasses import replace
from itertools import count

import pytest

from sync_pipeline.domain.backlog import ForetoldRequest, OpenOperation, delivery_batches, repeated_batches
from sync_pipeline.domain.crm import contacts, gifts, notes, volunteers
from sync_pipeline.domain.operation import Priority, State
from sync_pipeline.domain.routes import routes_of

ROUTES = routes_of(3, bulk_notes=False, bulk_tags=False)
BULK = routes_of(3, bulk_notes=True, bulk_tags=False)
numbers = count(1)


def operation(
    endpoint: str | None,
    *,
    reference: str | None = None,
    state: State = State.PLANNED,
    priority: int = Priority.CREATE,
    source: str = "VOMO",
    batch: str | None = None,
    deferrals: int = 0,
) -> OpenOperation:
    number = next(numbers)
    return OpenOperation(
        operation_id=number,
        state=state,
        kind="contact",
        action="save",
        endpoint=endpoint,
        reference_source=source,
        reference_id=reference or f"r-{number}",
        priority=priority,
        deferrals=deferrals,
        batch_id=batch,
        may_have_arrived=False,
        records=(("users", f"{number}"),),
    )


def many(endpoint: str, rows: int, **more: object) -> list[OpenOperation]:
    return [replace(operation(endpoint), **more) for _ in range(rows)]


def test_every_kind_travels_to_its_own_endpoint_in_as_few_requests_as_it_takes() -> None:
    backlog = [
        *many(notes.CREATE, 2, priority=Priority.NOTE),
        *many(gifts.TRANSACTION, 1, priority=Priority.GIFT),
        *many(contacts.TRANSACTION, 4),
        *many(volunteers.RECORD_HOURS, 2, priority=Priority.ATTENDANCE),
    ]
    assert list(delivery_batches(backlog, ROUTES)) == [
        ForetoldRequest(contacts.BATCH, 3),
        ForetoldRequest(contacts.TRANSACTION, 1),
        ForetoldRequest(gifts.TRANSACTION, 1),
        ForetoldRequest(volunteers.RECORD_HOURS, 1),
        ForetoldRequest(volunteers.RECORD_HOURS, 1),
        ForetoldRequest(notes.CREATE, 1),
        ForetoldRequest(notes.CREATE, 1),
    ]


def test_bulk_endpoints_save_requests() -> None:
    assert list(delivery_batches(many(notes.CREATE, 4), BULK)) == [
        ForetoldRequest(notes.BULK, 3),
        ForetoldRequest(notes.CREATE, 1),
    ]


def test_sources_travel_apart_and_a_record_only_once_in_a_request() -> None:
    twice = [operation(gifts.TRANSACTION, reference="same") for _ in range(2)]
    backlog = [*twice, operation(gifts.TRANSACTION, source="GIVING")]
    assert [request.rows for request in delivery_batches(backlog, ROUTES)] == [1, 1, 1]


def test_what_several_streams_say_of_one_person_is_one_row() -> None:
    first = operation(contacts.TRANSACTION, reference="same")
    others = many(contacts.TRANSACTION, 4)
    late = operation(contacts.TRANSACTION, reference="same", priority=Priority.UPDATE)
    assert list(delivery_batches([late, *others, first], ROUTES)) == [
        ForetoldRequest(contacts.BATCH, 4),
        ForetoldRequest(contacts.BATCH, 2),
    ]
    assert list(delivery_batches([late, first], ROUTES)) == [ForetoldRequest(contacts.TRANSACTION, 2)]
    in_doubt = [replace(each, state=State.SENDING, batch_id="b") for each in (late, first)]
    assert list(repeated_batches(in_doubt, ROUTES)) == [ForetoldRequest(contacts.TRANSACTION, 2)]


def test_what_was_deferred_goes_first() -> None:
    backlog = [
        operation(contacts.TRANSACTION),
        operation(notes.CREATE, state=State.DEFERRED, priority=Priority.NOTE),
        operation(gifts.TRANSACTION, deferrals=1, priority=Priority.GIFT),
    ]
    assert [request.endpoint for request in delivery_batches(backlog, ROUTES)] == [
        gifts.TRANSACTION,
        notes.CREATE,
        contacts.TRANSACTION,
    ]


def step(action: str, reference: str, state: State = State.PLANNED) -> OpenOperation:
    endpoint = contacts.TRANSACTION if action == "save" else contacts.UNARCHIVE
    waits = state == State.WAITING
    return replace(operation(None if waits else endpoint, reference=reference, state=state), action=action)


def test_the_second_step_of_a_record_follows_its_first_one_and_the_others_do_not_wait() -> None:
    """A contact is brought back before its values are sent."""
    backlog = [step("save", "a"), step("unarchive", "b"), step("save", "b"), step("save", "c")]
    assert list(delivery_batches(backlog, ROUTES)) == [
        ForetoldRequest(contacts.BATCH, 2),
        ForetoldRequest(contacts.UNARCHIVE, 1),
        ForetoldRequest(contacts.TRANSACTION, 1),
    ]


def test_a_second_step_travels_with_those_who_have_not_left_yet() -> None:
    backlog = [step("unarchive", "b"), step("save", "b"), step("save", "a"), step("save", "c")]
    assert list(delivery_batches(backlog, ROUTES)) == [
        ForetoldRequest(contacts.UNARCHIVE, 1),
        ForetoldRequest(contacts.BATCH, 3),
    ]


def test_a_first_step_that_waits_holds_the_second_one_back() -> None:
    backlog = [step("unarchive", "b", State.WAITING), step("save", "b"), step("save", "a")]
    assert list(delivery_batches(backlog, ROUTES)) == [ForetoldRequest(contacts.TRANSACTION, 1)]


@pytest.mark.parametrize("state", [State.WAITING, State.SENDING, State.ACCEPTED, State.REVIEW])
def test_what_waits_or_is_on_its_way_is_no_delivery(state: State) -> None:
    endpoint = None if state == State.WAITING else contacts.TRANSACTION
    assert list(delivery_batches([operation(endpoint, state=state)], ROUTES)) == []


def test_what_left_together_is_repeated_together_up_to_what_fits_now() -> None:
    doubtful = [
        *(operation(contacts.TRANSACTION, state=State.SENDING, batch="one") for _ in range(4)),
        operation(gifts.TRANSACTION, state=State.SENDING, batch="two"),
        operation(notes.CREATE, state=State.SENDING, batch="three"),
        operation(contacts.TRANSACTION),
    ]
    assert list(repeated_batches(doubtful, ROUTES)) == [
        ForetoldRequest(contacts.BATCH, 3),
        ForetoldRequest(contacts.TRANSACTION, 1),
        ForetoldRequest(gifts.TRANSACTION, 1),
        ForetoldRequest(notes.CREATE, 1),
    ]
