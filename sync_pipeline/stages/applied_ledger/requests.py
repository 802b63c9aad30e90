"""One request: the lease is checked just before it leaves, its answer corrects the picture of the quota."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from structlog.contextvars import bound_contextvars

from sync_pipeline.domain.answer import Answer, Outcome
from sync_pipeline.domain.coalescing import COALESCED, groups_to_part_with, laid_over, rows_of
from sync_pipeline.domain.crm import contacts, gifts, notes, tags
from sync_pipeline.domain.operation import SendingBatch, SendingOperation
from sync_pipeline.domain.request import Reply, Request
from sync_pipeline.domain.trace import span_id_of
from sync_pipeline.ports import Destination
from sync_pipeline.stages.context import StageContext
from sync_pipeline.stages.observing import observe
from sync_pipeline.stages.permits import take_permit

Rows = tuple[tuple[int, ...], ...]
"""Operations that travel in one request, by the row they travel in."""

REQUEST_SECONDS = 20  # the client's limit for one request: less than what a freshly renewed lease has left
LATEST_EFFECT_SECONDS = 30
"""Longer than any request of ours is waited for. Until then one without an answer may still take effect: after our
timeout, or after the death of the process that sent it. A newer value of its records must not come before that."""


async def send(context: StageContext, destination: Destination, batch: SendingBatch) -> Reply:
    """Send a claimed batch. The store already says that it may have left.

    Raises:
        BusyError: the lease could run out while the request is under way; nothing was sent.
    """
    attempt = max(operation.attempts for operation in batch.operations)
    with bound_contextvars(batch=batch.batch_id, rows=len(batch.rows), attempt=attempt):
        return await _send(context, destination, batch)


async def _send(context: StageContext, destination: Destination, batch: SendingBatch) -> Reply:
    context.keeper.require(REQUEST_SECONDS)
    request = request_of(batch)
    reply = _decided(request, await destination.ask(request, span_id_of(batch.batch_id)))
    observe(context, reply.answer, batch.permit)
    for follower in _followers(batch):
        if not reply.is_accepted:
            break
        permit = await take_permit(context, follower.endpoint, batch.batch_id)
        context.keeper.require(REQUEST_SECONDS)
        reply = _decided(follower, await destination.ask(follower))
        observe(context, reply.answer, permit)
    return reply


def request_of(batch: SendingBatch) -> Request:
    """The one request in which these operations travel."""
    source = batch.reference_source
    rows = [_row(row) for row in rows_of(batch.endpoint, batch.operations)]
    is_single = len(rows) == 1
    match batch.endpoint:
        case contacts.TRANSACTION | contacts.ALONE:
            return contacts.transaction(source, rows[0]) if is_single else contacts.batch(source, rows)
        case gifts.TRANSACTION:
            return gifts.transaction(source, rows[0]) if is_single else gifts.batch(source, rows)
        case tags.BULK:
            return tags.bulk([pair for row in rows for pair in row])
        case _:
            return _bound(batch.operations[0]) if is_single else notes.bulk(rows)


def _row(operations: Sequence[SendingOperation]) -> Any:
    """One row of a request of many: payloads, or the body of the request that an operation is bound to."""
    first, *others = operations
    if others:
        return laid_over(operation.payload for operation in operations)
    return first.payload if first.request is None else first.request["body"]


def _bound(operation: SendingOperation) -> Request:
    if operation.request is None:
        raise ValueError(f"operation {operation.operation_id} is planned without a request")
    return Request.from_document(operation.request)


def _decided(request: Request, reply: Reply) -> Reply:
    """What is to be removed and is not there is removed."""
    if request.method == "DELETE" and reply.is_missing:
        return Reply(replace(reply.answer, outcome=Outcome.ACCEPTED))
    return reply


def _followers(batch: SendingBatch) -> tuple[Request, ...]:
    """Calls that an operation needs after its first one, such as removing a second tag."""
    bound: Mapping[str, Any] | None = batch.operations[0].request
    return () if bound is None or len(batch.operations) > 1 else Request.from_document(bound).followers


def why_undecided(answer: Answer) -> str:
    """The reason kept with what was sent and is not settled."""
    match answer.outcome:
        case Outcome.UNREACHED:
            happened = "could not be reached"
        case Outcome.REFUSED:
            happened = "does not take this at that address"
        case _:
            happened = "gave no answer"
    return f"Virtuous {happened} ({answer.detail})"


def halves(rows: Rows) -> tuple[Rows, Rows]:
    middle = len(rows) // 2
    return rows[:middle], rows[middle:]


def bury(context: StageContext, batch: SendingBatch, answer: Answer) -> bool:
    """Make a dead letter of a lone refused operation; False when that is only a part of it, and the rest goes on."""
    (operation,) = batch.operations
    groups = groups_to_part_with(answer.fields) if batch.endpoint in COALESCED else ()
    if groups and context.sending.split(operation, groups, answer.detail):
        return False
    context.sending.dead(batch.ids, answer.detail)
    return True
