"""A Slack workspace: its channels, and what was said in them."""

from collections.abc import Collection, Mapping
from typing import Any

from sync_pipeline.sandbox.books import Books

EVERY_SCOPE = ("chat:write", "channels:history")


class SlackWorkspace:
    """`channels` maps the id of a channel to its name. Messages are kept in their order."""

    quota = None  # Slack takes a message a second in a channel; nobody here comes near it

    def __init__(self, token: str, channels: Mapping[str, str], scopes: Collection[str] = EVERY_SCOPE) -> None:
        self.token = token
        self.channels = dict(channels)
        self.scopes = set(scopes)
        self.messages: list[dict[str, Any]] = []
        self.books = Books()

    def channel(self, name: str) -> str | None:
        """The id of a channel that is named by its id, or by its name with or without #."""
        if name in self.channels:
            return name
        return next((number for number, known in self.channels.items() if known == name.removeprefix("#")), None)

    def post(self, channel: str, text: str, metadata: Any, now: float) -> dict[str, Any]:
        # The number after the point keeps two messages of one moment apart, as at Slack.
        ts = f"{int(now)}.{len(self.messages):06}"
        message = {"type": "message", "channel": channel, "ts": ts, "text": text, "metadata": metadata}
        self.messages.append(message)
        return message

    def report(self) -> dict[str, Any]:
        return self.books.report() | {"messages": len(self.messages)}
