"""What the run reports claim, held against the sources and the sandbox's books."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sync_pipeline.demo.difference import Difference
from sync_pipeline.demo.nights import FIRST_NIGHT, QUIET_NIGHT, CustomerNight
from sync_pipeline.demo.sources import Sources

DONE, WORK_LEFT, NEEDS_A_PERSON = 0, 3, 5
PREREQUISITES = {"GET /api/Organization/Current": 1, "GET /api/Permission": 1}
OUTCOMES = ("successes", "failures", "deferred", "waiting", "superseded", "held", "pending")
KINDS = ("creates", "updates", "deletes")
NOTE = "POST /api/ContactNote"
SIGN_UP = "POST /api/VolunteerOpportunity/{volunteerOpportunityId}/Volunteers"
HOURS = "POST /api/VolunteerOpportunity/{volunteerOpportunityId}/Volunteers/{volunteerId}/Attendance"


def wrong_reports(nights: Sequence[CustomerNight], sources: Sources) -> Iterator[Difference]:
    """What the reports of one customer's nights say that did not happen, or do not say that did."""
    for night, ran in enumerate(nights):
        where = f"night {night + 1}"
        if ran.failure:
            yield Difference(ran.customer_id, f"{where}: the run failed: {ran.failure}")
            continue
        for name, (said, true) in _claims(night, ran, sources).items():
            if said != true:
                yield Difference(ran.customer_id, f"{where}: {name}: the report says {said}, expected {true}")
        dead = {f"{letter['stream']} {letter['key']}" for letter in ran.dead_letters}
        refused = {f"{records.stream} {key}" for records in sources for key in records.refusable_in(night)}
        if dead != refused:
            yield Difference(
                ran.customer_id, f"{where}: dead letters that should not be, or are missing", dead ^ refused
            )


def _claims(night: int, ran: CustomerNight, sources: Sources) -> dict[str, tuple[object, object]]:
    """By name: what the report says, and what is true."""
    created, updated, taken_back, refused = (
        sum(len(keys) for keys in found)
        for found in (
            [records.created(night) for records in sources],
            [records.updated(night) for records in sources],
            [records.taken_back(night) for records in sources],
            [records.refusable_in(night) for records in sources],
        )
    )
    waiting = sources.waiting_in(night)
    claims: dict[str, tuple[object, object]] = {
        "status": (ran.report.get("status"), "done"),
        "exit code": (ran.exit_code, _expected_exit_code(night, sources)),
        "creates": (ran.count("creates"), created),
        "updates": (ran.count("updates"), updated),
        "deletes": (ran.count("deletes"), taken_back),
        "unchanged": (ran.count("unchanged"), ran.source_records - created - updated),
        "waiting": (ran.count("waiting"), waiting),
        "carried": (ran.count("carried"), sources.waiting_in(night - 1)),
        "successes": (ran.count("successes"), created + updated + taken_back - refused - waiting),
        "sum of creates, updates and deletes": (sum(map(ran.count, KINDS)), ran.count("total_changes")),
        "sum of what became of the changes": (sum(map(ran.count, OUTCOMES)), ran.count("total_changes")),
        "sum of requests": (ran.count("source_requests") + sum(ran.requests.values()), ran.count("requests_total")),
    }
    if night == QUIET_NIGHT:
        claims["writes to Virtuous"] = (ran.writes, _writes_of_what_waited(sources))
        if not sources.waiting_in(FIRST_NIGHT):
            claims["requests to Virtuous"] = (ran.requests, PREREQUISITES)
    return claims


def _writes_of_what_waited(sources: Sources) -> dict[str, int]:
    """One request for each note and for each person's hours, and one for each person who serves somewhere."""
    hours = [sources.participations.versions(key)[0] for key in sources.participations.waiting_in(FIRST_NIGHT)]
    expected = {
        NOTE: len(sources.completions.waiting_in(FIRST_NIGHT)),
        SIGN_UP: len({(one["user"], one["opportunity"]) for one in hours}),
        HOURS: len(hours),
    }
    return {endpoint: count for endpoint, count in expected.items() if count}


def _expected_exit_code(night: int, sources: Sources) -> int:
    """A dead letter keeps later, quieter nights from being green."""
    if sources.waiting_in(night):
        return WORK_LEFT
    refused = (records.refusable_in(earlier) for records in sources for earlier in range(night + 1))
    return NEEDS_A_PERSON if any(refused) else DONE


def wrong_requests(nights: Sequence[CustomerNight], booked: Mapping[str, int]) -> Iterator[Difference]:
    """Requests to Virtuous by endpoint: the sum of the reports against the books."""
    reported = sum((Counter(ran.requests) for ran in nights), Counter[str]())
    for endpoint in sorted(reported.keys() | booked.keys()):
        said, true = reported[endpoint], booked.get(endpoint, 0)
        if said != true:
            yield Difference(nights[0].customer_id, f"{endpoint}: {said} requests reported, {true} booked")
