"""A key is called unfit to write only when the answer says so in words we know."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_pipeline.adapters.virtuous.documents import read_json
from sync_pipeline.adapters.virtuous.permissions import read_contact_write_access
from sync_pipeline.domain.organization import WriteAccess

CREATE_NO = {"module": "Contact", "action": "Create", "allowed": False}
EDIT_NO = {"module": "Contact", "action": "Edit", "allowed": False}
EDIT_YES = {"module": "Contact", "action": "Edit", "allowed": True}
VIEW_YES = {"module": "Contact", "action": "View", "allowed": True}
GIFT_YES = {"module": "Gift", "action": "Create", "allowed": True}


@pytest.mark.parametrize(
    "document",
    [
        [CREATE_NO],
        [CREATE_NO, EDIT_NO, VIEW_YES, GIFT_YES],
        {"list": [CREATE_NO], "total": 1},
        {"Permissions": [{"ModuleName": "Contacts", "ActionName": "CreateContact", "HasPermission": "false"}]},
        [{"name": "CRM Contacts", "action": "write", "is_allowed": 0}],
    ],
)
def test_every_known_pair_about_writing_contacts_says_no(document: Any) -> None:
    assert read_contact_write_access(document) is WriteAccess.REFUSED


@pytest.mark.parametrize(
    "document",
    [
        [EDIT_YES],
        [CREATE_NO, EDIT_YES],
        {"list": [GIFT_YES, EDIT_YES]},
        [{"module": "contact", "action": "update", "isAllowed": "true"}],
    ],
)
def test_one_pair_that_allows_writing_contacts_is_enough(document: Any) -> None:
    assert read_contact_write_access(document) is WriteAccess.ALLOWED


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        "allowed",
        42,
        {"list": "none"},
        [None, 3, "x", []],
        [VIEW_YES, GIFT_YES],
        [{**VIEW_YES, "allowed": False}],
        [{"module": "ContactNote", "action": "Create", "allowed": False}],
        [{"module": "Contact Tag", "action": "Create", "allowed": False}],
        [{"module": "Contact", "action": "Create", "allowed": "sometimes"}],
        [{"module": "Contact", "action": "Create"}],
        [{"module": "Contact", "allowed": False}],
        [{"resource": "Contact", "verb": "Create", "granted": False}],
        {"Contact": {"Create": False}},
    ],
)
def test_words_and_shapes_we_do_not_know_say_nothing(document: Any) -> None:
    assert read_contact_write_access(document) is WriteAccess.UNKNOWN


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["list", "module", "action", "allowed"]), inner, max_size=3)
        ),
        max_leaves=10,
    )
)
def test_no_document_breaks_the_reading(document: Any) -> None:
    assert read_contact_write_access(read_json(json.dumps(document).encode())) in WriteAccess
