"""What `alerts list` and `alerts test` do and answer."""

from typing import Any

from sync_pipeline.adapters.logs import configure_logs
from sync_pipeline.domain.alerts.notices import Notice, NoticeState, Outcome
from sync_pipeline.domain.alerts.summary import summary_text
from sync_pipeline.domain.errors import ConfigurationError, SyncError
from sync_pipeline.workplace import Workplace

TEXT = ":wave: This is a test by `sync-pipeline alerts test`. Alerts arrive here."
REMEDIES = {
    "channel_not_found": "SYNC_SLACK_CHANNEL: write the channel's id (C0123…, at the end of its details in Slack).",
    "invalid_auth": "SYNC_SLACK_TOKEN: copy the app's Bot User OAuth Token (xoxb-…) once more.",
    "missing_scope": "Give the Slack app the scopes chat:write and channels:history, and install it again.",
    "not_in_channel": "Invite the Slack app into the channel: /invite @its-name.",
    "token_revoked": "SYNC_SLACK_TOKEN: install the Slack app again, and copy its new token.",
}
UNREACHED = "SYNC_SLACK_BASE_URL: is that address right, and can this host reach it?"


class NotDeliveredError(SyncError):
    """A test message that did not arrive."""

    code = "alert_not_delivered"


def alerts_document() -> dict[str, Any]:
    workplace = Workplace()
    try:
        alerts, unsent = workplace.state.alerts.open_alerts().values(), workplace.state.alerts.unsent()
    finally:
        workplace.close()
    shown = sorted(alerts, key=lambda alert: (alert.problem.severity.value, alert.since))
    return {
        "alerts": [
            {
                "customer_id": alert.problem.subject.customer_id or None,
                "problem": alert.problem.subject.name,
                "part": alert.problem.subject.part or None,
                "severity": alert.problem.severity.value,
                "since": alert.since.isoformat(),
                "said": alert.problem.said,
                "remedy": alert.problem.remedy,
            }
            for alert in shown
        ],
        "messages_not_arrived": unsent,
    }


def summary_document() -> dict[str, Any]:
    """The summary as it would be sent now.

    Raises:
        ConfigurationError: the customers' folder cannot be read.
    """
    workplace = Workplace()
    try:
        return {"text": summary_text(workplace.summary(workplace.fleet()))}
    finally:
        workplace.close()


def send_test(channel: str | None) -> dict[str, Any]:
    """Send one message, at once and once.

    Raises:
        ConfigurationError: Slack is configured and no channel is.
        NotDeliveredError: it did not arrive.
    """
    configure_logs()
    workplace = Workplace()
    settings = workplace.settings
    target = channel or settings.slack_channel
    try:
        if settings.slack_token is not None and target is None:
            raise ConfigurationError(
                "SYNC_SLACK_TOKEN is set and no channel is.", "Set SYNC_SLACK_CHANNEL, or give --channel."
            )
        wanted = target or workplace.audience({}).channel
        notice = Notice(0, wanted, TEXT, NoticeState.QUEUED, 0, None, is_spoken=False)
        posting = workplace.notifier.post(notice, wanted, TEXT)
    finally:
        workplace.close()
    if posting.outcome is not Outcome.SENT:
        raise NotDeliveredError(
            f"The message did not arrive: {posting.reason}.", REMEDIES.get(posting.reason, UNREACHED)
        )
    through = "Slack" if settings.slack_token is not None else f"the second channel ({settings.home / 'alerts.jsonl'})"
    return {"channel": wanted, "through": through, "sent": True}
