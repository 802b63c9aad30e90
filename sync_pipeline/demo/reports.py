"""What the run reports claim, held against the sources and the sandbox's books."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sync_pipeline.demo.difference import Difference
from sync_pipeline.demo.nights import QUIET_NIGHT, CustomerNight
from sync_pipeline.demo.people import People

DONE, NEEDS_A_PERSON = 0, 5
PREREQUISITES = {"GET /api/Organization/Current": 1, "GET /api/Permission": 1}
OUTCOMES = ("successes", "failures", "deferred", "waiting", "superseded", "held", "pending")
KINDS = ("creates", "updates", "deletes")


def wrong_reports(nights: Sequence[CustomerNight], people: People) -> Iterator[Difference]:
    """What the reports of one customer's nights say that did not happen, or do not say that did."""
    for night, ran in enumerate(nights):
        yield from _one_night(night, ran, people)


def _one_night(night: int, ran: CustomerNight, people: People) -> Iterator[Difference]:
    where = f"night {night + 1}"
    if ran.failure:
        yield Difference(ran.customer_id, f"{where}: the run failed: {ran.failure}")
        return
    refused = people.refusable_in(night)
    created, updated = people.created(night), people.updated(night)
    claims = {
        "status": (ran.report.get("status"), "done"),
        "exit code": (ran.exit_code, _expected_exit_code(night, people)),
        "creates": (ran.count("creates"), len(created)),
        "updates": (ran.count("updates"), len(updated)),
        "deletes": (ran.count("deletes"), 0),
        "unchanged": (ran.count("unchanged"), ran.source_users - len(created) - len(updated)),
        "successes": (ran.count("successes"), len((created | updated) - refused)),
        "sum of creates, updates and deletes": (sum(map(ran.count, KINDS)), ran.count("total_changes")),
        "sum of what became of the changes": (sum(map(ran.count, OUTCOMES)), ran.count("total_changes")),
        "sum of requests": (
            ran.count("source_requests") + sum(ran.requests.values()),
            ran.count("requests_total"),
        ),
    }
    if night == QUIET_NIGHT:
        claims["requests to Virtuous"] = (ran.requests, PREREQUISITES)
    for name, (said, true) in claims.items():
        if said != true:
            yield Difference(ran.customer_id, f"{where}: {name}: the report says {said}, expected {true}")
    dead = {str(letter["key"]) for letter in ran.dead_letters}
    if dead != refused:
        yield Difference(ran.customer_id, f"{where}: dead letters that should not be, or are missing", dead ^ refused)


def _expected_exit_code(night: int, people: People) -> int:
    """A dead letter keeps later, quieter nights from being green."""
    return NEEDS_A_PERSON if any(people.refusable_in(earlier) for earlier in range(night + 1)) else DONE


def wrong_requests(nights: Sequence[CustomerNight], booked: Mapping[str, int]) -> Iterator[Difference]:
    """Requests to Virtuous by endpoint: the sum of the reports against the books."""
    reported = sum((Counter(ran.requests) for ran in nights), Counter[str]())
    for endpoint in sorted(reported.keys() | booked.keys()):
        said, true = reported[endpoint], booked.get(endpoint, 0)
        if said != true:
            yield Difference(nights[0].customer_id, f"{endpoint}: {said} requests reported, {true} booked")
