"""Records whose mapping is invalid: each a dead letter with its reason from the start, and nobody waits for them."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sync_pipeline_tests.end_to_end.deployment import VIRTUOUS, VOMO, Deployment, Night
from sync_pipeline_tests.end_to_end.kinds import (
    GIFT,
    GIFTS,
    GIVING,
    assert_every_kind_delivered,
    assert_nothing_twice,
    every_kind,
    morning,
    served,
)

MISMATCH = "the designations do not add up to the amount"
NOBODY = {"id": None, "first_name": None, "last_name": None, "email": None}
SPOILT_DONATIONS: list[tuple[dict[str, Any], str]] = [
    ({"amount": "-5.00"}, "amount is not a positive sum of at most two decimals"),
    ({"amount": "a lot"}, "amount is not a positive sum of at most two decimals"),
    ({"amount": "0.00"}, "amount is not a positive sum of at most two decimals"),
    ({"donated_at": "last tuesday"}, "giftDate is not a date"),
    ({"donated_at": "2026-02-30T10:00:00Z"}, "giftDate is not a date"),
    ({"donor": NOBODY}, "the gift names no donor: contact.referenceId, contact.email and contact.lastname are empty"),
    ({"allocations": "GEN"}, "the column allocations is no list of designations"),
    ({"allocations": [{"fund_code": "GEN", "amount": "x"}]}, "an amount of a designation is not a sum"),
]


@pytest.fixture
def kinds(tmp_path: Path, sqlite_url: str) -> Iterator[Deployment]:
    """Every kind of record, as the shipped connectors and recipes read them."""
    with every_kind(tmp_path, sqlite_url) as deployment:
        yield deployment


def nights(deployment: Deployment) -> list[Night]:
    """Three more, each after a morning's import: what had to wait is there."""
    done: list[Night] = []
    for _ in range(3):
        morning(deployment)
        done.append(deployment.night())
    return done


def letters(night: Night, stream: str) -> dict[str, str]:
    """The reason of every dead letter of a stream; each was made without an attempt."""
    found = [detail for detail in night.report.failure_details if detail["stream"] == stream]
    assert {detail["attempts"] for detail in found} <= {0}
    return {detail["key"]: detail["reason"] for detail in found}


def assert_reasons(found: Mapping[str, str], expected: Mapping[str, str]) -> None:
    assert found.keys() == expected.keys()
    assert [key for key, reason in found.items() if not reason.startswith(expected[key])] == []


def succeeded(deployment: Deployment) -> list[dict[str, Any]]:
    return [one for one in deployment.world.giving_donations(GIVING) if one["status"] == "succeeded"]


def adds_up(donation: Mapping[str, Any]) -> bool:
    return sum(Decimal(part["amount"]) for part in donation["allocations"]) == Decimal(donation["amount"])


def gift_requests(deployment: Deployment) -> int:
    requests = deployment.books()["requests"]
    return requests.get(GIFT, 0) + requests.get(GIFTS, 0)


def assert_refused_nothing(deployment: Deployment) -> None:
    """Virtuous never saw an invalid row: it accepted every row it was sent, and answered nothing with a 4xx."""
    books = deployment.books()
    assert books["rows_received"] == books["rows_accepted"]
    assert [answer for answer in books["answers"] if answer.startswith("4")] == []


