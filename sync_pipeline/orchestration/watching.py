"""One look at the fleet: which problems there are, and which of them are news."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from sync_pipeline.adapters.configuration import Fleet
from sync_pipeline.adapters.sql.alert_book import SqlAlertBook
from sync_pipeline.domain.alerts import Change, Seen, Subject
from sync_pipeline.domain.alerts.of_fleet import (
    KINDS,
    POLLS_FAILING,
    FleetState,
    explained,
    fleet_problems,
    polls_failing,
    stale_since,
)
from sync_pipeline.domain.alerts.of_runs import RUN_DIED, Judgement, in_order, judge
from sync_pipeline.domain.alerts.summary import summary_text
from sync_pipeline.domain.alerts.summary_time import SUMMARY
from sync_pipeline.domain.alerts.wording import lasted
from sync_pipeline.stages.alerting import Audience, send_due, tell
from sync_pipeline.workplace import Workplace

log = structlog.get_logger()

OVERLAP = timedelta(minutes=10)
"""A run may say a little late that it ended; looking at it twice changes nothing."""
FIRST_LOOK = timedelta(days=3)
AWAY_FOR = timedelta(minutes=15)
SECONDS_FOR_SLACK = 20.0
SCHEDULER_AWAY = "scheduler_away"
AWAY = (
    ":large_yellow_circle: *scheduler*: Dagster's daemon did not run from {since} to {until} UTC ({length}). Nothing "
    "was polled meanwhile; nights that were missed begin now, once each.\n*What to do:* find out why it was away (its "
    "log, the host, memory), and have a cron monitor watch `SYNC_HEARTBEAT_URL`.\n`docs/operations/scheduler.md`"
)


def look_and_tell(workplace: Workplace, of_dagster: Judgement) -> tuple[Sequence[Change], int]:
    """Look at every customer, write down what changed, and send the messages that are due.

    `of_dagster`: what only Dagster knows. Answers the changes, and how many messages arrived.
    """
    fleet, clock, book = workplace.fleet(), workplace.clock, workplace.state.alerts
    audience = workplace.audience(fleet.customers)
    changed = _watch(workplace, fleet, audience, of_dagster)
    tell(book, audience, clock)
    _tell_summary(workplace, fleet, audience)
    sent = send_due(book, workplace.notifier, workplace.last_resort, audience, clock, SECONDS_FOR_SLACK)
    return changed, sent


def _watch(workplace: Workplace, fleet: Fleet, audience: Audience, of_dagster: Judgement) -> Sequence[Change]:
    book, now = workplace.state.alerts, workplace.clock.now()
    last = book.look()
    if last is not None and now - last > AWAY_FOR:
        _tell_that_nobody_looked(book, audience, last, now)
    since = now - FIRST_LOOK if last is None else last - OVERLAP
    broken = {name: f"{len(problems)} problems in it" for name, problems in fleet.broken.items()}
    facts = workplace.state.fleet_state.read(list(fleet.customers.values()), broken)
    workplace.state.objectives.note(stale_since(facts, now))
    changed = book.record(_seen(workplace, facts, since, of_dagster))
    for change in changed:
        subject = change.problem.subject
        log.warning(
            "alert_changed", customer=subject.customer_id, problem=subject.name, part=subject.part, how=change.kind
        )
    return changed


def _seen(workplace: Workplace, facts: FleetState, since: datetime, of_dagster: Judgement) -> Seen:
    state, now = workplace.state, workplace.clock.now()
    judged = in_order(judge(run) for run in state.finished_runs.since(since))
    polled, failing = state.finished_runs.polls_in_trouble(since)
    ended = {subject.customer_id for subject in judged.subjects}
    return Seen(
        problems=[
            *fleet_problems(facts, now),
            *judged.problems,
            *(polls_failing(customer_id, first) for customer_id, first in failing.items()),
            *of_dagster.problems,
        ],
        kinds=KINDS,
        subjects=frozenset(
            [
                *judged.subjects,
                *(Subject(customer_id, POLLS_FAILING) for customer_id in polled),
                *(Subject(customer_id, RUN_DIED) for customer_id in ended),
                *of_dagster.subjects,
            ]
        ),
        hidden=explained(facts),
    )


def _tell_summary(workplace: Workplace, fleet: Fleet, audience: Audience) -> None:
    at, book = workplace.settings.summary_at, workplace.state.alerts
    day = None if at is None else at.due(workplace.clock.now())
    if day is None or book.was_told(once := f"{SUMMARY}:{day.isoformat()}"):
        return
    text = summary_text(workplace.summary(fleet))
    book.tell_once(audience.channel, SUMMARY, text, once)


def _tell_that_nobody_looked(book: SqlAlertBook, audience: Audience, since: datetime, until: datetime) -> None:
    moments = {"since": f"{since:%Y-%m-%d %H:%M}", "until": f"{until:%Y-%m-%d %H:%M}"}
    text = AWAY.format(**moments, length=lasted(until - since))
    book.tell_once(audience.channel, SCHEDULER_AWAY, text, f"{SCHEDULER_AWAY}:{since.isoformat()}")
