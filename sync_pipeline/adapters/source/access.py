"""One account of a platform: its address, its connector, and the lists they describe."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import httpx

from sync_pipeline.adapters.source.asking import address_below
from sync_pipeline.adapters.source.listing import Listing, Parent
from sync_pipeline.adapters.source.windows import Windows
from sync_pipeline.domain.configuration import Connector, ConnectorStream
from sync_pipeline.domain.configuration.connector import QueryAuth
from sync_pipeline.domain.configuration.pagination import Paging, SinceUntil, SinglePage


@dataclass(frozen=True, slots=True)
class Access:
    """Where one customer's account is, and how its connector says to read it."""

    base: str
    connector: Connector
    now: Callable[[], datetime]

    @property
    def hidden(self) -> str | None:
        """The query parameter that carries the token: a link that echoes it is stripped of it."""
        auth = self.connector.auth
        return auth.name if isinstance(auth, QueryAuth) else None

    def listing(self, name: str, stream: ConnectorStream, address: httpx.URL) -> Listing:
        return Listing(name, stream, _paging(stream), address, self.hidden)

    def listing_to_try(
        self, name: str, stream: ConnectorStream, address: httpx.URL, since: datetime | None = None
    ) -> Listing:
        """A list to see one page of: of a stream in windows, the newest one; all `since` where they filter by that."""
        paging = stream.pagination
        if not isinstance(paging, SinceUntil):
            return self.listing(name, stream, address)
        windows = self.windows(name, stream, paging, address, None)
        return windows.newest() if since is None or not _filters(stream, paging) else windows.since(since)

    def listing_below(self, name: str, stream: ConnectorStream, parent: Parent) -> Listing:
        """The list of one parent's records."""
        return Listing(
            name,
            stream,
            _paging(stream),
            address_below(self.base, name, stream, parent),
            self.hidden,
            parent,
            f" (below record {parent.number} of {parent.stream})",
        )

    def windows(
        self,
        name: str,
        stream: ConnectorStream,
        paging: SinceUntil,
        address: httpx.URL,
        since: datetime | None,
        after: str | None = None,
    ) -> Windows:
        """The windows start at `since` only where they filter by the modified time, which is what `since` means.

        With `after`, the end of a window that was read before, they go on from there.
        """
        filtered = _filters(stream, paging)
        floor = since if since is not None and filtered else paging.first_moment
        floor = floor if after is None else datetime.fromisoformat(after)
        whole = self.listing(name, stream, address)
        return Windows(paging, whole, floor, self.now, stream.modified if filtered else None)


def _filters(stream: ConnectorStream, paging: SinceUntil) -> bool:
    """Whether the windows go by the modified time."""
    return stream.modified is not None and stream.modified.parameter == paging.since


def _paging(stream: ConnectorStream) -> Paging:
    paging = stream.pagination
    return SinglePage(kind="none") if paging is None or isinstance(paging, SinceUntil) else paging
