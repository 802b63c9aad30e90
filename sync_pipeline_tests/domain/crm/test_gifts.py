"""Gifts: the documented bodies and addresses."""

from sync_pipeline.domain.crm import gifts

GIFT = {"transactionId": "g-1", "amount": "25.00", "contact": {"referenceId": "d-7"}}


def test_a_single_gift_is_flat_with_its_source() -> None:
    request = gifts.transaction("GIVING", GIFT)
    assert request.endpoint == gifts.TRANSACTION == "POST /api/v2/Gift/Transaction"
    assert (request.body, request.documented) == ({**GIFT, "transactionSource": "GIVING"}, False)


def test_several_gifts_are_an_object_and_name_their_source_once() -> None:
    request = gifts.batch("GIVING", [GIFT, {**GIFT, "transactionId": "g-2"}])
    assert request.endpoint == gifts.BATCH == "POST /api/v2/Gift/Transactions"
    assert request.body == {
        "transactionSource": "GIVING",
        "transactions": [GIFT, {**GIFT, "transactionId": "g-2"}],
    }


def test_a_gift_is_looked_up_by_the_pair_it_was_sent_with_or_by_its_contact() -> None:
    pair = gifts.by_transaction("GIVING", "g-1")
    assert pair.endpoint == "GET /api/Gift/{transactionSource}/{transactionId}"
    assert pair.parts == {"transactionSource": "GIVING", "transactionId": "g-1"}
    assert gifts.by_id(5).parts == {"giftId": 5}
    newest = gifts.of_contact(12, 100, 50)
    assert newest.endpoint == "GET /api/Gift/ByContact/{contactId}"
    assert newest.query == {"sortBy": "Id", "descending": True, "skip": 100, "take": 50}


def test_a_reversal_has_the_documented_body() -> None:
    request = gifts.reversal(5, "2026-03-04", "Refunded")
    assert request.endpoint == gifts.REVERSAL == "POST /api/Gift/ReversingTransaction"
    assert request.body == {"reversedGiftId": 5, "giftDate": "2026-03-04", "notes": "Refunded"}
    assert not request.documented


def test_the_gifts_of_a_contact_are_a_list_bare_or_wrapped() -> None:
    for document in ([{"id": 5}], {"list": [{"id": 5}], "total": 1}):
        page = gifts.gifts_of(document)
        assert page is not None
        assert page.rows == ({"id": 5},)
    assert gifts.gifts_of({"message": "no"}) is None
