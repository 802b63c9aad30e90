"""One request: the lease is checked just before it leaves, its answer corrects the picture of the quota."""

from collections.abc import Sequence

import structlog

from sync_pipeline.domain.answer import Answer, Outcome
from sync_pipeline.domain.operation import SendingBatch
from sync_pipeline.ports import Destination
from sync_pipeline.stages.context import StageContext
from sync_pipeline.stages.observing import observe

log = structlog.get_logger()

SINGLE = "POST /api/Contact/Transaction"
BATCH = "POST /api/Contact/Batch"
REQUEST_SECONDS = 20  # the client's limit for one request: less than what a freshly renewed lease has left
LATEST_EFFECT_SECONDS = 30
"""Longer than any request of ours is waited for. Until then one without an answer may still take effect: after our
timeout, or after the death of the process that sent it. A newer value of its records must not come before that."""


def endpoint_of(rows: int) -> str:
    """A single row goes to the endpoint that documents every field; several travel as a batch."""
    return SINGLE if rows == 1 else BATCH


async def send(context: StageContext, destination: Destination, batch: SendingBatch) -> Answer:
    """Send a claimed batch. The store already says that it may have left.

    Raises:
        BusyError: the lease could run out while the request is under way; nothing was sent.
    """
    context.keeper.require(REQUEST_SECONDS)
    contacts = [dict(operation.payload) for operation in batch.operations]
    if len(contacts) == 1:
        answer = await destination.contact_transaction(batch.reference_source, contacts[0])
    else:
        answer = await destination.contact_batch(batch.reference_source, contacts)
    observe(context, answer, endpoint_of(len(contacts)))
    log.info(
        "request_answered",
        customer=context.customer.id,
        run=context.run.run_id,
        batch=batch.batch_id,
        rows=len(contacts),
        outcome=answer.outcome.value,
        status=answer.status,
    )
    return answer


def why_undecided(answer: Answer) -> str:
    """The reason kept with what was sent and is not settled."""
    match answer.outcome:
        case Outcome.UNREACHED:
            happened = "could not be reached"
        case Outcome.REFUSED:
            happened = "does not take contacts at this address"
        case _:
            happened = "gave no answer"
    return f"Virtuous {happened} ({answer.detail})"


def halves(ids: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    middle = len(ids) // 2
    return tuple(ids[:middle]), tuple(ids[middle:])
