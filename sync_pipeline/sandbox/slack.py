"""Slack as far as the pipeline uses it. It refuses with 200 and `ok: false` (docs.slack.dev/reference/methods)."""

from typing import Any
from urllib.parse import parse_qs

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from sync_pipeline.sandbox.answers import json_answer
from sync_pipeline.sandbox.gate import SLACK, Call
from sync_pipeline.sandbox.slack_workspace import SlackWorkspace

SlackCall = Call[SlackWorkspace]
_LONGEST = 40_000


def post_message(call: SlackCall) -> Response:
    workspace, asked = call.organization, _asked(call)
    text = asked.get("text") or ""
    if (channel := workspace.channel(asked.get("channel", ""))) is None:
        return _refused("channel_not_found")
    if not text:
        return _refused("no_text")
    if len(text) > _LONGEST:
        return _refused("msg_too_long")
    message = workspace.post(channel, text, asked.get("metadata"), call.now)
    return json_answer({"ok": True, "channel": channel, "ts": message["ts"], "message": message})


def history(call: SlackCall) -> Response:
    """The newest first; a channel goes by its id here, and the token needs a scope for it."""
    workspace, asked = call.organization, _asked(call)
    if "channels:history" not in workspace.scopes:
        return _refused("missing_scope")
    channel = asked.get("channel", "")
    if channel not in workspace.channels:
        return _refused("channel_not_found")
    oldest, limit = float(asked.get("oldest") or 0), int(asked.get("limit") or 100)
    found = [one for one in workspace.messages if one["channel"] == channel and float(one["ts"]) >= oldest]
    shown = [_without_metadata(one) if not asked.get("include_all_metadata") else one for one in reversed(found)]
    return json_answer({"ok": True, "messages": shown[:limit], "has_more": len(shown) > limit})


def unknown_method(_: SlackCall) -> Response:
    return _refused("unknown_method")


def _asked(call: SlackCall) -> dict[str, Any]:
    """Arguments arrive as JSON or as a form."""
    if call.request.headers.get("Content-Type", "").startswith("application/json"):
        return msgspec.json.decode(call.body, type=dict[str, Any])
    return {name: values[0] for name, values in parse_qs(call.body.decode()).items()}


def _without_metadata(message: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name != "metadata"}


def _refused(error: str) -> Response:
    return json_answer({"ok": False, "error": error})


ROUTES: list[Route] = [
    SLACK.route("POST", "/slack/api/chat.postMessage", post_message),
    SLACK.route("POST", "/slack/api/conversations.history", history),
    SLACK.everything_else("/slack/api/{rest:path}", unknown_method),
]
