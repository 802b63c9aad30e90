"""What everybody should look like in Virtuous, told from the source alone."""

from typing import Any

from sync_pipeline.demo.people import REMOVED, contact_of, expected_contacts, people, sent_versions
from sync_pipeline.demo.records import Records

ADA = {
    "id": 7,
    "first_name": "Ada",
    "last_name": "Byron",
    "email": "Ada@Example.org",
    "phone": "(555) 555-0107",
    "birthday": "1990-02-09",
    "gender": "F",
    "membership_role": "VOLUNTEER",
}


def seen(*nights: list[dict[str, Any]]) -> Records:
    made = people()
    for users in nights:
        made.note(users)
    return made


def test_a_user_becomes_the_documented_fields() -> None:
    assert contact_of(ADA) == {
        "contactType": "Household",
        "firstName": "Ada",
        "lastName": "Byron",
        "emailType": "Home Email",
        "email": "ada@example.org",
        "phoneType": "Home Phone",
        "phone": "(555) 555-0107",
        "birthMonth": "2",
        "birthDay": "9",
        "birthYear": "1990",
        "gender": "Female",
        "tags": ["VOMO: Volunteer"],
    }


def test_what_the_source_does_not_say_is_left_out() -> None:
    contact = contact_of(ADA | {"birthday": None, "gender": "N"})
    assert not {"birthMonth", "birthDay", "birthYear", "gender"} & contact.keys()


def test_a_role_that_changed_leaves_both_tags() -> None:
    both = seen([ADA], [ADA | {"membership_role": "ADMIN"}])
    assert expected_contacts(both)["7"]["tags"] == ["VOMO: Admin", "VOMO: Volunteer"]
    assert len(sent_versions(both, "7")) == 2


def test_a_change_in_a_field_that_is_not_mapped_is_no_change() -> None:
    both = seen([ADA], [ADA | {"updated_at": "later"}])
    assert both.updated(1) == set()
    assert len(sent_versions(both, "7")) == 1


def test_a_new_user_without_a_last_name_is_refusable_and_never_expected() -> None:
    nobody = ADA | {"id": 8, "last_name": None}
    both = seen([ADA], [ADA, nobody])
    assert (both.created(1), both.refusable_in(1)) == ({"8"}, {"8"})
    assert expected_contacts(both).keys() == {"7"}


def test_a_known_user_who_lost_the_last_name_stays_as_last_taken() -> None:
    both = seen([ADA], [ADA | {"last_name": None, "phone": "(555) 555-0199"}])
    assert both.refusable_in(1) == {"7"}
    assert expected_contacts(both)["7"]["phone"] == "(555) 555-0107"


def test_who_left_stays_and_is_tagged() -> None:
    both = seen([ADA], [])
    assert both.taken_back(1) == {"7"}
    assert expected_contacts(both)["7"] == contact_of(ADA) | {"tags": ["VOMO: Volunteer", REMOVED]}
    assert sent_versions(both, "7")[-1] == {
        "contactType": "Household",
        "firstName": "Ada",
        "lastName": "Byron",
        "tags": [REMOVED],
    }
