"""Opportunities, who signed up, and the hours they gave."""

from typing import Any

import pytest

from sync_pipeline_tests.sandbox.records import OPPORTUNITY, SHIFT, known_contact, read, serving, staff, truth, write
from sync_pipeline_tests.sandbox.support import VIRTUOUS, SandboxClient, contact


@pytest.fixture(autouse=True)
def _organization(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS)


@pytest.fixture
def place(sandbox: SandboxClient) -> str:
    """The path of one volunteer's attendances."""
    opportunity, volunteer = serving(sandbox)
    return f"{OPPORTUNITY}/{opportunity}/Volunteers/{volunteer}/Attendance"


def individual_of(sandbox: SandboxClient, contact_id: int) -> int:
    return read(sandbox, f"/api/Contact/{contact_id}")["contactIndividuals"][0]["id"]


def test_an_opportunity_is_made_read_listed_and_replaced(sandbox: SandboxClient) -> None:
    written = {"name": "Sorting food", "startDateTime": "2026-06-01T09:00:00", "city": "Kansas City", "needed": 3}
    made = sandbox.post(OPPORTUNITY, written).json()
    sandbox.post(OPPORTUNITY, {"name": "Driving"})
    path = f"{OPPORTUNITY}/{made['id']}"

    assert (made["name"], made["startDateTime"], made["city"]) == tuple(written.values())[:3]
    assert read(sandbox, path) == made
    assert [one["name"] for one in read(sandbox, f"{OPPORTUNITY}?filter=SORT&take=5")["list"]] == ["Sorting food"]
    assert (read(sandbox, f"{OPPORTUNITY}?take=1")["total"], sandbox.books()["unknown_fields"]) == (
        2,
        {"opportunity.needed": 1},
    )

    assert write(sandbox, "PUT", path, {"name": "Sorting books"}) == 200
    assert (read(sandbox, path)["name"], read(sandbox, path)["city"]) == ("Sorting books", None)


@pytest.mark.parametrize("body", [{}, {"name": " "}, {"name": 5}, {"name": "a", "endDateTime": "late"}])
def test_an_opportunity_needs_a_name(sandbox: SandboxClient, body: Any) -> None:
    assert write(sandbox, "POST", OPPORTUNITY, body) == 400
    assert truth(sandbox, "opportunities") == []


def test_the_same_name_twice_makes_two_and_is_booked(sandbox: SandboxClient) -> None:
    for _ in range(2):
        sandbox.post(OPPORTUNITY, {"name": "Driving"})

    assert sandbox.books()["opportunities"] == {"Driving": 2}
    assert sandbox.books()["duplicate_opportunities"] == 1


def test_an_opportunity_with_people_is_not_deleted(sandbox: SandboxClient) -> None:
    opportunity, _ = serving(sandbox)
    empty = sandbox.post(OPPORTUNITY, {"name": "Driving"}).json()["id"]

    assert write(sandbox, "DELETE", f"{OPPORTUNITY}/{opportunity}") == 400
    assert write(sandbox, "DELETE", f"{OPPORTUNITY}/{empty}") == 200
    assert write(sandbox, "GET", f"{OPPORTUNITY}/{empty}") == 404


def test_a_volunteer_is_an_individual_and_reads_back(sandbox: SandboxClient) -> None:
    opportunity, volunteer = serving(sandbox)
    contact_id = truth(sandbox, "contact_ids")["VOMO/1"]

    shown = read(sandbox, f"{OPPORTUNITY}/{opportunity}/Volunteers/{volunteer}")

    assert (shown["contactId"], shown["contactIndividualId"]) == (contact_id, individual_of(sandbox, contact_id))
    assert (shown["displayName"], shown["primaryEmail"], shown["totalHours"]) == ("Ada Byron", "ada.1@example.org", 0)
    assert read(sandbox, f"{OPPORTUNITY}/{opportunity}/Volunteers") == {"list": [shown], "total": 1}
    for nobody in (contact_id, None, "x"):
        joined = write(sandbox, "POST", f"{OPPORTUNITY}/{opportunity}/Volunteers", {"contactIndividualId": nobody})
        assert joined == 400
    assert write(sandbox, "POST", f"{OPPORTUNITY}/9/Volunteers", {"contactIndividualId": 1}) == 404
    assert write(sandbox, "GET", f"{OPPORTUNITY}/{opportunity}/Volunteers/9") == 404


