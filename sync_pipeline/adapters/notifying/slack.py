"""Slack, by `chat.postMessage` (https://docs.slack.dev/reference/methods/chat.postMessage)."""

import http.client
import re
from datetime import timedelta
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sync_pipeline.domain.alerts.notices import Notice, Outcome, Posting

SECONDS = 5
EVENT = "sync_pipeline_notice"
BEFORE = timedelta(minutes=1)
"""The clocks of Slack and of this host differ by less."""
LOOKED_THROUGH = 200
UNDECIDED = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
"""Slack says of these that some of it may have happened."""
NO_ANSWER = 500
WORD = re.compile(r"[a-z_]+")
TOO_MANY = 429


class SlackNotifier:
    """Implements ports.Notifier. Every message carries its number, by which it is found again without an answer."""

    def __init__(self, token: str, base_url: str) -> None:
        # slack_sdk repeats a request whose connection was cut, which may say everything twice: retries are ours.
        self._client = WebClient(token, base_url=f"{base_url.rstrip('/')}/", timeout=SECONDS, retry_handlers=[])

    def post(self, notice: Notice, channel: str, text: str) -> Posting:
        payload = {"event_type": EVENT, "event_payload": {"notice": notice.notice_id}}
        try:
            self._client.chat_postMessage(
                channel=channel, text=text, metadata=payload, unfurl_links=False, unfurl_media=False
            )
        except SlackApiError as error:
            return _refusal(error)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Posting(Outcome.LATER if _never_reached(error) else Outcome.UNKNOWN, type(error).__name__)
        return Posting(Outcome.SENT)

    def has(self, notice: Notice) -> bool | None:
        """Needs the scope channels:history (groups:history in a private channel), and a channel's id for its name."""
        if notice.attempted_at is None:
            return False
        try:
            answer = self._client.conversations_history(
                channel=notice.channel,
                oldest=str((notice.attempted_at - BEFORE).timestamp()),
                include_all_metadata=True,
                limit=LOOKED_THROUGH,
            )
        except (SlackApiError, OSError, http.client.HTTPException, ValueError):
            return None
        told = [message.get("metadata") or {} for message in answer.get("messages") or []]
        return any(
            one.get("event_type") == EVENT and one.get("event_payload", {}).get("notice") == notice.notice_id
            for one in told
        )


def _refusal(error: SlackApiError) -> Posting:
    response = error.response
    status = int(getattr(response, "status_code", 0) or 0)
    reason = str(response.get("error") or "")
    if WORD.fullmatch(reason) is None:  # slack_sdk puts a whole page that is no JSON into it
        return Posting(Outcome.UNKNOWN, f"an answer that is not Slack's (HTTP {status})")
    if status == TOO_MANY or reason == "ratelimited":
        return Posting(Outcome.LATER, "ratelimited", _asked_to_wait(response.headers.get("Retry-After", "")))
    if status >= NO_ANSWER or reason in UNDECIDED:
        return Posting(Outcome.UNKNOWN, reason)
    return Posting(Outcome.REFUSED, reason)


def _asked_to_wait(value: object) -> timedelta | None:
    text = value[0] if isinstance(value, list) and value else value
    return timedelta(seconds=int(text)) if isinstance(text, str) and text.isdecimal() else None


def _never_reached(error: BaseException) -> bool:
    cause = error.reason if isinstance(error, URLError) else error
    return isinstance(cause, ConnectionRefusedError) or type(cause).__name__ == "gaierror"
