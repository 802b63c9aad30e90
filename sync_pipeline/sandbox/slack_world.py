"""What `World` can do on Slack's side."""

from collections.abc import Collection, Mapping
from copy import deepcopy
from threading import RLock
from typing import Any

from sync_pipeline.sandbox.organizations import UnknownTokenError
from sync_pipeline.sandbox.slack_workspace import EVERY_SCOPE, SlackWorkspace


class SlackWorld:
    """The part of `World` about Slack workspaces, by token."""

    lock: RLock
    slack: dict[str, SlackWorkspace]

    def add_slack(self, token: str, channels: Mapping[str, str], scopes: Collection[str] = EVERY_SCOPE) -> None:
        """`channels` maps the id of a channel to its name."""
        with self.lock:
            self.slack[token] = SlackWorkspace(token, channels, scopes)

    def slack_messages(self, token: str) -> list[dict[str, Any]]:
        """Every message in its order: {channel, ts, text, metadata}."""
        with self.lock:
            if token not in self.slack:
                raise UnknownTokenError
            return deepcopy(self.slack[token].messages)