def test_a_second_sign_up_is_a_second_record_or_a_conflict(sandbox: SandboxClient) -> None:
    opportunity, _ = serving(sandbox)
    body = {"contactIndividualId": truth(sandbox, "volunteers")[0]["contactIndividualId"]}

    assert write(sandbox, "POST", f"{OPPORTUNITY}/{opportunity}/Volunteers", body) == 200
    assert sandbox.books()["volunteers"] == {f"{opportunity}/{body['contactIndividualId']}": 2}
    assert sandbox.books()["duplicate_volunteers"] == 1

    sandbox.world.change_organization(VIRTUOUS, repeated_volunteer="refused")
    assert write(sandbox, "POST", f"{OPPORTUNITY}/{opportunity}/Volunteers", body) == 409
    assert len(truth(sandbox, "volunteers")) == 2


def test_hours_read_back_in_utc_and_local_time(sandbox: SandboxClient, place: str) -> None:
    made = sandbox.post(place, SHIFT).json()

    assert (made["hours"], made["timeZone"]) == (2.5, "America/Chicago")
    assert (made["startDateTimeUtc"], made["startDateTime"]) == ("2026-05-20T14:00:00", "2026-05-20T09:00:00")
    assert (made["endDateTimeUtc"], made["endDateTime"]) == ("2026-05-20T16:30:00", "2026-05-20T11:30:00")
    assert read(sandbox, place) == {"list": [made], "total": 1}
    volunteer = read(sandbox, place.removesuffix("/Attendance"))
    assert (volunteer["totalHours"], volunteer["timesVolunteered"]) == (2.5, 1)
    assert (truth(sandbox, "attendances")[0]["hours"], truth(sandbox, "attendances")[0]["start"]) == (
        "2.5",
        "2026-05-20T14:00:00Z",
    )


def test_the_same_hours_again_are_added_again(sandbox: SandboxClient, place: str) -> None:
    sandbox.post(place, SHIFT)
    sandbox.post(place, SHIFT | {"startDateTimeUtc": "2026-05-20T09:00:00-05:00"})
    sandbox.post(place, SHIFT | {"startDateTimeUtc": "2026-05-21T14:00:00Z"})

    books = sandbox.books()
    assert sorted(books["attendances"].values()) == [1, 2]
    assert books["duplicate_attendances"] == 1
    assert truth(sandbox, "volunteers")[0]["totalHours"] == "7.5"


def test_hours_are_corrected_and_removed(sandbox: SandboxClient, place: str) -> None:
    made = sandbox.post(place, SHIFT).json()
    path = f"{OPPORTUNITY}/{made['volunteerOpportunityId']}/Attendance/{made['id']}"
    sandbox.clock.time += 60

    assert write(sandbox, "PUT", path, SHIFT | {"hours": 4}) == 200
    corrected = read(sandbox, path)
    assert corrected["hours"] == 4
    assert corrected["modifiedDateTimeUtc"] > made["modifiedDateTimeUtc"]
    assert write(sandbox, "DELETE", path) == 200
    for method in ("GET", "PUT", "DELETE"):
        assert write(sandbox, method, path, SHIFT) == 404
    assert truth(sandbox, "attendances") == []


@pytest.mark.parametrize(
    "fields",
    [
        {"hours": None},
        {"hours": "some"},
        {"hours": -1},
        {"hours": 1e300},
        {"startDateTimeUtc": "0001-01-01T00:00:00"},
        {"startDateTimeUtc": None},
        {"startDateTimeUtc": "9 am"},
        {"endDateTimeUtc": "late"},
        {"endDateTimeUtc": "2026-05-19T14:00:00Z"},
    ],
)
def test_hours_that_cannot_be_are_refused(sandbox: SandboxClient, place: str, fields: dict[str, Any]) -> None:
    assert write(sandbox, "POST", place, SHIFT | fields) == 400
    assert sandbox.books()["attendances"] == {}


