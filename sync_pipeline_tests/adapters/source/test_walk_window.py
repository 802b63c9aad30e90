"""Only parents of the right time are walked, and the platform is asked for no others where it can filter them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync_pipeline.adapters.source.walk_window import WalkWindow, window_of
from sync_pipeline.domain.configuration.connector import Walk
from sync_pipeline_tests.adapters.source.support import START, Api, open_source, stream, walk

WALK = {"parent": "events", "time": "starts_at", "lookback_days": 45, "lookahead_days": 2}


def event(number: int, **away: float) -> dict[str, Any]:
    return {"id": number, "starts_at": (START + timedelta(**away)).isoformat()}


EVENTS = [
    event(1, days=-46),
    event(2, days=-44),
    event(3, hours=1),
    event(4, days=1),
    event(5, days=3),
    {"id": 6},
    {"id": 7, "starts_at": "some day"},
]


def walked(described: dict[str, Any], **plan: Any) -> tuple[list[str], dict[str, str]]:
    """The ids of the events that were walked, and what their list was asked with."""
    answers = {f"/events/{one['id']}/shifts": {"data": []} for one in EVENTS}
    api = Api({"/events": {"data": EVENTS}, **answers})
    plain = {"pagination": {"kind": "none"}, "total": None}
    shifts = stream(path="/events/{id}/shifts", walk=described, **plain)
    walk(open_source(api, shifts, others={"events": stream(path="/events", **plain)}), **plan)
    return [path.split("/")[2] for path in api.paths[1:]], dict(api.requests[0].url.params)


def test_only_parents_inside_the_window_are_walked_and_those_without_a_time() -> None:
    assert walked(WALK) == (["2", "3", "4", "6", "7"], {})


def test_a_first_read_looks_back_without_limit() -> None:
    assert walked(WALK, unlimited_lookback=True) == (["1", "2", "3", "4", "6", "7"], {})


def test_without_a_time_every_parent_is_walked() -> None:
    assert walked({"parent": "events"})[0] == ["1", "2", "3", "4", "5", "6", "7"]


@pytest.mark.parametrize("missing", ["lookback_days", "lookahead_days"])
def test_a_bound_left_out_is_no_limit(missing: str) -> None:
    found, _ = walked({name: value for name, value in WALK.items() if name != missing})
    assert ("1" in found, "5" in found) == (missing == "lookback_days", missing == "lookahead_days")


def test_the_windows_ends_are_sent_to_the_parents_list() -> None:
    described = {**WALK, "parameters": {"from": "dates_after", "until": "dates_before"}}
    assert walked(described)[1] == {
        "dates_after": "2026-01-15T22:00:00+00:00",
        "dates_before": "2026-03-03T22:00:00+00:00",
    }
    assert walked(described, unlimited_lookback=True)[1] == {"dates_before": "2026-03-03T22:00:00+00:00"}


def test_the_windows_ends_reach_the_topmost_parent() -> None:
    api = Api(
        {
            "/projects": {"data": [{"id": 1}]},
            "/projects/1/dates": {"data": [event(1, days=-50), event(2, days=-1)]},
            "/dates/2": {"data": [{"id": 9}]},
        }
    )
    plain = {"pagination": {"kind": "none"}, "total": None}
    others = {
        "projects": stream(path="/projects", parameters={"active": True}, **plain),
        "dates": stream(path="/projects/{id}/dates", walk={"parent": "projects"}, **plain),
    }
    described = {**WALK, "parent": "dates", "parameters": {"from": "after"}}
    walk(open_source(api, stream(path="/dates/{id}", walk=described, **plain), others=others))
    assert api.paths[0] == "/projects?active=true&after=2026-01-15T22%3A00%3A00%2B00%3A00"
    assert api.paths[1:] == ["/projects/1/dates", "/dates/2"]


NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("2026-02-27T12:00:00+00:00", True),
        ("2026-02-27T11:59:59Z", False),
        ("2026-03-04T12:00:00.000000Z", True),
        ("2026-03-04 12:00:01", False),
        ("2026-03-04T14:00:00+02:00", True),
        ("2026-02-26", True),
        ("2026-02-24", False),
        ("2026-03-05", True),
        ("2026-03-06", False),
        ("", True),
        (None, True),
        ("1772366400", True),
        ("tomorrow", True),
    ],
)
def test_a_time_is_read_in_every_spelling_and_a_plain_date_counts_as_a_whole_day_anywhere(
    text: str | None, *, inside: bool
) -> None:
    window = window_of(Walk(parent="e", time="t", lookback_days=2, lookahead_days=3), NOW, unlimited_lookback=False)
    assert window == WalkWindow(NOW - timedelta(days=2), NOW + timedelta(days=3))
    assert window.holds(text) is inside
