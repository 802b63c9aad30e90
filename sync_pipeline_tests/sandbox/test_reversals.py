"""Reversing a gift: the original stays, an offsetting one comes beside it."""

from typing import Any

import pytest

from sync_pipeline_tests.sandbox.records import donate, gift, read, truth, write
from sync_pipeline_tests.sandbox.support import VIRTUOUS, SandboxClient

REVERSAL = "/api/Gift/ReversingTransaction"


@pytest.fixture(autouse=True)
def _gift(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS, auto_import="immediately")
    assert donate(sandbox, gift()) == 200


def reversal(sandbox: SandboxClient, **fields: Any) -> dict[str, Any]:
    gift_id = read(sandbox, "/api/Gift/GIVE/don_1")["id"]
    return {"reversedGiftId": gift_id, "giftDate": "2026-05-25", "notes": "refunded"} | fields


def test_a_reversal_is_an_offsetting_gift_with_its_notes(sandbox: SandboxClient) -> None:
    before = read(sandbox, "/api/Gift/GIVE/don_1")

    made = sandbox.post(REVERSAL, reversal(sandbox)).json()

    assert (made["amount"], made["amountFormatted"], made["notes"]) == (-125.0, "-$125.00", "refunded")
    assert (made["giftType"], made["giftDateFormatted"]) == ("Reversing Transaction", "5/25/2026")
    assert [one["amountDesignated"] for one in made["giftDesignations"]] == [-125.0]
    assert "reversedGiftId" not in made
    assert read(sandbox, "/api/Gift/GIVE/don_1") == before
    assert truth(sandbox, "gifts")[1]["reversedGiftId"] == before["id"]
    assert sandbox.books()["reversals"] == {str(before["id"]): 1}


def test_a_second_reversal_is_a_second_gift_and_booked_as_a_duplicate(sandbox: SandboxClient) -> None:
    for _ in range(2):
        assert write(sandbox, "POST", REVERSAL, reversal(sandbox)) == 200

    books = sandbox.books()
    assert (list(books["reversals"].values()), books["duplicate_reversals"]) == ([2], 1)
    assert books["duplicate_gifts"] == 0


def test_a_second_reversal_can_be_refused(sandbox: SandboxClient) -> None:
    sandbox.world.change_organization(VIRTUOUS, repeated_reversal="refused")

    assert [write(sandbox, "POST", REVERSAL, reversal(sandbox)) for _ in range(2)] == [200, 400]
    assert sandbox.books()["duplicate_reversals"] == 0


def test_the_answer_can_be_empty(sandbox: SandboxClient) -> None:
    sandbox.world.change_organization(VIRTUOUS, reversal_answer="empty")

    assert sandbox.post(REVERSAL, reversal(sandbox, giftDate=None)).content == b""
    assert truth(sandbox, "gifts")[1]["giftDate"] == "2026-05-28"


@pytest.mark.parametrize("fields", [{"reversedGiftId": 9}, {"reversedGiftId": None}, {"giftDate": "someday"}])
def test_a_reversal_of_nothing_is_refused(sandbox: SandboxClient, fields: dict[str, Any]) -> None:
    assert write(sandbox, "POST", REVERSAL, reversal(sandbox, **fields)) == 400
    assert sandbox.books()["reversals"] == {}
