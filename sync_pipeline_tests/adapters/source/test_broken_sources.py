"""Every way a source breaks that we know of: refused with place and remedy, no value of a record repeated.

What each kind does beside its message is tested where its behaviour is; this is the list of all.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from sync_pipeline.domain.cut import Strategy
from sync_pipeline.domain.errors import SourceError
from sync_pipeline_tests.adapters.source.support import CURSOR, Api, Handler, Script, open_source, page, read, stream

PERSON = "Jane Doe"
ON_PAGE_2 = "Page 2 of stream users"
ON_PAGE_1 = "Page 1 of stream users"
PLAIN = {"pagination": {"kind": "none"}, "total": None}
NUMBERED = stream(pagination={"kind": "page_number", "parameter": "page"})
SHIFTS = stream(path="/events/{id}/shifts", walk={"parent": "events"}, **PLAIN)
MORE = stream(pagination={"kind": "cursor", "path": "next", "parameter": "cursor", "more": "more"})
CHANGES = stream(changes={"parameter": "since", "path": "token"})
WINDOWS = stream(pagination={"kind": "since_until", "since": "a", "until": "b", "window": "7d", "start": "2026-02-01"})


@dataclass(frozen=True)
class Broken:
    """A source and the place, the reason and the part of the connector or file that its error must name."""

    source: Callable[[], Handler]
    place: str
    reason: str
    remedy: str
    described: dict[str, Any] = field(default_factory=stream)
    plan: dict[str, Any] = field(default_factory=dict)


def second(answer: httpx.Response | Exception) -> Callable[[], Handler]:
    """A good first page, then this answer for ever."""
    return lambda: Script(page([1], "?page=2"), answer)


def answers(*bodies: Any) -> Callable[[], Handler]:
    return lambda: Script(*(httpx.Response(200, json=body) for body in bodies))


def below(shifts: Any, events: Any = None) -> Callable[[], Handler]:
    """One event, and what is answered below it."""
    return lambda: Api({"/events": events or {"data": [{"id": 1}]}, "/events/1/shifts": shifts})


def second_window_fails() -> Handler:
    return Script(httpx.Response(200, json={"data": []}), httpx.Response(422, text=PERSON))


WALK = {"described": SHIFTS, "plan": {"strategy": Strategy.WALK_PARENTS}}
CHANGED = {"described": CHANGES, "plan": {"strategy": Strategy.CHANGES_SINCE}}
RECORDS = [{"id": 1, "name": PERSON}]
NOT_FOUND = "not found (HTTP 404)"

BROKEN = {
    "truncated JSON": Broken(
        second(httpx.Response(200, text=f'{{"data": [{{"{PERSON}')), ON_PAGE_2, "JSON", "`records`"
    ),
    "HTML with 200": Broken(
        second(httpx.Response(200, html=f"<p>{PERSON}")), ON_PAGE_2, "bytes that are not JSON (text/html)", "`records`"
    ),
    "empty body": Broken(second(httpx.Response(200)), ON_PAGE_2, "0 bytes that are not JSON", "`records`"),
    "list where an object belongs": Broken(answers(RECORDS), ON_PAGE_1, "the body is a list", "`records`"),
    "object where a list belongs": Broken(answers({"data": RECORDS[0]}), ON_PAGE_1, "found an object", "`records`"),
    "no records at their path": Broken(answers({"people": RECORDS}), ON_PAGE_1, "`data`, found nothing", "`records`"),
    "record that is no object": Broken(answers({"data": [PERSON]}), ON_PAGE_1, "text at position 1", "`records`"),
    "no key": Broken(answers({"data": [{"name": PERSON}]}), ON_PAGE_1, "none at position 1", "`key`"),
    "null key": Broken(answers({"data": [{"id": None}]}), ON_PAGE_1, "none at position 1", "`key`"),
    "total of another type": Broken(
        answers({"data": RECORDS, "meta": {"total": PERSON}}), ON_PAGE_1, "`meta.total`, found text", "`total`"
    ),
    "no links any more": Broken(
        second(httpx.Response(200, json={"data": []})), ON_PAGE_2, "no `links`", "`pagination`"
    ),
    "link of another type": Broken(
        lambda: Script(page([1], {"to": PERSON})), ON_PAGE_1, "found an object", "`pagination`"
    ),
    "link to another host": Broken(
        lambda: Script(page([1], f"https://evil.example.org/{PERSON}")), ON_PAGE_1, "evil.example.org", "`base_url`"
    ),
    "unreadable link": Broken(
        lambda: Script(page([1], "https://x:nine/")), ON_PAGE_1, "cannot be read", "`pagination.path`"
    ),
    "repeated link": Broken(second(page([2], "?page=2")), "Page 3 of stream users", "repeating", "`pagination`"),
    "same page twice": Broken(second(page([1], "?page=3")), ON_PAGE_2, "the same records", "`pagination`"),
    "page parameter ignored": Broken(
        lambda: Script(page([1])), ON_PAGE_2, "the same records", "`pagination`", NUMBERED
    ),
    "repeated cursor": Broken(
        answers({"data": [{"id": 1}], "next": "x"}, {"data": [{"id": 2}], "next": "x"}),
        "Page 3 of stream users",
        "repeating",
        "`pagination`",
        CURSOR,
    ),
    "empty cursor although more follows": Broken(
        answers({"data": [{"id": 1}], "next": "", "more": True}),
        ON_PAGE_1,
        "no cursor at `next`",
        "`pagination.path`",
        MORE,
    ),
    "empty pages without end": Broken(
        lambda: lambda request: page([], f"?page={int(request.url.params.get('page', '1')) + 1}"),
        "Page 100 of stream users",
        "100th empty page",
        "`pagination`",
    ),
    "redirect": Broken(
        second(httpx.Response(302, headers={"Location": "https://login.example.org/"})),
        ON_PAGE_2,
        "redirects (HTTP 302) to https://login.example.org",
        "`base_url`",
    ),
    "401": Broken(second(httpx.Response(401, text=PERSON)), ON_PAGE_2, "HTTP 401", "Renew the token"),
    "403": Broken(second(httpx.Response(403, text=PERSON)), ON_PAGE_2, "HTTP 403", "right to read"),
    "404": Broken(second(httpx.Response(404, text=PERSON)), ON_PAGE_2, NOT_FOUND, "`base_url`"),
    "422": Broken(second(httpx.Response(422, text=PERSON)), ON_PAGE_2, "HTTP 422", "`parameters`"),
    "429 without Retry-After": Broken(second(httpx.Response(429)), ON_PAGE_2, "HTTP 429 at the last of 3", "next run"),
    "500 until the tries are used up": Broken(
        second(httpx.Response(500)), ON_PAGE_2, "HTTP 500 at the last", "next run"
    ),
    "timeout": Broken(
        second(httpx.ReadTimeout(PERSON)), ON_PAGE_2, "a timeout at the last of 3 tries", "ask the platform"
    ),
    "no connection": Broken(second(httpx.ConnectError(PERSON)), ON_PAGE_2, "no connection", "ask the platform"),
    "cut connection": Broken(second(httpx.RemoteProtocolError(PERSON)), ON_PAGE_2, "a broken answer", "next run"),
    "no modified time any more": Broken(
        answers({"data": RECORDS, "links": {}}),
        ON_PAGE_1,
        "a modified time in `changed`",
        "`modified`",
        stream(modified={"field": "changed", "parameter": "since"}),
        {"strategy": Strategy.MODIFIED_SINCE},
    ),
    "token never given": Broken(answers({"data": RECORDS, "links": {}}), ON_PAGE_1, "a token", "`changes`", **CHANGED),
    "empty token": Broken(
        answers({"data": RECORDS, "links": {}, "token": ""}), ON_PAGE_1, "found an empty text", "`changes`", **CHANGED
    ),
    "token refused for ever": Broken(
        lambda: Script(httpx.Response(410)),
        ON_PAGE_1,
        "HTTP 410",
        "`path`",
        CHANGES,
        {"strategy": Strategy.CHANGES_SINCE, "token": PERSON},
    ),
    "a window with an error": Broken(
        second_window_fails, "Page 1 of stream users (from 2026-02-08", "HTTP 422", "`parameters`", WINDOWS
    ),
    "parent without an id": Broken(
        below({}, {"data": [{"name": PERSON}]}), "Page 1 of stream events", "a key (id)", "`key`", **WALK
    ),
    "parents that are no list": Broken(
        below({}, {"data": PERSON}), "Page 1 of stream events", "text", "`records`", **WALK
    ),
    "404 below every parent": Broken(below(httpx.Response(404)), "Stream users", NOT_FOUND, "Check `path`", **WALK),
    "403 below a parent": Broken(
        below(httpx.Response(403)), f"{ON_PAGE_1} (below record 1 of events)", "HTTP 403", "right to read", **WALK
    ),
    "malformed below a parent": Broken(
        below({"data": {PERSON: 1}}), f"{ON_PAGE_1} (below record 1 of events)", "found an object", "`records`", **WALK
    ),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_source_is_refused_with_place_and_remedy(broken: Broken) -> None:
    others = {"events": stream(path="/events", **PLAIN)}
    with pytest.raises(SourceError) as caught:
        read(open_source(broken.source(), broken.described, others=others), tries=3, **broken.plan)
    assert broken.place in caught.value.message
    assert broken.reason in caught.value.message
    assert broken.remedy in caught.value.remedy
    assert PERSON not in str(caught.value)
