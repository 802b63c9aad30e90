"""The charts of a run's page."""

from collections.abc import Sequence
from dataclasses import dataclass

from sync_pipeline.adapters.pages.columns import ColumnChart, Line, Series, column_chart
from sync_pipeline.adapters.pages.rows import Row, stacked_row, timeline_legend, timeline_rows
from sync_pipeline.adapters.pages.scales import round_seconds_up
from sync_pipeline.domain.pages.facts import PastRun
from sync_pipeline.domain.pages.run_page import OUTCOMES, RunPage
from sync_pipeline.domain.pages.usage import Usage
from sync_pipeline.domain.pages.words import counted, duration

DELIVERED = "delivered"
WORDS = {
    "successes": DELIVERED,
    "waiting": "waiting",
    "deferred": "deferred",
    "pending": "pending",
    "held": "held",
    "superseded": "superseded",
    "failures": "failed",
}
"""Also the classes of their colours."""
SECONDS_OF_A_DAY = 86_400
FEWEST = 12  # nights that a chart has room for, however few there were


@dataclass(frozen=True, slots=True)
class RunCharts:
    """`history` are charts by what they show; the legends have what occurs, with its class."""

    timeline: Sequence[Row]
    timeline_legend: Sequence[tuple[str, str]]
    requests: ColumnChart
    in_use: ColumnChart
    outcomes: Sequence[Row]
    outcome_legend: Sequence[tuple[str, str]]
    failures: Sequence[Row]
    forecast: Sequence[tuple[str, int, int, Row, Row]]
    history: Sequence[tuple[str, ColumnChart]]


def run_charts(page: RunPage) -> RunCharts:
    return RunCharts(
        timeline=timeline_rows(page.timeline),
        timeline_legend=timeline_legend(page.timeline),
        requests=_requests(page.usage),
        in_use=_in_use(page.usage),
        outcomes=_outcomes(page),
        outcome_legend=[
            (WORDS[name], WORDS[name]) for name in OUTCOMES if any(stream.outcomes[name] for stream in page.streams)
        ],
        failures=_failures(page),
        forecast=_forecast(page),
        history=_history(page.nights, page.run.run.run_id),
    )


def _moments(usage: Usage) -> list[str]:
    """Days are told only where they differ: there is room for four labels on a telephone."""
    form = "%d %b %H:%M" if (usage.end - usage.begin).total_seconds() > SECONDS_OF_A_DAY else "%H:%M"
    return [f"{usage.begin + usage.width * place:{form}}" for place in range(len(usage.own))]


def _requests(usage: Usage) -> ColumnChart:
    labels = _moments(usage)
    titles = [
        f"{label}: {counted(own, 'request')} of this run, {others:,} of others"
        for label, own, others in zip(labels, usage.own, usage.others, strict=True)
    ]
    series = [Series("this run", usage.own, "own"), Series("our other runs", usage.others, "others")]
    return column_chart(series, labels, titles)


def _in_use(usage: Usage) -> ColumnChart:
    labels = _moments(usage)
    titles = [f"{label}: {value:,} in use" for label, value in zip(labels, usage.in_use, strict=True)]
    lines = [Line(usage.budget, f"our share: {usage.budget:,}", "budget")]
    if usage.limit > usage.budget:
        lines.append(Line(usage.limit, f"Virtuous' limit: {usage.limit:,}", "limit"))
    return column_chart([Series("in use", usage.in_use, "in-use")], labels, titles, lines=lines, gap=0)


def _outcomes(page: RunPage) -> list[Row]:
    most = max((sum(stream.outcomes.values()) for stream in page.streams), default=1)
    return [
        stacked_row(
            f"{stream.stream} → {stream.kind}" if stream.kind else stream.stream,
            counted(sum(stream.outcomes.values()), "change"),
            {WORDS[name]: (stream.outcomes[name], f"{stream.outcomes[name]:,} {WORDS[name]}") for name in OUTCOMES},
            most,
        )
        for stream in page.changed_streams
    ]


def _failures(page: RunPage) -> list[Row]:
    most = max((failure.records for failure in page.failures), default=1)
    return [
        stacked_row(failure.reason, f"{failure.records:,}", {"failed": (failure.records, f"{failure.records:,}")}, most)
        for failure in page.failures
    ]


def _forecast(page: RunPage) -> list[tuple[str, int, int, Row, Row]]:
    most = max((max(foretold, sent) for _, foretold, sent in page.forecast), default=1) or 1
    return [
        (
            endpoint,
            foretold,
            sent,
            stacked_row("foretold", f"{foretold:,}", {"foretold": (foretold, f"{foretold:,} foretold")}, most),
            stacked_row("sent", f"{sent:,}", {"own": (sent, f"{sent:,} sent")}, most),
        )
        for endpoint, foretold, sent in page.forecast
    ]


def _history(nights: Sequence[PastRun], run_id: str) -> list[tuple[str, ColumnChart]]:
    labels = [f"{night.started_at:%d %b}" for night in nights]

    def chart(values: Sequence[float], unit: str, css: str, *, is_time: bool = False) -> ColumnChart:
        spelled = [duration(value) if is_time else counted(int(value), unit) for value in values]
        titles = [
            f"{night.started_at:%Y-%m-%d %H:%M} UTC, {night.status}: {text if night.is_known else 'left no report'}"
            for night, text in zip(nights, spelled, strict=True)
        ]
        colours = [f"{css} now" if night.run_id == run_id else css for night in nights]
        series = [Series(unit, values, colours)]
        if is_time:
            return column_chart(
                series, labels, titles, end=round_seconds_up, spelled=duration, least_columns=FEWEST, most_labels=2
            )
        return column_chart(series, labels, titles, least_columns=FEWEST, most_labels=2)

    return [
        ("Duration", chart([max(0.0, night.duration_seconds) for night in nights], "second", "time", is_time=True)),
        ("Changes", chart([night.changes for night in nights], "change", "own")),
        ("Failures", chart([night.failures for night in nights], "failure", "failed")),
        ("Requests to Virtuous", chart([night.requests for night in nights], "request", "in-use")),
    ]
