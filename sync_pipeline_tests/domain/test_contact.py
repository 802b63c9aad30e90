"""A contact payload has the documented shapes, and a change in one field group leaves the others alone."""

import pytest

from sync_pipeline.domain.contact import (
    CONTACT_FIELDS,
    contact_payload,
    field_groups,
    is_contact_field,
    personal_values,
)


def test_a_volunteer_becomes_the_documented_flat_shape() -> None:
    fields = {
        "firstName": "Ada",
        "lastName": "Byron",
        "email": "ada@example.org",
        "birthMonth": "12",
        "birthYear": "1815",
        "gender": "Female",
        "customFields.Shirt size": "M",
    }
    assert contact_payload("u-7", fields, ["VOMO: volunteer", "VOMO: leader"]) == {
        "referenceId": "u-7",
        "contactType": "Household",
        "firstName": "Ada",
        "lastName": "Byron",
        "email": "ada@example.org",
        "birthMonth": "12",
        "birthYear": "1815",
        "gender": "Female",
        "tags": "VOMO: leader;VOMO: volunteer",
        "customFields": {"Shirt size": "M"},
    }


def test_the_contact_type_of_the_recipe_wins_over_the_default() -> None:
    assert contact_payload("1", {"contactType": "Organization", "name": "Acme"}, [])["contactType"] == "Organization"


def test_null_and_empty_fields_are_left_out_because_a_transaction_never_clears() -> None:
    payload = contact_payload("1", {"email": None, "phone": "", "city": "  ", "lastName": "Byron"}, [])
    assert payload == {"referenceId": "1", "contactType": "Household", "lastName": "Byron"}


def test_an_empty_custom_field_travels_because_it_is_documented_to_clear_and_a_null_one_does_not() -> None:
    payload = contact_payload("1", {"customFields.Shirt": "", "customFields.Team": None}, [])
    assert payload["customFields"] == {"Shirt": ""}


@pytest.mark.parametrize(
    ("name", "text", "shape"),
    [
        ("eventId", "12", 12),
        ("eventId", "twelve", "twelve"),
        ("attended", "true", True),
        ("rsvpResponse", "False", False),
        ("invited", "maybe", "maybe"),
        ("emailLists", "News; Prayer ;;", ["News", "Prayer"]),
        ("postal", "01234", "01234"),
        ("birthDay", "03", "03"),
    ],
)
def test_fields_that_are_no_text_take_their_documented_shape(name: str, text: str, shape: object) -> None:
    assert contact_payload("1", {name: text}, [])[name] == shape


def test_tags_are_one_text_and_a_semicolon_inside_a_tag_does_not_split_it() -> None:
    assert contact_payload("1", {}, ["b;c", " a ", "a", "", ";"])["tags"] == ",;a;b,c"
    assert "tags" not in contact_payload("1", {}, ["", " "])


def test_a_field_that_a_transaction_does_not_have_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="spouse"):
        contact_payload("1", {"spouse": "x"}, [])
    with pytest.raises(ValueError, match="tags"):
        field_groups({"tags": "x"}, [])


def test_the_field_names_a_recipe_may_use() -> None:
    assert all(is_contact_field(name) for name in CONTACT_FIELDS)
    assert is_contact_field("customFields.Shirt size")
    assert not is_contact_field("customFields.")
    assert not is_contact_field("referenceId")


def test_birth_and_gender_and_tags_are_groups_of_their_own() -> None:
    groups = field_groups({"lastName": "Byron", "gender": "F", "birthDay": "3", "customFields.Team": "A"}, ["t2", "t1"])
    assert groups == {
        "core": {"lastName": "Byron", "customFields.Team": "A"},
        "birth_gender": {"birthDay": "3", "gender": "F"},
        "tags": {"tags": "t1;t2"},
    }


def test_a_source_that_swaps_null_for_empty_or_reorders_tags_changes_no_group() -> None:
    before = field_groups({"lastName": "B", "phone": None, "gender": ""}, ["x", "y"])
    assert before == field_groups({"lastName": "B", "phone": "", "gender": None}, ["y", "x", "y"])
    assert field_groups({}, []) == {"core": {}, "birth_gender": {}, "tags": {}}


def test_personal_values_are_all_texts_but_the_type_words_of_the_organization() -> None:
    payload = contact_payload("u-7", {"email": "a@b.org", "emailType": "Home Email", "customFields.Team": "Red"}, ["x"])
    assert sorted(personal_values([payload])) == ["Red", "a@b.org", "u-7", "x"]
