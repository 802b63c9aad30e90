"""Answers that no further try will mend, each with what a person can do about it."""

import re
from collections.abc import Iterable
from http import HTTPStatus

import httpx

from sync_pipeline.adapters.source.links import describe_origin
from sync_pipeline.adapters.source.place import Place, shape_error
from sync_pipeline.adapters.source.retry import Trouble
from sync_pipeline.domain.errors import SourceError, SourceRefused, SourceUnavailable, TokenRefused

RENEW = (
    "Renew the token of this source and store it where the customer's file points to. It was sent {sent}: if it never "
    "worked, compare that with how the platform wants it. Some platforms give API access only on request; VOMO's is "
    "off until the organization's VOMO contact enables it."
)
RIGHTS = (
    "Give the token the right to read this stream, or renew it. Some platforms give API access only on request; "
    "VOMO's is off until the organization's VOMO contact enables it."
)


class UnusableStatus(SourceError):
    """An answer whose status no further try mends. Its body is kept to be searched, and never shown."""

    def __init__(self, message: str, remedy: str, response: httpx.Response) -> None:
        super().__init__(message, remedy)
        self.status = response.status_code
        self._content = response.content

    def names_any(self, words: Iterable[str]) -> bool:
        """Whether the body of the answer says one of these words."""
        return any(re.search(rb"\b%b\b" % re.escape(word.encode()), self._content) for word in words)


def refusal(response: httpx.Response, place: Place, sent: str) -> SourceError | None:
    """The final error that a status stands for; None for a 2xx. `sent` tells how the request carried the token."""
    status = response.status_code
    if response.is_success:
        return None
    if status == HTTPStatus.UNAUTHORIZED:
        return TokenRefused(f"{place}: the source does not accept the token (HTTP 401).", RENEW.format(sent=sent))
    if status == HTTPStatus.FORBIDDEN:
        return SourceRefused(f"{place}: the source accepts the token but denies access (HTTP 403).", RIGHTS)
    if status == HTTPStatus.NOT_FOUND:
        remedy = "Check `base_url` of the source and `path` of the connector."
        return UnusableStatus(f"{place}: path not found (HTTP 404).", remedy, response)
    if response.has_redirect_location:
        return SourceError(
            f"{place}: the source redirects (HTTP {status}) to {_target(response)}; redirects are not followed.",
            "Set `base_url` of the source to the final address.",
        )
    return UnusableStatus(
        f"{place}: the source answered HTTP {status}.",
        "Check `path` and `parameters` of the connector against the platform's documentation.",
        response,
    )


def given_up(trouble: Trouble, place: Place, tries: int) -> SourceError:
    """The error after the last try."""
    if trouble.not_json:
        return shape_error(place, "JSON", f"{trouble.what} at the last of {tries} tries")
    return SourceUnavailable(
        f"{place} could not be read: {trouble.what} at the last of {tries} tries.",
        "Nothing of this read is used before it is whole; the next run goes on with it. If it stays so, look at "
        "`base_url` of the source, or ask the platform.",
    )


def _target(response: httpx.Response) -> str:
    try:
        return describe_origin(response.url.join(response.headers["location"]))
    except (httpx.InvalidURL, ValueError):
        return "an address that cannot be read"
