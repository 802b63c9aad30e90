"""The second channel: a line of JSON in a file, and an event in the log, for whatever watches those."""

import json
import os
from datetime import timedelta
from pathlib import Path

import structlog

from sync_pipeline.domain.alerts.notices import Notice, Outcome, Posting
from sync_pipeline.ports import Clock

log = structlog.get_logger()

PRIVATE = 0o600


class SecondChannel:
    """Implements ports.LastResort, and ports.Notifier where Slack is not configured."""

    def __init__(self, file: Path, clock: Clock) -> None:
        self._file = file
        self._clock = clock

    def say(self, notice: Notice, reason: str) -> None:
        self._write(notice, notice.channel, notice.text, reason)

    def post(self, notice: Notice, channel: str, text: str) -> Posting:
        try:
            self._write(notice, channel, text, "Slack is not configured")
        except OSError as error:
            return Posting(Outcome.LATER, type(error).__name__, timedelta(minutes=1))
        return Posting(Outcome.SENT)

    def has(self, notice: Notice) -> bool | None:
        """A line that a killed process wrote is there to be read."""
        try:
            lines = self._file.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return any(f'"notice": {notice.notice_id},' in line for line in lines)

    def _write(self, notice: Notice, channel: str, text: str, reason: str) -> None:
        log.error("alert", notice=notice.notice_id, channel=channel, text=text, not_in_slack=reason)
        line = {"notice": notice.notice_id, "at": self._clock.now().isoformat(), "channel": channel, "text": text}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        opened = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE)
        with os.fdopen(opened, "a", encoding="utf-8") as file:
            file.write(json.dumps(line | {"not_in_slack": reason}) + "\n")
            file.flush()
            os.fsync(file.fileno())
