"""What has to be known of Virtuous before an operation can be sent."""

from typing import Any

import pytest

from sync_pipeline.domain.change import Action
from sync_pipeline.domain.needs import Need, needs_of

CONTACT = Need("contact", "GIVING", "d-7")
OPPORTUNITY = Need("opportunity", "VOMO", "p-3")
PAYLOAD = {"contact": ["GIVING", "d-7"], "opportunity": ["VOMO", "p-3"]}


@pytest.mark.parametrize(
    ("kind", "action", "payload", "needs"),
    [
        ("contact", Action.SAVE, {}, []),
        ("gift", Action.SAVE, {}, []),
        ("note", Action.SAVE, PAYLOAD, [CONTACT]),
        ("attendance", Action.SAVE, PAYLOAD, [CONTACT, OPPORTUNITY]),
        ("attendance", Action.REMOVE, {}, [Need("attendance", "VOMO", "r-1")]),
        ("contact", Action.ARCHIVE, {}, [Need("contact", "VOMO", "r-1")]),
        ("contact", Action.UNARCHIVE, {}, [Need("contact", "VOMO", "r-1")]),
        ("contact", Action.TAG, {}, [Need("contact", "VOMO", "r-1")]),
        ("gift", Action.REVERSE, {}, [Need("gift", "VOMO", "r-1")]),
        ("opportunity", Action.SAVE, {}, [Need("opportunity", "VOMO", "r-1")]),
    ],
)
def test_transactions_need_nothing_and_direct_calls_an_id(
    kind: str, action: Action, payload: dict[str, Any], needs: list[Need]
) -> None:
    assert list(needs_of(kind, action, "VOMO", "r-1", payload)) == needs


def test_a_need_is_told_by_kind_source_and_reference() -> None:
    assert str(OPPORTUNITY) == "opportunity VOMO/p-3"
