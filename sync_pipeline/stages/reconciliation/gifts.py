"""Gifts: a held transaction is none yet; once it is one, it shows the transaction it was made of."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sync_pipeline.domain.confirmation import Author, Drift, Reconciled, Sent
from sync_pipeline.domain.crm import contacts, gifts
from sync_pipeline.domain.crm.gift_values import differing, gift_reference
from sync_pipeline.domain.crm.reading import listing, record_id
from sync_pipeline.domain.needs import CrmId, Need
from sync_pipeline.stages.applied_ledger.looking import Looking
from sync_pipeline.stages.context import StageContext
from sync_pipeline.stages.reconciliation.finding import LOOK_UPS

A_DAY = timedelta(days=1)
FUTILE = 20
INVISIBLE = "Virtuous accepted it and does not show the gift: run its import, or look there for what it set aside"
DIFFERENT = "Virtuous shows this gift with other facts: {fields}. Correct it there by hand, or at the source"


async def confirm_gifts(context: StageContext, looking: Looking, account: Reconciled, old: datetime) -> None:
    """Confirm the gifts that show; those accepted before `old` that do not are reviews."""
    streams = [name for name, stream in context.customer.streams.items() if stream.recipe.writes == "gift"]
    sent = context.confirming.sent(streams, kind="gift")
    account.unconfirmed += len(sent)
    if not sent:
        return
    shown, absent = await _find(looking, sent, old)
    confirmed: dict[int, CrmId] = {}
    reviews: dict[int, str] = {}
    facts = _facts(context, sent)
    for one in sent:
        gift = shown.get(one.need)
        if gift is not None:
            wrong = differing(facts.get(one.operation_id, {}), gift)
            gift_id = record_id(gift)
            if wrong:
                account.drifts.append(Drift(one.stream, one.key, tuple(sorted(wrong)), Author.OURS))
                reviews[one.operation_id] = DIFFERENT.format(fields=", ".join(sorted(wrong)))
            elif gift_id is not None:
                confirmed[one.operation_id] = CrmId(gift_id, record_id(gift, "contactId"))
        elif one.need in absent and one.accepted_at < old:
            reviews[one.operation_id] = INVISIBLE
    context.confirming.confirmed(confirmed)
    context.confirming.review(reviews)
    account.compared += len(shown)
    account.confirmed += len(confirmed)
    account.reviewed += len(reviews)
    account.unconfirmed -= len(confirmed) + len(reviews)


async def _find(looking: Looking, sent: Sequence[Sent], old: datetime) -> tuple[dict[Need, Any], set[Need]]:
    """The gifts by their transactions, and which are proven not to be there."""
    wanted = {(one.need.source, one.need.reference): one.need for one in sent}
    shown: dict[Need, Any] = {}
    async for gift in _modified_since(looking, min(one.accepted_at for one in sent) - A_DAY):
        reference = gift_reference(gift)
        if reference in wanted:
            shown[wanted[reference]] = gift
    absent: set[Need] = set()
    left = sorted({one.need for one in sent if one.need not in shown and (one.accepted_at < old or not shown)})
    for need in left[:LOOK_UPS]:
        reply = await looking.ask(gifts.by_transaction(need.source, need.reference))
        if reply.is_missing:
            absent.add(need)
        elif reply.is_accepted and record_id(reply.document) is not None:
            shown[need] = reply.document
        if len(absent) > FUTILE and not shown:
            break  # most likely the import has not run: more look-ups would find nothing either
    return shown, absent


async def _modified_since(looking: Looking, since: datetime) -> AsyncIterator[Mapping[str, Any]]:
    """Gifts that changed since then; none where the organization has no such condition, or refuses it."""
    options = await looking.ask(gifts.query_options())
    parameter = contacts.modified_parameter(options.document)
    if parameter is None:
        return
    condition, skip = contacts.modified_condition(*parameter, since), 0
    while True:
        reply = await looking.ask(gifts.query([condition], skip))
        page = listing(reply.document) if reply.is_accepted else None
        if page is None:
            return
        for row in page.rows:
            yield row
        if page.reaches(skip, gifts.LARGEST_PAGE):
            return
        skip += len(page.rows)


def _facts(context: StageContext, sent: Sequence[Sent]) -> dict[int, Mapping[str, str | None]]:
    """The fields of each gift as its source has them now; a gift is final, so these are what was sent."""
    facts: dict[int, Mapping[str, str | None]] = {}
    for stream in {one.stream for one in sent}:
        snapshot = context.cuts.diffed_snapshot(context.customer.id, stream)
        if snapshot is None:
            continue
        mapping = context.mapping(stream)
        mine = {one.key: one.operation_id for one in sent if one.stream == stream}
        rows = context.snapshots.rows(context.stream_name(stream), snapshot, list(mine), mapping.columns)
        facts |= {mine[record.key]: record.fields for record in mapping.apply(rows) if record.matches}
    return facts
