"""Gifts as they are read back (field names and types from the recorded fixtures and, for designations, client A)."""

from typing import Any

from sync_pipeline.sandbox.contact import Contact
from sync_pipeline.sandbox.gift import Gift
from sync_pipeline.sandbox.gift_rules import decimal, designated
from sync_pipeline.sandbox.gift_store import GiftStore
from sync_pipeline.sandbox.moments import display_day, display_money, utc_moment

Json = dict[str, Any]

_TAKEN_AS_SENT = ("batch", "segment", "mediaOutlet", "tribute", "cashAccountingCode", "contactIndividualId")
_NOT_KEPT_HERE = dict.fromkeys(
    (
        *("segmentId", "segmentCode", "segmentUrl", "mediaOutletId", "grantId", "grant", "grantUrl"),
        *("tributeId", "tributeType", "acknowledgeeIndividualId", "acknowledgementDate", "receiptDate"),
        *("contactPassthroughId", "contactPassthroughUrl", "giftAskId", "contactMembershipId"),
    )
)


def full_gift(gift: Gift, contact: Contact, store: GiftStore) -> Json:
    """The documented read shape. Which gift a reversing one takes back is shown in none of the recordings."""
    row, day = gift.row, gift.gift_date
    source, transaction_id = gift.reference
    return {
        "id": gift.gift_id,
        "transactionSource": source or None,
        "transactionId": transaction_id or None,
        "contactId": gift.contact_id,
        "contactName": contact.name,
        "contactUrl": f"/api/Contact/{gift.contact_id}",
        "giftType": row.get("giftType"),
        "giftTypeFormatted": row.get("giftType"),
        "giftDate": f"{day}T00:00:00" if day else None,
        "giftDateFormatted": display_day(day) if day else "",
        "amount": float(gift.amount),
        "amountFormatted": display_money(gift.amount),
        **_currency(row),
        "createDateTimeUtc": utc_moment(gift.created_at, gift.gift_id),
        "createdByUser": "Sandbox Import",
        "modifiedDateTimeUtc": utc_moment(gift.modified_at, gift.gift_id),
        "modifiedByUser": "Sandbox Import",
        **{name: row.get(name) for name in _TAKEN_AS_SENT},
        **_NOT_KEPT_HERE,
        "notes": row.get("notes") or "",
        "isAcknowledgedGift": False,
        "acknowledgementNotes": "",
        "receiptDateFormatted": "",
        "giftDesignations": [_designation(one, number, gift, store) for number, one in enumerate(gift.designations)],
        "giftPremiums": [],
        "pledgePayments": [],
        "recurringGiftPayments": [],
        "giftUrl": f"/api/Gift/{gift.gift_id}",
        "isPrivate": bool(row.get("isPrivate")),
        "isTaxDeductible": row.get("isTaxDeductible") is not False,
        "customFields": [],
    }


def short_gift(gift: Gift) -> Json:
    """A row of a list (recorded): amounts and dates as text for people, and no transaction pair."""
    day = gift.gift_date
    return {
        "id": gift.gift_id,
        "contactId": gift.contact_id,
        "contactIndividualId": gift.row.get("contactIndividualId"),
        "giftType": gift.row.get("giftType"),
        "giftDate": display_day(day) if day else "",
        "amount": display_money(gift.amount),
        "segment": gift.row.get("segment"),
        "batch": gift.row.get("batch"),
        "giftUrl": f"/api/Gift/{gift.gift_id}",
        "culture": None,
        **_currency(gift.row),
    }


def _currency(row: Json) -> Json:
    rate = float(decimal(row.get("exchangeRate")) or 1)
    return {"exchangeRate": rate, "currencyCode": row.get("currencyCode") or "USD", "baseCurrencyCode": "USD"}


def _designation(designation: Json, number: int, gift: Gift, store: GiftStore) -> Json:
    amount = designated(designation)
    project_id = store.project_id(designation)
    name = designation.get("name") or designation.get("code")
    return {
        "id": gift.gift_id * 10 + number,
        "projectId": project_id,
        "project": name,
        "projectCode": designation.get("code"),
        "externalAccountingCode": None,
        "projectType": None,
        "projectLocation": None,
        "projectUrl": f"/api/Project/{project_id}",
        "amountDesignated": float(amount),
        "display": f"{name}: {display_money(amount)}",
    }
