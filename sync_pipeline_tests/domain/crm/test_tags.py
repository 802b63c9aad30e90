"""Tags: definitions, and those of a contact, whose recorded shape is not known."""

from typing import Any

import pytest

from sync_pipeline.domain.crm import tags
from sync_pipeline.domain.crm.tags import ContactTag


@pytest.mark.parametrize(
    ("row", "tag"),
    [
        ({"id": 9, "tagName": "Choir", "tagId": 4}, ContactTag(9, "Choir", 4)),
        ({"contactTagId": "9", "id": 4, "tagName": "Choir"}, ContactTag(9, "Choir")),
        ({"id": 9, "tag": "Choir"}, ContactTag(9, "Choir")),
        ({"id": 9, "tag": {"tagName": "Choir"}, "tagId": "4"}, ContactTag(9, "Choir", 4)),
        ({"id": 9, "name": "Choir"}, ContactTag(9, "Choir")),
    ],
)
def test_a_tag_is_read_under_each_likely_key(row: dict[str, Any], tag: ContactTag) -> None:
    assert tags.read_contact_tags([row]) == [tag]
    assert tags.read_contact_tags({"list": [row], "total": 1}) == [tag]


def test_a_row_that_cannot_be_removed_or_has_no_name_is_left_out() -> None:
    assert tags.read_contact_tags([{"tagName": "Choir"}, {"id": 0, "tagName": "Choir"}, {"id": 9}, None]) == []


@pytest.mark.parametrize("document", [None, {"message": "no"}, "Choir"])
def test_an_answer_that_is_no_list_does_not_say_that_a_contact_has_no_tags(document: Any) -> None:
    assert tags.read_contact_tags(document) is None
    assert tags.read_definitions(document) is None


def test_definitions_are_read_by_name() -> None:
    document = {"list": [{"id": 4, "tagName": "Choir"}, {"id": "5", "tagName": "Team"}, {"id": 6}, {"tagName": "x"}]}
    assert tags.read_definitions(document) == {"Choir": 4, "Team": 5}


def test_the_calls_about_tags() -> None:
    assert tags.definitions(1_000).query == {"skip": 1_000, "take": 1_000}
    assert tags.of_contact(12).parts == {"contactId": 12}
    removal = tags.remove(9)
    assert (removal.endpoint, removal.parts) == (tags.REMOVE, {"contactTagId": 9})
    many = tags.bulk([tags.pair(4, 12), tags.pair(5, 12)])
    assert (many.endpoint, many.body) == (tags.BULK, [{"tagId": 4, "contactId": 12}, {"tagId": 5, "contactId": 12}])
