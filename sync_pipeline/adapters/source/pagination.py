"""What follows a page: the address of the next one, or none."""

import httpx

from sync_pipeline.adapters.source.body import MISSING, kind_of, look_up
from sync_pipeline.adapters.source.links import resolve
from sync_pipeline.adapters.source.place import Place, shape_error
from sync_pipeline.domain.configuration.connector import Cursor, NextLink, Pagination, SinglePage
from sync_pipeline.domain.errors import ConfigurationError

# VOMO's specification shows the text "null" where the live API answers null (reference: VOMO audit 6).
ENDS = (None, "", "null")


def next_address(
    pagination: Pagination, place: Place, first: httpx.URL, requested: httpx.URL, body: object
) -> httpx.URL | None:
    """The address of the page after the one at `requested`; None at the end of the read.

    Raises:
        SourceError: the body names the next page in another shape, or on another host.
        ConfigurationError: a kind of pagination that this version does not read.
    """
    match pagination:
        case NextLink():
            return _linked(pagination, place, requested, body)
        case Cursor():
            return _continued(pagination, place, first, body)
        case SinglePage():
            return None
        case _:
            raise ConfigurationError(
                f"Stream {place.stream} has pagination `{pagination.kind}`, which this version cannot read.",
                "Use `next_link`, `cursor` or `none` in the connector.",
            )


def _linked(pagination: NextLink, place: Place, requested: httpx.URL, body: object) -> httpx.URL | None:
    link = look_up(body, pagination.path)
    if link is MISSING:
        # A body that lost the object of its links would end the read early, and the rest would look deleted.
        parent = pagination.path.split(".")[0]
        if parent != pagination.path and look_up(body, parent) is MISSING:
            raise shape_error(place, f"the next page's link at `{pagination.path}`", f"no `{parent}`")
        return None
    if link in ENDS:
        return None
    if not isinstance(link, str):
        raise shape_error(place, f"a link or null at `{pagination.path}`", kind_of(link))
    return resolve(place, requested, link)


def _continued(pagination: Cursor, place: Place, first: httpx.URL, body: object) -> httpx.URL | None:
    cursor = look_up(body, pagination.path)
    if cursor is MISSING or cursor in ENDS:
        return None
    if isinstance(cursor, bool) or not isinstance(cursor, str | int):
        raise shape_error(place, f"text, a number or null at `{pagination.path}`", kind_of(cursor))
    return first.copy_set_param(pagination.parameter, cursor)
