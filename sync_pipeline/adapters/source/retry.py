"""What is worth another try, and how long to wait before it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from random import Random

import httpx

from sync_pipeline.adapters.source.links import describe_origin

SECONDS = re.compile(r"^\d{1,9}$", re.ASCII)
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
RETRIED_BELOW_500 = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


# The resolver's errors (getaddrinfo) on Linux and on macOS.
UNKNOWN_HOST = ("Errno -2]", "Errno -3]", "Errno -5]", "nodename nor servname")


@dataclass(frozen=True, slots=True)
class Trouble:
    """A try that failed in a way that may pass. `wait` is what the source asked for, in seconds."""

    what: str
    wait: float | None = None
    throttled: bool = False
    holds_all: bool = False
    not_json: bool = False


class Backoff:
    """1 s, doubling up to 60 s, each shortened by up to half at random so that retries do not march in step."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def wait(self, trouble: Trouble, failures: int) -> float:
        """Seconds before the next try, after `failures` failed ones."""
        if trouble.wait is not None:
            return trouble.wait
        # Who answers 200 is not overloaded: a body cut short is simply asked for again.
        doublings = 0 if trouble.not_json else min(max(failures, 1) - 1, 10)
        return min(FIRST_WAIT_SECONDS * 2**doublings, LONGEST_WAIT_SECONDS) * self._random.uniform(0.5, 1)


def status_trouble(response: httpx.Response, now: datetime) -> Trouble | None:
    """The trouble a status stands for; None when the status is an answer."""
    status = response.status_code
    if status not in RETRIED_BELOW_500 and status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return None
    wait = retry_after(response.headers.get("retry-after"), now)
    throttled = status == HTTPStatus.TOO_MANY_REQUESTS
    return Trouble(
        what=f"HTTP {status}",
        wait=wait,
        throttled=throttled,
        holds_all=throttled or (status == HTTPStatus.SERVICE_UNAVAILABLE and wait is not None),
    )


def transport_trouble(error: httpx.RequestError) -> Trouble:
    """The trouble of a request that got no whole answer."""
    if isinstance(error, httpx.TimeoutException):
        return Trouble(what="a timeout")
    if isinstance(error, httpx.ConnectError):
        return Trouble(what=f"no connection to {describe_origin(error.request.url)}{_connect_reason(str(error))}")
    return Trouble(what=f"a broken answer ({type(error).__name__})")


def _connect_reason(text: str) -> str:
    """What kind of refusal it was; the text itself is not ours to show."""
    if "SSL" in text or "TLS" in text:
        return " (no TLS: http or https?)"
    return " (no such host)" if any(words in text for words in UNKNOWN_HOST) else ""


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, however many; None when it asks for no wait that can be read."""
    if header is None:
        return None
    text = header.strip()
    if SECONDS.match(text):
        return float(text) or None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = (moment - now).total_seconds()
    return seconds if seconds > 0 else None
