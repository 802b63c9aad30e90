"""Addresses: which links may be followed, and which can be counted ahead."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl

import httpx

from sync_pipeline.adapters.source.place import Place
from sync_pipeline.domain.errors import SourceError

WHOLE_NUMBER = re.compile(r"^(0|[1-9]\d{0,14})$", re.ASCII)


def resolve(place: Place, requested: httpx.URL, link: str, hidden: str | None = None) -> httpx.URL:
    """A link of the page at `requested`, absolute, without the parameter `hidden`: a token that it echoes.

    Raises:
        SourceError: it leads to another scheme, host or port: the token never goes there.
    """
    try:
        address = requested.join(link).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError) as error:
        raise SourceError(
            f"{place} names a next page whose address cannot be read.",
            "Correct `pagination.path` of the connector, or report the broken link to the platform.",
        ) from error
    if _origin(address) != _origin(requested) or address.userinfo:
        raise SourceError(
            f"{place} links to {describe_origin(address)}, but this source is {describe_origin(requested)}; "
            "the link was not followed.",
            "If the platform moved, set `base_url` of the source to the new address; otherwise report the link to it.",
        )
    return address.copy_remove_param(hidden) if hidden and hidden in address.params else address


def describe_origin(address: httpx.URL) -> str:
    """Scheme, host and port only: a path or a query may hold data."""
    port = "" if address.port is None else f":{address.port}"
    return f"{address.scheme}://{address.host}{port}"


@dataclass(frozen=True, slots=True)
class CountedPages:
    """Pages whose addresses differ by one number only: the address of one, and where its number stands."""

    one: httpx.URL
    before: bytes
    number: int
    after: bytes

    def addresses(self, first: int, last: int) -> Iterator[tuple[int, httpx.URL]]:
        """Each page with its address, from this one, which is page `first` of the read, to page `last`."""
        for page in range(first, last + 1):
            count = str(self.number + page - first).encode()
            yield page, self.one.copy_with(query=self.before + count + self.after)


def counted(requested: httpx.URL, link: httpx.URL) -> CountedPages | None:
    """The pages that a next link lets us count: it is the address just asked for, with one number raised by one.

    A first page asked for without the number counts as page 0 or page 1.
    """
    had, has = Counter(requested.params.multi_items()), Counter(link.params.multi_items())
    added, removed = has - had, had - has
    if requested.path != link.path or added.total() != 1 or removed.total() > 1:
        return None
    [(name, text)] = added
    previous = [value for other, value in had.elements() if other == name]
    if WHOLE_NUMBER.match(text) is None or removed != Counter((name, value) for value in previous):
        return None
    if text not in _successors(previous):
        return None
    return _split(link, name, text)


def _successors(previous: list[str]) -> tuple[str, ...]:
    if not previous:
        return "1", "2"
    return (str(int(previous[0]) + 1),) if WHOLE_NUMBER.match(previous[0]) else ()


def _split(link: httpx.URL, name: str, text: str) -> CountedPages | None:
    """Around the number every byte stays as the source spells it, so that predicted and real links are equal."""
    parts = link.query.split(b"&")
    for position, part in enumerate(parts):
        if parse_qsl(part.decode("ascii")) == [(name, text)] and part.endswith(f"={text}".encode()):
            before = b"&".join([*parts[:position], part.removesuffix(text.encode())])
            after = b"".join(b"&" + later for later in parts[position + 1 :])
            return CountedPages(one=link, before=before, number=int(text), after=after)
    return None


def _origin(address: httpx.URL) -> tuple[str, bytes, int | None]:
    return address.scheme, address.raw_host, address.port
