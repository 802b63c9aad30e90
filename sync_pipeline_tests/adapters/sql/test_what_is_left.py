"""What an organization that moved, a newer value or a review leaves behind: nothing that could be sent or read."""

from pathlib import Path

from sync_pipeline.adapters.sql.frozen import frozen_state
from sync_pipeline.domain.backlog import delivery_batches
from sync_pipeline.domain.change import Action
from sync_pipeline.domain.crm import contacts, notes, volunteers
from sync_pipeline.domain.needs import Need
from sync_pipeline.domain.operation import SendingBatch
from sync_pipeline_tests.adapters.sql.kinds_support import PLAIN, ids, next_batch, rows, waiting_of, write
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, Worker
from sync_pipeline_tests.clock import FakeClock

NOTE = notes.create(12, {"note": "x"})
SIGN_UP = Need("volunteer", "virtuous", "3/30")


def planned_note(worker: Worker) -> None:
    worker.plan(write("note", "1"))
    waiting_of(worker).bind(dict.fromkeys(ids(worker, "note"), NOTE))


# What was bound to ids of the old organization is sent to the new one.
def test_nothing_bound_to_an_id_of_the_old_organization_is_sent_to_the_new_one(worker: Worker) -> None:
    planned_note(worker)
    worker.store.planning.forget_acknowledged(worker.lease)
    assert worker.sending.claim(PLAIN) is None


def test_nothing_deferred_with_an_id_of_the_old_organization_is_sent_to_the_new_one(worker: Worker) -> None:
    planned_note(worker)
    worker.sending.defer_planned("an outage")
    worker.store.planning.forget_acknowledged(worker.lease)
    worker.sending.retry_deferred()
    assert worker.sending.claim(PLAIN) is None


def test_a_sign_up_in_the_old_organization_is_none_in_the_new_one(worker: Worker) -> None:
    """The same two numbers are another person at another opportunity there."""
    waiting_of(worker).plan_sign_ups({SIGN_UP: volunteers.sign_up(3, 30)})
    worker.sending.accepted(next_batch(worker).ids)
    worker.store.planning.forget_acknowledged(worker.lease)
    waiting_of(worker).plan_sign_ups({SIGN_UP: volunteers.sign_up(3, 30)})
    assert rows(worker)[-1].state == "planned"


# A superseded operation keeps its bound request, with the personal data in it.
def test_a_superseded_operation_keeps_no_request(worker: Worker) -> None:
    planned_note(worker)
    worker.plan(write("note", "1", "b"))
    old, _ = rows(worker)
    assert (old.state, old.payload, old.request) == ("superseded", None, None)


def test_an_operation_in_review_keeps_no_payload(worker: Worker) -> None:
    """A replay plans again from the source's value, and never resends an old payload."""
    worker.plan(write("note", "1"))
    waiting_of(worker).review(dict.fromkeys(ids(worker, "note"), "the note is not there any more"))
    (row,) = rows(worker)
    assert (row.state, row.payload) == ("review", None)


# The plan command foretells too few requests where a contact has to be brought back first.
def test_what_is_foretold_is_claimed_where_a_record_needs_two_steps(
    worker: Worker, database_url: str, clock: FakeClock, tmp_path: Path
) -> None:
    worker.plan(
        write("contact", "1"),
        write("contact", "2", action=Action.UNARCHIVE, groups=("presence",)),
        write("contact", "2"),
        write("contact", "3"),
    )
    waiting_of(worker).bind({ids(worker, "contact")[0]: contacts.unarchive(12)})
    with frozen_state(database_url, clock, tmp_path) as frozen:
        foretold = [request.rows for request in delivery_batches(frozen.open_operations(CUSTOMER), PLAIN)]
    sent: list[int] = []
    while isinstance(batch := worker.sending.claim(PLAIN), SendingBatch):
        sent.append(len(batch.ids))
        worker.sending.accepted(batch.ids)
    assert foretold == sent
