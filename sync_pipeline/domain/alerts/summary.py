"""The morning's message: where everybody stands, what the last day was like, and what tonight will be."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_pipeline.domain.alerts.wording import escaped
from sync_pipeline.domain.objectives import Budget, Budgets
from sync_pipeline.domain.pages.fleet_page import STATES, FleetCustomer, FleetPage
from sync_pipeline.domain.pages.words import age, counted, duration, moment

DAY = timedelta(days=1)
NAMED = 5
SLOWEST = 3
LONGEST_NEED = 160


@dataclass(frozen=True, slots=True)
class DayTotals:
    """What the runs that ended within a day did together."""

    records: int
    changes: int
    delivered: int
    failed: int


@dataclass(frozen=True, slots=True)
class Tonight:
    """The nights to come, by the hour in which they begin; `requests` are what they took last time.

    `tight`: organizations, by their customers, that need more than their share of the night; and how many times it.
    """

    nights: Mapping[datetime, int]
    requests: int
    tight: Sequence[tuple[tuple[str, ...], float]]


@dataclass(frozen=True, slots=True)
class Summary:
    """`new_letters`: dead letters and reviews that were none a day ago. `used_up`: whose error budget is."""

    region: str | None
    page: FleetPage
    totals: DayTotals
    letters: int
    reviews: int
    new_letters: int
    budgets: Budgets
    used_up: Collection[str]
    tonight: Tonight


def summary_text(summary: Summary) -> str:
    """In Slack's markup; ids, numbers and commands only."""
    return "\n".join(_lines(summary))


def _lines(summary: Summary) -> Iterator[str]:
    page = summary.page
    yield f":sunrise: *Summary{f' of {escaped(summary.region)}' if summary.region else ''}*, {moment(page.as_of)}"
    states = [f"{count:,} {state}" for state in STATES if (count := page.states[state])]
    yield f"*Customers:* {' · '.join(states) or 'none yet'}"
    for platform, state in page.down.items():
        yield f"*Down:* {escaped(platform)} since {moment(state.since)}"
    yield from _needing(page.needing)
    totals = summary.totals
    yield (
        f"*Last 24 hours:* {counted(totals.records, 'record')} compared, {counted(totals.changes, 'change')}, "
        f"{totals.delivered:,} delivered, {totals.failed:,} refused"
    )
    yield (
        f"*Waiting for a person:* {counted(summary.letters, 'dead letter')}, {counted(summary.reviews, 'review')}; "
        f"{summary.new_letters:,} of them new"
    )
    yield _requests(page)
    yield from _slow_and_old(page)
    yield _objectives(summary)
    yield _tonight(summary.tonight)


def _needing(needing: Sequence[FleetCustomer]) -> Iterator[str]:
    if not needing:
        yield "*Needs a person:* nobody"
        return
    yield f"*Needs a person:* {counted(len(needing), 'customer')}"
    for one in needing[:NAMED]:
        need = min(one.needs, key=lambda need: need.place)
        text = need.text if len(need.text) <= LONGEST_NEED else f"{need.text[:LONGEST_NEED].rstrip()} …"
        yield f"• *{escaped(one.customer_id)}*: {escaped(text)} — `{escaped(need.command)}`"
    if len(needing) > NAMED:
        yield f"• and {len(needing) - NAMED} more: `sync-pipeline report --fleet --open`"


def _requests(page: FleetPage) -> str:
    asked = f"*Requests to Virtuous:* {sum(page.requests):,} in 24 hours"
    if not page.busiest:
        return asked
    busiest = page.busiest[0]
    hour = page.hours[busiest.hours.index(busiest.peak)]
    return (
        f"{asked}; nearest to its share: {_names(busiest.customers)} with {busiest.peak_share:.0%} at {hour:%H:%M} UTC"
    )


def _slow_and_old(page: FleetPage) -> Iterator[str]:
    if page.nights:
        slowest = (
            f"{_names((one.customer_id,))} {duration(one.took.total_seconds())}" for one in page.nights[:SLOWEST]
        )
        yield f"*Slowest nights:* {' · '.join(slowest)}"
    if page.oldest:
        oldest = page.oldest[0]
        at = oldest.accounted_at
        how_old = "never complete" if at is None else f"{moment(at)} ({age(at, page.as_of)})"
        yield f"*Oldest checkpoint:* {_names((oldest.customer_id,))}, {how_old}"


def _objectives(summary: Summary) -> str:
    told = summary.budgets
    text = f"*30 days:* {_reached(told.completion)} of nights done, {_reached(told.freshness)} of the time fresh"
    used_up = sorted(summary.used_up)
    more = f" and {len(used_up) - NAMED} more" if len(used_up) > NAMED else ""
    return (
        f"{text}; no error budget left: {_names(used_up[:NAMED])}{more}"
        if used_up
        else f"{text}; error budget left for everybody"
    )


def _reached(budget: Budget) -> str:
    reached = "nothing yet" if budget.reached is None else f"{budget.reached:.1%}"
    return f"{reached} (objective {budget.objective:.1%})"


def _tonight(tonight: Tonight) -> str:
    if not tonight.nights:
        return "*Tonight:* no nights"
    fullest = max(tonight.nights, key=lambda hour: tonight.nights[hour])
    first, last = min(tonight.nights), max(tonight.nights)
    when = f"from {first:%H:%M} to {last + timedelta(hours=1):%H:%M} UTC, most at {fullest:%H:%M}"
    nights = counted(sum(tonight.nights.values()), "night")
    tight = (f"{_names(customers)} ({share:.0%})" for customers, share in tonight.tight[:NAMED])
    fits = f"too much for the share of {', '.join(tight)}" if tonight.tight else "everybody's share will do"
    return f"*Tonight:* {nights} {when} ({tonight.nights[fullest]}); {tonight.requests:,} requests as last time, {fits}"


def _names(customers: Sequence[str]) -> str:
    return ", ".join(f"*{escaped(customer)}*" for customer in customers)