def test_volunteers_are_searched_by_each_of_their_ids_and_email(sandbox: SandboxClient, place: str) -> None:
    first = read(sandbox, place.removesuffix("/Attendance"))
    opportunity = first["volunteerOpportunityId"]
    other = individual_of(sandbox, known_contact(sandbox, "2"))
    sandbox.post(f"{OPPORTUNITY}/{opportunity}/Volunteers", {"contactIndividualId": other})

    def ids(asked: str) -> list[int]:
        return [one["id"] for one in read(sandbox, f"/api/Volunteer/Search?{asked}")["list"]]

    assert len(ids(f"volunteerOpportunityId={opportunity}")) == 2
    for asked in (
        f"volunteerId={first['id']}",
        f"contactId={first['contactId']}",
        f"contactIndividualId={first['contactIndividualId']}&volunteerOpportunityId={opportunity}",
        "emailAddress=ADA.1@example.org",
    ):
        assert ids(asked) == [first["id"]]
    assert ids("volunteerOpportunityId=9") == []
    assert write(sandbox, "GET", "/api/Volunteer/Search?contactId=x") == 400


def test_volunteers_and_opportunities_can_be_queried(sandbox: SandboxClient, place: str) -> None:
    def total(path: str, parameter: str, operator: str, value: Any) -> int:
        condition = {"parameter": parameter, "operator": operator, "value": value}
        return sandbox.post(path, {"groups": [{"conditions": [condition]}]}).json()["total"]

    opportunity = read(sandbox, place.removesuffix("/Attendance"))["volunteerOpportunityId"]
    assert total("/api/VolunteerOpportunity/Query", "Name", "StartsWith", "sort") == 1
    assert total("/api/Volunteer/Query", "Volunteer Opportunity Id", "Is", opportunity) == 1
    assert total("/api/Volunteer/Query", "Email Address", "Is", "nobody@example.org") == 0
    for path in ("/api/Volunteer/QueryOptions", "/api/VolunteerOpportunity/QueryOptions"):
        assert read(sandbox, path)["options"]


def test_without_the_volunteer_product_no_path_of_it_exists(sandbox: SandboxClient, place: str) -> None:
    sandbox.world.change_organization(VIRTUOUS, volunteers_enabled=False)

    for method, path in (("GET", OPPORTUNITY), ("POST", place), ("GET", "/api/Volunteer/Search")):
        assert write(sandbox, method, path, SHIFT) == 404
    assert truth(sandbox, "attendances") == []


def test_hours_in_a_contact_transaction_become_attendances_at_the_import(sandbox: SandboxClient) -> None:
    opportunity = sandbox.post(OPPORTUNITY, {"name": "Sorting food"}).json()["id"]
    entries = [
        {"volunteerOpportunityId": opportunity, "date": "2026-05-20", "hours": "2"},
        {"volunteerOpportunityName": "sorting FOOD", "date": "5/21/2026", "hours": "1.5"},
        {"volunteerOpportunityName": "Sorting books", "date": "2026-05-20", "hours": "3"},
        {"volunteerOpportunityName": "Sorting food", "date": "someday", "hours": "3"},
    ]
    sandbox.batch(contact(volunteerAttendances=entries))
    assert truth(sandbox, "attendances") == []
    sandbox.run_import()

    hours = truth(sandbox, "attendances")
    assert [(one["start"], one["hours"]) for one in hours] == [
        ("2026-05-20T05:00:00Z", "2"),
        ("2026-05-21T05:00:00Z", "1.5"),
    ]
    assert len(truth(sandbox, "volunteers")) == 1
    assert sandbox.books()["ignored_attendances"] == {"Sorting books": 1, "Sorting food": 1}


def test_a_repeated_contact_transaction_doubles_its_hours(sandbox: SandboxClient) -> None:
    opportunity = sandbox.post(OPPORTUNITY, {"name": "Sorting food"}).json()["id"]
    row = contact(volunteerAttendances=[{"volunteerOpportunityId": opportunity, "date": "2026-05-20", "hours": "2"}])
    for _ in range(2):
        sandbox.batch(row)
    sandbox.run_import()

    assert (list(sandbox.books()["attendances"].values()), sandbox.books()["duplicate_attendances"]) == ([2], 1)


def test_hours_keep_landing_on_an_archived_person(sandbox: SandboxClient, place: str) -> None:
    staff(sandbox, "archive", contact=truth(sandbox, "contact_ids")["VOMO/1"])

    assert write(sandbox, "POST", place, SHIFT) == 200
