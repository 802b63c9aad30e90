"""Gifts: transactions, look-ups, reversals."""

from collections.abc import Mapping, Sequence
from typing import Any

from sync_pipeline.domain.crm.reading import Listing, listing
from sync_pipeline.domain.request import Request

TRANSACTION = "POST /api/v2/Gift/Transaction"
BATCH = "POST /api/v2/Gift/Transactions"
REVERSAL = "POST /api/Gift/ReversingTransaction"
LARGEST_PAGE = 1_000


def transaction(transaction_source: str, gift: Mapping[str, Any]) -> Request:
    body = {**gift, "transactionSource": transaction_source}
    return Request("POST", "/api/v2/Gift/Transaction", body=body, documented=False)


def batch(transaction_source: str, gifts: Sequence[Mapping[str, Any]]) -> Request:
    """An object: the one public client that posts a bare array does not match the reference (section 11, no. 28)."""
    body = {"transactionSource": transaction_source, "transactions": [dict(gift) for gift in gifts]}
    return Request("POST", "/api/v2/Gift/Transactions", body=body, documented=False)


def by_transaction(transaction_source: str, transaction_id: str) -> Request:
    parts = {"transactionSource": transaction_source, "transactionId": transaction_id}
    return Request("GET", "/api/Gift/{transactionSource}/{transactionId}", parts)


def query_options() -> Request:
    return Request("GET", "/api/Gift/QueryOptions")


def query(conditions: Sequence[Mapping[str, Any]], skip: int) -> Request:
    """Full gifts that meet all conditions, in the order of their ids: only these name their transaction."""
    body = {"groups": [{"conditions": list(conditions)}], "sortBy": "Id", "descending": False}
    return Request("POST", "/api/Gift/Query/FullGift", query={"skip": skip, "take": LARGEST_PAGE}, body=body)


def by_id(gift_id: int) -> Request:
    return Request("GET", "/api/Gift/{giftId}", {"giftId": gift_id})


def of_contact(contact_id: int, skip: int, take: int) -> Request:
    """The contact's gifts, newest first."""
    query = {"sortBy": "Id", "descending": True, "skip": skip, "take": take}
    return Request("GET", "/api/Gift/ByContact/{contactId}", {"contactId": contact_id}, query)


def reversal(gift_id: int, gift_date: str, notes: str) -> Request:
    """What is answered is not clear (one client reads a gift), so nothing is expected of the body."""
    body = {"reversedGiftId": gift_id, "giftDate": gift_date, "notes": notes}
    return Request("POST", "/api/Gift/ReversingTransaction", body=body, documented=False)


def gifts_of(document: Any) -> Listing | None:
    return listing(document)
