"""The charts of a fleet's page."""

from collections.abc import Sequence
from dataclasses import dataclass

from sync_pipeline.adapters.pages.columns import ColumnChart, Line, Series, column_chart
from sync_pipeline.adapters.pages.rows import Row, stacked_row
from sync_pipeline.domain.pages.fleet_page import STATES, FleetPage
from sync_pipeline.domain.pages.words import age, counted, duration

CLASSES = {
    "done": "delivered",
    "running": "waiting",
    "parked": "deferred",
    "continued": "superseded",
    "held": "held",
    "busy": "look",
    "failed": "failed",
    "paused": "in-use",
    "broken file": "own",
    "never run": "pending",
}


@dataclass(frozen=True, slots=True)
class FleetCharts:
    """`legend` has the states that occur, with the classes of their colours."""

    states: Row
    legend: Sequence[tuple[str, str]]
    oldest: Sequence[tuple[str, str | None, Row]]
    requests: ColumnChart
    shares: ColumnChart
    busiest: Sequence[tuple[str, str, Row]]
    nights: Sequence[tuple[str, str | None, Row]]


def fleet_charts(page: FleetPage) -> FleetCharts:
    return FleetCharts(
        states=_states(page),
        legend=[(CLASSES[state], f"{page.states[state]:,} {state}") for state in STATES if page.states[state]],
        oldest=_oldest(page),
        requests=_requests(page),
        shares=_shares(page),
        busiest=_busiest(page),
        nights=_nights(page),
    )


def _states(page: FleetPage) -> Row:
    total = counted(len(page.customers), "customer")
    parts = {CLASSES[state]: (page.states[state], f"{page.states[state]:,} {state}") for state in STATES}
    return stacked_row("Customers", total, parts, len(page.customers) or 1)


def _oldest(page: FleetPage) -> list[tuple[str, str | None, Row]]:
    seconds = [
        None if one.accounted_at is None else (page.as_of - one.accounted_at).total_seconds() for one in page.oldest
    ]
    most = max((age for age in seconds if age is not None), default=1.0) or 1.0
    return [
        (
            one.customer_id,
            one.page,
            stacked_row(
                one.customer_id,
                "never" if one.accounted_at is None else age(one.accounted_at, page.as_of),
                {"failed" if old is None else "time": (most if old is None else old, "since it was accounted for")},
                most,
            ),
        )
        for one, old in zip(page.oldest, seconds, strict=True)
    ]


def _requests(page: FleetPage) -> ColumnChart:
    labels = [f"{hour:%H:%M}" for hour in page.hours]
    titles = [
        f"{hour:%d %b %H:%M} UTC: {counted(requests, 'request')}"
        for hour, requests in zip(page.hours, page.requests, strict=True)
    ]
    return column_chart([Series("requests", page.requests, "own")], labels, titles)


def _shares(page: FleetPage) -> ColumnChart:
    labels = [f"{hour:%H:%M}" for hour in page.hours]
    percent = [round(100 * share, 1) for share in page.highest_shares]
    titles = [f"{hour:%d %b %H:%M} UTC: {share:g} %" for hour, share in zip(page.hours, percent, strict=True)]
    lines = [Line(100, "our share: 100 %", "budget")]
    return column_chart([Series("share", percent, "in-use")], labels, titles, lines=lines, spelled="{:,.0f} %".format)


def _busiest(page: FleetPage) -> list[tuple[str, str, Row]]:
    most = max((one.peak_share for one in page.busiest), default=1.0)
    return [
        (
            ", ".join(one.customers),
            f"{one.peak:,} of {one.budget:,}",
            stacked_row("", "", {"in-use": (one.peak_share, f"{one.peak_share:.0%} of our share")}, max(1.0, most)),
        )
        for one in page.busiest
    ]


def _nights(page: FleetPage) -> list[tuple[str, str | None, Row]]:
    most = max((night.took.total_seconds() for night in page.nights), default=1.0) or 1.0
    return [
        (
            night.customer_id,
            night.page,
            stacked_row(
                night.customer_id,
                duration(night.took.total_seconds()),
                {"time": (night.took.total_seconds(), f"began {night.started_at:%Y-%m-%d %H:%M} UTC")},
                most,
            ),
        )
        for night in page.nights
    ]
