"""The stage: deliver, then confirm what Virtuous accepted; once a week compare everything, and correct.

The daily reconciliation reads the contacts that changed since the first value that was not confirmed yet. The weekly
one reads all of them, and weighs source, acknowledged value and Virtuous against one another.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from sync_pipeline.domain.change import Change
from sync_pipeline.domain.confirmation import Reconciled, Sent
from sync_pipeline.domain.crm import contacts
from sync_pipeline.domain.errors import ParkedError
from sync_pipeline.domain.positions import CutRow, CutState
from sync_pipeline.domain.report import FAILURE_DETAILS, RunReport
from sync_pipeline.stages.applied_ledger import apply_ledger
from sync_pipeline.stages.applied_ledger.looking import Looking
from sync_pipeline.stages.context import StageContext
from sync_pipeline.stages.planning import CHANGES_PER_TRANSACTION, operations_for
from sync_pipeline.stages.reconciliation.comparing import Comparison
from sync_pipeline.stages.reconciliation.expected import expected_values
from sync_pipeline.stages.reconciliation.finding import find_contacts
from sync_pipeline.stages.reconciliation.gifts import confirm_gifts

log = structlog.get_logger()


async def reconcile_ledger(context: StageContext) -> RunReport:
    """Apply the ledger as every run does, reconcile, and deliver the corrections; the report has the account."""

    async def afterwards(looking: Looking) -> dict[str, Any]:
        return await reconcile(context, looking)

    return await apply_ledger(context, afterwards)


async def reconcile(context: StageContext, looking: Looking) -> dict[str, Any]:
    """Confirm and compare; answers the account. Only quota that delivering left is used."""
    account = Reconciled()
    account.superseded = context.confirming.supersede_overtaken()
    sent = context.confirming.sent(contact_streams(context), confirmed_too=context.run.is_full)
    old = context.clock.now() - timedelta(hours=context.customer.destination.review_after_hours)
    is_finished = True
    try:
        await _compare(context, looking, account, sent, old)
        account.unconfirmed = sum(not one.is_confirmed for one in sent) - account.confirmed - account.reviewed
        await confirm_gifts(context, looking, account, old)
    except ParkedError:
        is_finished = False  # what was delivered stays delivered; the next reconciliation goes on
    log.info("reconciled", confirmed=account.confirmed, unconfirmed=account.unconfirmed, corrected=account.corrected)
    return {**account.as_dict(FAILURE_DETAILS), "full": context.run.is_full, "finished": is_finished}


def contact_streams(context: StageContext) -> list[str]:
    streams = context.customer.streams.items()
    return [name for name, stream in streams if stream.recipe.writes == "contact"]


async def _compare(
    context: StageContext, looking: Looking, account: Reconciled, sent: list[Sent], old: datetime
) -> None:
    if not sent:
        return
    offset = context.clock.now().toordinal()
    found = await find_contacts(looking, sent, everybody=context.run.is_full, old=old, offset=offset)
    account.merged = found.merged
    comparison = Comparison(context, account, old)
    for need, contact in found.contacts.items():
        comparison.see(need, contact)
    for expected in expected_values(context, sent):
        contact = found.contacts.get(expected.sent.need)
        if contact is not None:
            comparison.compare(expected, contact)
        elif expected.sent.need in found.absent:
            comparison.missing(expected)
    comparison.settle()
    for stream, changes in comparison.corrections.items():
        account.corrected += _plan(context, stream, changes, comparison.alone[stream])


def _plan(context: StageContext, stream: str, changes: list[Change], alone: Collection[str]) -> int:
    """Corrections are planned as updates of the newest cut of this run, by the rules of every other change.

    Those of which batches seem to lose a part travel `alone`.
    """
    cut = _newest_cut(context, stream)
    if cut is None:
        return 0
    source = context.customer.sources[cut.source].reference_source
    corrected = 0
    for start in range(0, len(changes), CHANGES_PER_TRANSACTION):
        some = changes[start : start + CHANGES_PER_TRANSACTION]
        operations = [
            replace(operation, endpoint=contacts.ALONE) if change.key in alone and operation.endpoint else operation
            for change in some
            for operation in operations_for(context, change, stream, source)
        ]
        corrected += context.planning.correct(context.keeper.lease, cut, operations)
    return corrected


def _newest_cut(context: StageContext, stream: str) -> CutRow | None:
    cuts, _, _ = context.cuts.cuts_of_run(context.customer.id, context.run.run_id)
    mine = [cut for cut in cuts if cut.stream == stream and cut.state == CutState.PLANNED]
    return mine[-1] if mine else None
