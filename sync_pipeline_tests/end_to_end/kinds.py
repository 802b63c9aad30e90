"""A deployment with every kind of write, and what must be in Virtuous: worked out from the sources, not by recipes."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.end_to_end.deployment import VIRTUOUS, VOMO, Deployment, deployed, secret

GIVING = "giving-token"
SIZES = {"projects": 3, "dates_per_project": 2, "participations_per_date": 4, "forms": 2, "completions": 9}
DONATIONS = 24
NOTE = "POST /api/ContactNote"
OPPORTUNITY = "POST /api/VolunteerOpportunity"
SIGN_UP = "POST /api/VolunteerOpportunity/{volunteerOpportunityId}/Volunteers"
HOURS = "POST /api/VolunteerOpportunity/{volunteerOpportunityId}/Volunteers/{volunteerId}/Attendance"
CORRECTION = "PUT /api/VolunteerOpportunity/{volunteerOpportunityId}/Attendance/{volunteerAttendanceId}"
REMOVAL = "DELETE /api/VolunteerOpportunity/{volunteerOpportunityId}/Attendance/{volunteerAttendanceId}"
REVERSAL = "POST /api/Gift/ReversingTransaction"
GIFTS, GIFT = "POST /api/v2/Gift/Transactions", "POST /api/v2/Gift/Transaction"
DUPLICATES = ("gifts", "reversals", "notes", "opportunities", "volunteers", "attendances")


class Judged(Protocol):
    """What is judged: a sandbox and its books, whoever wrote to it."""

    @property
    def world(self) -> World: ...

    def books(self) -> dict[str, Any]: ...


@contextmanager
def every_kind(folder: Path, database_url: str) -> Iterator[Deployment]:
    """VOMO users, projects, hours and forms, and a giving platform with donations; nothing synced yet."""
    with deployed(folder, database_url, **SIZES) as deployment:
        deployment.world.add_giving_organization(GIVING, donations=DONATIONS, seed=5)
        deployment.configure(**streams_of_every_kind(deployment.folder, deployment.url))
        yield deployment


def streams_of_every_kind(folder: Path, url: str) -> dict[str, Any]:
    """What a customer's file needs besides its users."""
    giving = {"connector": "giving", "base_url": f"{url}/giving/v1", "token": secret(folder, GIVING)}
    return {
        "sources": {"giving": giving | {"reference_source": "Giving"}},
        "streams": {
            "projects": {"source": "vomo", "recipe": "vomo_projects_to_opportunities"},
            "participations": {"source": "vomo", "recipe": "vomo_participations_to_attendance"},
            "completions": {"source": "vomo", "recipe": "vomo_completions_to_notes"},
            "donations": {"source": "giving", "recipe": "giving_donations_to_gifts"},
        },
    }


def morning(deployment: Judged) -> None:
    """Virtuous imports what it holds."""
    deployment.world.run_import(VIRTUOUS)


def nights_until_delivered(deployment: Deployment, most: int) -> None:
    """Nights, each with a morning, until one leaves nothing; troubled ones may all leave something."""
    for _ in range(most):
        if deployment.night().code == 0:
            return
        morning(deployment)


def served(deployment: Judged) -> list[dict[str, Any]]:
    """Participations with hours of dates in the window of the shipped connector, or of all on a first read."""
    return [one for one in deployment.world.vomo_participations(VOMO) if one["hours"] and float(one["hours"])]


def assert_nothing_twice(deployment: Judged) -> None:
    books = deployment.books()
    assert {kind: books[f"duplicate_{kind}"] for kind in DUPLICATES} == dict.fromkeys(DUPLICATES, 0)
    assert (books["duplicates"], books["unknown_fields"]) == (0, {})


def assert_every_kind_delivered(deployment: Judged, *, reversed_ids: frozenset[str] = frozenset()) -> None:
    """Everything the sources have is in Virtuous once, with the values of today."""
    assert_nothing_twice(deployment)
    assert_hours_delivered(deployment)
    assert_gifts_delivered(deployment, reversed_ids)
    world = deployment.world
    completions = Counter(str(one["id"]) for one in world.vomo_completions(VOMO))
    marks = Counter(note["note"].rpartition("completion-")[2].rstrip("]") for note in world.notes(VIRTUOUS))
    assert marks == completions
    names = Counter(str(one["name"]).strip() for one in world.vomo_projects(VOMO))
    assert Counter(one["name"] for one in world.opportunities(VIRTUOUS)) == Counter(names.keys())


def assert_hours_delivered(deployment: Judged) -> None:
    """By person and hours: Virtuous knows no participation."""
    world = deployment.world
    people = {
        contact: name.partition("/")[2] for name, contact in world.contact_ids(VIRTUOUS).items() if "VOMO/" in name
    }
    individuals = {one["contactIndividualId"]: people[one["contactId"]] for one in world.volunteers(VIRTUOUS)}
    found = Counter(
        (individuals[one["contactIndividualId"]], Decimal(str(one["hours"]))) for one in world.attendances(VIRTUOUS)
    )
    expected = Counter((str(one["user_id"]), Decimal(str(one["hours"]))) for one in served(deployment))
    assert found == expected


def assert_gifts_delivered(deployment: Judged, reversed_ids: frozenset[str]) -> None:
    world = deployment.world
    donations = {one["id"]: one for one in world.giving_donations(GIVING)}
    wanted = {
        number: Decimal(one["amount"])
        for number, one in donations.items()
        if one["status"] == "succeeded" or number in reversed_ids
    }
    gifts = world.gifts(VIRTUOUS)
    found = {one["transactionId"]: Decimal(str(one["amount"])) for one in gifts if not one.get("reversedGiftId")}
    assert found == wanted
    ids = {one["id"]: one["transactionId"] for one in gifts}
    assert sorted(ids[one["reversedGiftId"]] for one in gifts if one.get("reversedGiftId")) == sorted(reversed_ids)
