"""One page asked for until there is an answer: pace, tries, and what the answer means."""

import re
from random import Random
from typing import Any

import httpx
import structlog

from sync_pipeline.adapters.source.body import NotJsonError, decode
from sync_pipeline.adapters.source.pace import Pace
from sync_pipeline.adapters.source.place import Place
from sync_pipeline.adapters.source.retry import Backoff, Trouble, status_trouble, transport_trouble
from sync_pipeline.adapters.source.verdict import given_up, refusal
from sync_pipeline.ports import Clock
from sync_pipeline.telemetry import span

log = structlog.get_logger()

TRIES_OF_GIVEN_UP = 2


class Fetcher:
    """All requests of one source; `sent` tells how they carry the token. `requests` counts them, retries included."""

    def __init__(self, client: httpx.AsyncClient, clock: Clock, pace: Pace, random: Random, sent: str) -> None:
        self._client = client
        self._sent = sent
        self._clock = clock
        self._pace = pace
        self._backoff = Backoff(random)
        self._answers = 0
        self._given_up_after = -1
        self.requests = 0

    @property
    def pauses(self) -> int:
        return self._pace.pauses

    async def fetch(self, place: Place, address: httpx.URL, tries: int) -> Any:
        """The decoded JSON body at `address`.

        A 429 counts as a failed try only while nobody gets through: with several requests at once, one of them may
        lose the race for a freed quota again and again though the read is getting on. Who has not answered anything
        since all tries were used up gets few more: a dead source with ten streams would last for an hour.

        Raises:
            SourceRefused: 401 or 403.
            SourceError: an answer that a retry cannot mend, or tries used up.
            ParkedError: as `Pace.turn`.
        """
        failures = 0
        answers = self._answers
        if self._given_up_after == answers:
            tries = min(tries, TRIES_OF_GIVEN_UP)
        while True:
            await self._pace.turn()
            outcome = await self._attempt(place, address)
            if not isinstance(outcome, Trouble):
                self._answers += 1
                return outcome[0]
            if not (outcome.throttled and self._answers > answers):
                failures += 1
            answers = self._answers
            if failures >= tries:
                self._given_up_after = answers
                raise given_up(outcome, place, tries)
            await self._wait(place, outcome, failures)

    async def _attempt(self, place: Place, address: httpx.URL) -> tuple[Any] | Trouble:
        self.requests += 1
        with span("request", stream=place.stream, page=place.page) as request:
            try:
                response = await self._client.get(address)
            except (httpx.TransportError, httpx.DecodingError) as error:
                request.note(error=type(error).__name__)
                return transport_trouble(error)
            request.note(status=response.status_code)
            log.debug("source_answered", status=response.status_code)
        if trouble := status_trouble(response, self._clock.now()):
            return trouble
        if error := refusal(response, place, self._sent):
            raise error
        try:
            return (decode(response.content),)
        except NotJsonError:
            return Trouble(what=_not_json(response), not_json=True)

    async def _wait(self, place: Place, trouble: Trouble, failures: int) -> None:
        seconds = self._backoff.wait(trouble, failures)
        log.debug("source_retry_planned", stream=place.stream, page=place.page, reason=trouble.what, seconds=seconds)
        if trouble.holds_all:
            self._pace.pause(seconds, throttled=trouble.throttled)
        else:
            await self._pace.wait(seconds, "the source asked to wait")


def _not_json(response: httpx.Response) -> str:
    """A page for people, such as that of a login, is known by its type."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    named = f" ({kind})" if re.fullmatch(r"[\w.+-]+/[\w.+-]+", kind) else ""
    return f"{len(response.content)} bytes that are not JSON{named}"
