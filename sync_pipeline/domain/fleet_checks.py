"""What is checked of the fleet as a whole: how many customers are affected, who they are, and what to do."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sync_pipeline.domain.alerts import Problem
from sync_pipeline.domain.alerts.of_fleet import (
    MISSED_RUN,
    PAUSED,
    STALE_CHECKPOINT,
    FleetState,
    NeedsAPerson,
    explained,
    fleet_problems,
)
from sync_pipeline.domain.staleness import LATE_AFTER, STALE_AFTER
from sync_pipeline.domain.verdict import Severity, Verdict

NAMED = 20
MANY_NEW = 20
UNCONFIRMED_AFTER = timedelta(hours=48)


def fleet_checks(
    state: FleetState, new: Mapping[str, int], oldest_unconfirmed: Mapping[str, datetime], now: datetime
) -> list[Verdict]:
    """`new`: dead letters and reviews of the last day by customer; `oldest_unconfirmed`: when that was accepted."""
    hidden = explained(state)
    problems = [problem for problem in fleet_problems(state, now) if problem.subject not in hidden]
    return [
        _stale_checkpoints(_of(problems, STALE_CHECKPOINT)),
        _missed_runs(_of(problems, MISSED_RUN)),
        _breakers_open(_of(problems, PAUSED)),
        _dead_letters_growing(state.needs_a_person, new),
        _unconfirmed_aging(oldest_unconfirmed, now),
    ]


def _of(problems: Iterable[Problem], kind: str) -> list[str]:
    return sorted(problem.subject.customer_id for problem in problems if problem.subject.name == kind)


def _stale_checkpoints(customer_ids: Sequence[str]) -> Verdict:
    return Verdict(
        "stale_checkpoints",
        passed=not customer_ids,
        said=_said(customer_ids, "were not completely accounted for within a day"),
        threshold=f"none older than {STALE_AFTER / timedelta(hours=1):.0f} h when its night begins, or "
        f"{LATE_AFTER / timedelta(hours=1):.0f} h later; paused customers are left out",
        remedy="`sync-pipeline status CUSTOMER` says what is left and why; `sync-pipeline run CUSTOMER` goes on.",
        severity=Severity.ERROR,
        numbers={"customers": len(customer_ids)},
    )


def _missed_runs(customer_ids: Sequence[str]) -> Verdict:
    return Verdict(
        "missed_runs",
        passed=not customer_ids,
        said=_said(customer_ids, "have a night that was due and has not begun"),
        threshold=f"none later than {LATE_AFTER / timedelta(hours=1):.0f} h after its slot",
        remedy="Look at Deployment > Daemons and at the sensor `due_customers`.",
        severity=Severity.ERROR,
        numbers={"customers": len(customer_ids)},
    )


def _breakers_open(customer_ids: Sequence[str]) -> Verdict:
    return Verdict(
        "breakers_open",
        passed=not customer_ids,
        said=_said(customer_ids, "are paused because something is wrong"),
        threshold="none",
        remedy="`sync-pipeline report CUSTOMER` has the cause: mend it, then `customers resume CUSTOMER`.",
        severity=Severity.ERROR,
        numbers={"customers": len(customer_ids)},
    )


def _dead_letters_growing(there: Mapping[str, NeedsAPerson], new: Mapping[str, int]) -> Verdict:
    growing = sorted(customer_id for customer_id, count in new.items() if count > MANY_NEW)
    return Verdict(
        "dead_letters_growing",
        passed=not growing,
        said=_said(growing, f"got more than {MANY_NEW} dead letters and reviews within a day"),
        threshold=f"at most {MANY_NEW} of a customer within a day",
        remedy="`sync-pipeline dead-letters list CUSTOMER` names records and reasons; one reason is one cause.",
        numbers={
            "customers": len(growing),
            "new": sum(new.values()),
            "dead": sum(one.dead for one in there.values()),
            "review": sum(one.review for one in there.values()),
        },
    )


def _unconfirmed_aging(oldest: Mapping[str, datetime], now: datetime) -> Verdict:
    aging = sorted(customer_id for customer_id, at in oldest.items() if now - at > UNCONFIRMED_AFTER)
    return Verdict(
        "unconfirmed_aging",
        passed=not aging,
        said=_said(aging, "have values that Virtuous accepted and does not show for two days"),
        threshold=f"none older than {UNCONFIRMED_AFTER / timedelta(hours=1):.0f} h",
        remedy="Most likely nobody has run the import: ask the customer's staff to run it in Virtuous.",
        numbers={"customers": len(aging)},
    )


def _said(customer_ids: Collection[str], what: str) -> str:
    if not customer_ids:
        return f"customers that {what}: none"
    more = f" and {len(customer_ids) - NAMED} more" if len(customer_ids) > NAMED else ""
    return f"customers that {what}: {len(customer_ids)} ({', '.join(sorted(customer_ids)[:NAMED])}{more})"