def test_donations_whose_allocations_do_not_add_up_are_dead_letters_and_all_others_gifts(kinds: Deployment) -> None:
    kinds.world.add_giving_organization(GIVING, donations=120, seed=11, invalid=12)
    wrong = {one["id"] for one in succeeded(kinds) if not adds_up(one)}
    right = {one["id"] for one in succeeded(kinds)} - wrong
    assert wrong
    night = kinds.night()
    assert_reasons(letters(night, "donations"), dict.fromkeys(wrong, MISMATCH))
    assert night.report.failures == len(wrong)
    assert_refused_nothing(kinds)
    morning(kinds)
    assert {one["transactionId"] for one in kinds.world.gifts(VIRTUOUS)} == right
    assert gift_requests(kinds) == -(-len(right) // 100)


def test_every_reason_names_its_own_donation_and_is_not_found_again_the_next_night(kinds: Deployment) -> None:
    chosen = [one["id"] for one in succeeded(kinds)[: len(SPOILT_DONATIONS)]]
    for number, (fields, _) in zip(chosen, SPOILT_DONATIONS, strict=True):
        kinds.world.edit_giving(GIVING, "donations", number, **fields)
    reasons = {number: reason for number, (_, reason) in zip(chosen, SPOILT_DONATIONS, strict=True)}
    night = kinds.night()
    assert_reasons(letters(night, "donations"), reasons)
    assert night.report.status == "done"
    assert_refused_nothing(kinds)
    requests = gift_requests(kinds)
    morning(kinds)
    second = kinds.night()
    assert letters(second, "donations") == {}
    assert (second.report.total_changes, second.code) == (0, 3 if kinds.ledger().get("waiting") else 5)
    assert (kinds.ledger()["dead"], gift_requests(kinds)) == (len(chosen), requests)


def test_a_donation_corrected_at_the_source_takes_the_place_of_its_dead_letter(kinds: Deployment) -> None:
    good = succeeded(kinds)[0]
    bad = {"allocations": [{**good["allocations"][0], "amount": "0.01"}], "amount": "500.00"}
    kinds.world.edit_giving(GIVING, "donations", good["id"], **bad)
    assert letters(kinds.night(), "donations") == {good["id"]: MISMATCH}
    still_bad = {**bad, "amount": "600.00"}
    kinds.world.edit_giving(GIVING, "donations", good["id"], **still_bad)
    again = kinds.night()
    assert letters(again, "donations") == {good["id"]: MISMATCH}
    assert kinds.ledger()["dead"] == 1, "another wrong value takes the place of the first"
    kinds.world.edit_giving(GIVING, "donations", good["id"], allocations=good["allocations"], amount=good["amount"])
    night = kinds.night()
    assert (night.report.failures, kinds.ledger().get("dead", 0)) == (0, 0)
    assert_refused_nothing(kinds)
    assert nights(kinds)[-1].code == 0
    assert_every_kind_delivered(kinds)


def spoil_volunteering(deployment: Deployment) -> dict[str, dict[str, str]]:
    """One record of each VOMO stream and reason; answers the expected reasons by stream and key."""
    world = deployment.world
    hours = served(deployment)[:4]
    for record, fields in zip(
        hours, ({"hours": "many"}, {"hours": -2.0}, {"hours": 10_000.0}, {"user_id": None}), strict=True
    ):
        world.edit_vomo_record(VOMO, "participations", record["id"], **fields)
    completions = world.vomo_completions(VOMO)[:2]
    world.edit_vomo_record(VOMO, "completions", completions[0]["id"], user_id=None)
    when = f"case when trim(id) = '{completions[1]['id']}' then 'soon' else created_at end"
    deployment.configure(streams={"completions": {"fields": {"noteDateTime": when}}})
    nameless = world.add_vomo_record(VOMO, "projects", name="  ")["id"]
    world.edit_vomo_user(VOMO, 40, first_name=None, last_name=None)
    world.edit_vomo_user(VOMO, 39, birthday="1990-02-30")
    not_hours = "hours is not a number of hours"
    return {
        "users": {
            "40": "the contact has no name: name, firstName and lastName are empty",
            "39": "birthYear, birthMonth and birthDay are no day of the calendar",
        },
        "projects": {str(nameless): "name is empty"},
        "participations": {
            str(record["id"]): reason
            for record, reason in zip(hours, (not_hours, not_hours, not_hours, "contact is empty"), strict=True)
        },
        "completions": {
            str(completions[0]["id"]): "contact is empty",
            str(completions[1]["id"]): "noteDateTime is not a time",
        },
    }


def test_each_kind_has_its_dead_letters_and_everything_else_is_delivered(kinds: Deployment) -> None:
    parts = {"birthYear": (1, 4), "birthMonth": (6, 2), "birthDay": (9, 2)}
    unguarded = {name: f"substr(birthday, {start}, {length})" for name, (start, length) in parts.items()}
    kinds.configure(streams={"users": {"fields": unguarded}})
    expected = spoil_volunteering(kinds)
    night = kinds.night()
    assert night.report.stage_failures == []
    for stream, reasons in expected.items():
        assert letters(night, stream) == reasons
    wrong = sum(map(len, expected.values()))
    assert (night.report.failures, kinds.ledger()["dead"]) == (wrong, wrong)
    assert [night.report.failures for night in nights(kinds)] == [0, 0, 0]
    assert_refused_nothing(kinds)
    assert_nothing_twice(kinds)
    # Who belongs to a dead contact waits for it: the hours and notes of two people, and of nobody else.
    assert kinds.ledger()["dead"] == wrong
    assert len(kinds.world.contacts(VIRTUOUS)) == len(kinds.world.vomo_users(VOMO)) - 2 + donors(kinds)
    projects = {one["name"].strip() for one in kinds.world.vomo_projects(VOMO)} - {""}
    assert {one["name"] for one in kinds.world.opportunities(VIRTUOUS)} == projects
    blocked = {40, 39}
    completions = [one for one in kinds.world.vomo_completions(VOMO) if str(one["id"]) not in expected["completions"]]
    hours = [one for one in kinds.world.vomo_participations(VOMO) if str(one["id"]) not in expected["participations"]]
    given = [one for one in hours if one["hours"] and one["user_id"] not in blocked]
    assert len(kinds.world.notes(VIRTUOUS)) == len([one for one in completions if one["user_id"] not in blocked])
    assert len(kinds.world.attendances(VIRTUOUS)) == len(given)


def donors(deployment: Deployment) -> int:
    return len({one["donor"]["id"] for one in succeeded(deployment)})


def test_hours_corrected_at_the_source_are_recorded_and_their_dead_letter_is_over(kinds: Deployment) -> None:
    record = served(kinds)[0]
    kinds.world.edit_vomo_record(VOMO, "participations", record["id"], hours="many")
    assert letters(kinds.night(), "participations") == {str(record["id"]): "hours is not a number of hours"}
    kinds.world.edit_vomo_record(VOMO, "participations", record["id"], hours=record["hours"])
    assert (nights(kinds)[-1].code, kinds.ledger().get("dead", 0)) == (0, 0)
    assert_every_kind_delivered(kinds)
