"""What the state of the fleet tells: who is stopped, late or stale, and what is down."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_pipeline.domain.alerts.of_runs import RUN_FAILED
from sync_pipeline.domain.alerts.problem import FLEET, Problem, Subject
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.pages.words import counted
from sync_pipeline.domain.pause import Pause
from sync_pipeline.domain.platforms import PlatformState, Trouble
from sync_pipeline.domain.slots import latest_slot
from sync_pipeline.domain.staleness import LATE_AFTER, STALE_AFTER, is_stale
from sync_pipeline.domain.verdict import Severity

POLLS_IN_A_ROW = 3

BROKEN_FILE = "broken_file"
DEAD_LETTERS = "dead_letters"
MISSED_RUN = "missed_run"
PAUSED = "paused"
PLATFORM_DOWN = "platform_down"
POLLS_FAILING = "polls_failing"
STALE_CHECKPOINT = "stale_checkpoint"
EXPLAINED_BY_A_PAUSE = (RUN_FAILED, MISSED_RUN, POLLS_FAILING, STALE_CHECKPOINT)
KINDS = frozenset({BROKEN_FILE, DEAD_LETTERS, MISSED_RUN, PAUSED, PLATFORM_DOWN, STALE_CHECKPOINT})


@dataclass(frozen=True, slots=True)
class NeedsAPerson:
    dead: int
    review: int


@dataclass(frozen=True, slots=True)
class FleetState:
    """What is known of all customers at one moment.

    `accounted_at`: when everything of a customer's streams was last accounted for, None for who never was; `began_at`:
    when the first run of those began. `begun` are (customer, slot) pairs.
    """

    customers: Collection[Customer]
    broken: Mapping[str, str]
    paused: Mapping[str, Pause]
    down: Mapping[str, PlatformState]
    begun: AbstractSet[tuple[str, str]]
    at_work: AbstractSet[str]
    accounted_at: Mapping[str, datetime | None]
    began_at: Mapping[str, datetime]
    needs_a_person: Mapping[str, NeedsAPerson]

    def known_since(self, customer_id: str) -> datetime | None:
        """When everything was accounted for; of who never was, when that was begun; None: it was not."""
        return self.accounted_at.get(customer_id) or self.began_at.get(customer_id)

    def waits_for_a_platform(self, customer: Customer) -> bool:
        return not self.down.keys().isdisjoint({customer.destination.platform, *customer.source_platforms})


def fleet_problems(state: FleetState, now: datetime) -> list[Problem]:
    problems = [
        *(_broken(customer_id, why) for customer_id, why in state.broken.items()),
        *(_down(platform, how) for platform, how in state.down.items()),
        *(_dead_letters(customer_id, counts) for customer_id, counts in state.needs_a_person.items()),
        *(_paused(customer_id, pause) for customer_id, pause in state.paused.items() if not pause.by_a_person),
    ]
    running = [customer for customer in state.customers if customer.id not in state.paused]
    return [*problems, *_stale(state, running, now), *_missed(state, running, now)]


def explained(state: FleetState) -> frozenset[Subject]:
    """What says nothing new of a customer that is stopped, waits for a platform that is down, or is at work."""
    by_pauses = {Subject(customer_id, kind) for customer_id in state.paused for kind in EXPLAINED_BY_A_PAUSE}
    late_for_a_reason = {
        Subject(customer.id, MISSED_RUN)
        for customer in state.customers
        if customer.id in state.at_work or state.waits_for_a_platform(customer)
    }
    return frozenset(by_pauses | late_for_a_reason)


def _broken(customer_id: str, why: str) -> Problem:
    return Problem(
        Subject(customer_id, BROKEN_FILE),
        Severity.ERROR,
        f"its file cannot be used, and nothing of it is synced: {why}",
        "`sync-pipeline customers validate` names file, line, key and remedy.",
    )


def _down(platform: str, state: PlatformState) -> Problem:
    how = "takes nobody's token" if state.trouble is Trouble.REFUSED else "gives no useful answer"
    return Problem(
        Subject(FLEET, PLATFORM_DOWN, platform),
        Severity.ERROR,
        f"{how} since {state.since:%Y-%m-%d %H:%M} UTC; everybody who needs it waits",
        "Nothing to do unless it lasts: look at the platform's status page. It is tried now and then, and everybody "
        "goes on by themselves after its first answer.",
        {"customers": len(state.failing), "tries": state.probes},
    )


def _dead_letters(customer_id: str, counts: NeedsAPerson) -> Problem:
    return Problem(
        Subject(customer_id, DEAD_LETTERS),
        Severity.WARNING,
        f"{counted(counts.dead, 'dead letter')} and {counted(counts.review, 'review')} for a person",
        f"`sync-pipeline dead-letters list {customer_id}` names records and reasons: correct them at the source, or "
        "replay or discard them.",
        {"dead": counts.dead, "review": counts.review},
    )


def _paused(customer_id: str, pause: Pause) -> Problem:
    until = "" if pause.until is None or pause.needs_person else f" until {pause.until:%Y-%m-%d %H:%M} UTC"
    resume = f"sync-pipeline customers resume {customer_id} --reason 'what was mended'"
    return Problem(
        Subject(customer_id, PAUSED),
        Severity.ERROR,
        f"paused{until}: {pause.reason.rstrip('.')}. Nothing of this customer runs",
        f"Mend the cause (`sync-pipeline report {customer_id}`), then `{resume}`.",
    )


def stale_since(state: FleetState, now: datetime) -> dict[str, datetime]:
    """Whose data is too old, and since when, paused or not; whoever stopped a customer knowingly expects nothing."""
    wanted = (one for one in state.customers if not ((pause := state.paused.get(one.id)) and pause.by_a_person))
    known = ((customer, state.known_since(customer.id)) for customer in wanted)
    return {customer.id: since + STALE_AFTER for customer, since in known if since and is_stale(customer, since, now)}


def _stale(state: FleetState, running: Iterable[Customer], now: datetime) -> Iterator[Problem]:
    for customer in running:
        since = state.known_since(customer.id)
        if since is None or not is_stale(customer, since, now):
            continue
        hours = (now - since) / timedelta(hours=1)
        yield Problem(
            Subject(customer.id, STALE_CHECKPOINT),
            Severity.ERROR,
            f"nothing was completely accounted for since {since:%Y-%m-%d %H:%M} UTC ({hours:.0f} h)",
            f"`sync-pipeline status {customer.id}` says what is left and why; `sync-pipeline run {customer.id}` goes "
            "on at once.",
            {"age_hours": round(hours, 1)},
        )


def polls_failing(customer_id: str, since: datetime) -> Problem:
    return Problem(
        Subject(customer_id, POLLS_FAILING),
        Severity.WARNING,
        f"every poll failed since {since:%Y-%m-%d %H:%M} UTC",
        f"`sync-pipeline report {customer_id}` and the log of the job `poll_sweep` say why. Nothing is lost: the next "
        "poll or night reads what these did not.",
    )


def _missed(state: FleetState, running: Iterable[Customer], now: datetime) -> Iterator[Problem]:
    """One that was never loaded waits for its quiet hours."""
    for customer in running:
        if state.known_since(customer.id) is None:
            continue
        slot = latest_slot(customer, now)
        if (customer.id, slot.name) in state.begun or now - slot.starts_at <= LATE_AFTER:
            continue
        yield Problem(
            Subject(customer.id, MISSED_RUN),
            Severity.ERROR,
            f"the night of {slot.name} was due at {slot.starts_at:%Y-%m-%d %H:%M} UTC and has not begun",
            "Look at Deployment > Daemons and at the sensor `due_customers` in the Dagster UI; "
            f"`sync-pipeline run {customer.id}` syncs it meanwhile.",
        )
