"""Sending messages: each arrives once, whatever happens to Slack or to this process."""

from datetime import timedelta

import structlog

from sync_pipeline.domain.alerts.notices import Notice, NoticeState, Outcome, Posting, next_try
from sync_pipeline.ports import AlertBook, Clock, LastResort, Notifier
from sync_pipeline.stages.alerting.telling import Audience

log = structlog.get_logger()

NOT_THIS_CHANNEL = frozenset({"channel_not_found", "is_archived", "not_in_channel", "restricted_action"})
PERHAPS_AGAIN = ":repeat: (The answer to this message got lost: you may have read it before.)\n"
PATIENT_FOR = 3
"""So many tries later the second channel says it as well."""


def send_due(
    book: AlertBook, notifier: Notifier, last_resort: LastResort, audience: Audience, clock: Clock, seconds: float
) -> int:
    """Send what is due, as far as there is time for it; answers how many arrived."""
    ends_at = clock.monotonic() + seconds
    arrived = 0
    for notice in book.due():
        if clock.monotonic() >= ends_at:
            break
        arrived += _send(book, notifier, last_resort, audience, clock, notice)
    return arrived


def _send(
    book: AlertBook, notifier: Notifier, last_resort: LastResort, audience: Audience, clock: Clock, notice: Notice
) -> bool:
    is_there = notifier.has(notice) if notice.state is NoticeState.SENDING else False
    if is_there:
        book.sent(notice)
        return True
    if not book.begin_sending(notice):
        return False
    text = PERHAPS_AGAIN + notice.text if is_there is None else notice.text
    posting = notifier.post(notice, notice.channel, text)
    if posting.outcome is Outcome.REFUSED and posting.reason in NOT_THIS_CHANNEL and notice.channel != audience.channel:
        log.warning("channel_refused", notice=notice.notice_id, channel=notice.channel, reason=posting.reason)
        posting = notifier.post(notice, audience.channel, f"(for {notice.channel}: {posting.reason})\n{text}")
    if posting.outcome is Outcome.SENT:
        book.sent(notice)
        return True
    _keep(book, last_resort, clock, notice, posting)
    return False


def _keep(book: AlertBook, last_resort: LastResort, clock: Clock, notice: Notice, posting: Posting) -> None:
    """It is sent again later. One that may have arrived stays in doubt until then, and is looked for first."""
    attempts = notice.attempts + 1
    if not notice.is_spoken and (posting.outcome is Outcome.REFUSED or attempts >= PATIENT_FOR):
        last_resort.say(notice, posting.reason)
        book.spoken(notice)
    if posting.outcome is not Outcome.UNKNOWN:
        wait: timedelta = next_try(attempts, posting.wait)
        book.try_again(notice, clock.now() + wait, posting.reason)
