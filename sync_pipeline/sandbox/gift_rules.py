"""What a gift in a transaction must look like (sections 4.4 and 4.5 of the Virtuous reference)."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from sync_pipeline.sandbox.moments import read_day
from sync_pipeline.sandbox.refusal import Problem
from sync_pipeline.sandbox.settings import OrganizationSettings

Row = dict[str, Any]

_OBJECTS = ("contact", "passthroughContact", "tributeDedication", "customFields", "eventAttendee")
_ARRAYS = ("designations", "premiums", "customObjects", "giftPassthroughs")
_PLAIN = frozenset(
    {
        *("transactionSource", "transactionId", "contactIndividualId", "giftDate", "cancelDate", "giftType", "amount"),
        *("currencyCode", "exchangeRate", "frequency", "recurringGiftTransactionId", "recurringGiftTransactionUpdate"),
        *("pledgeFrequency", "pledgeTransactionId", "pledgeExpectedFullfillmentDate", "batch", "notes", "segment"),
        *("mediaOutlet", "receiptDate", "receiptSegment", "cashAccountingCode", "isPrivate", "isTaxDeductible"),
        *("checkNumber", "creditCardType", "nonCashGiftTypeId", "nonCashGiftType", "nonCashGiftDescription"),
        *("stockTickerSymbol", "stockNumberOfShares", "iraCustodian", "submissionUrl", "tribute"),
    }
)
_DONOR = frozenset(
    {
        *("referenceId", "id", "name", "type", "title", "firstname", "middlename", "lastname", "suffix"),
        *("birthMonth", "birthDay", "birthYear", "gender", "emailType", "email", "phoneType", "phone", "address"),
        *("tags", "emailLists"),
    }
)
_DESIGNATION = frozenset({"id", "name", "code", "amountDesignated"})


def unknown_gift_fields(row: Row) -> list[str]:
    """Fields that bind to nothing: the guides' `giftDesignations` and `projectCode`, a donor's `firstName`, ..."""
    return [
        *(name for name in row if name not in _PLAIN and name not in _OBJECTS and name not in _ARRAYS),
        *(f"contact.{name}" for name in _object(row, "contact") if name not in _DONOR),
        *(f"designations.{name}" for one in _rows(row, "designations") for name in one if name not in _DESIGNATION),
    ]


def gift_problems(row: Row, settings: OrganizationSettings) -> list[Problem]:
    """Why `row` would be refused; empty when it is accepted. A null counts as left out, an unknown field is ignored."""
    return [*_missing(row, settings), *_wrong_types(row), *_wrong_values(row, settings), *_unbalanced(row, settings)]


def decimal(value: object) -> Decimal | None:
    """Money as the reference types it (text) or as recordings have it (a number)."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def designated(designation: Row) -> Decimal:
    return decimal(designation.get("amountDesignated")) or Decimal(0)


def _missing(row: Row, settings: OrganizationSettings) -> list[Problem]:
    required = ["amount", "giftDate", "giftType", *(["frequency"] if settings.frequency_required else [])]
    return [Problem(name, "REQUIRED", f"{name} is required.") for name in required if _blank(row.get(name))]


def _wrong_types(row: Row) -> Iterable[Problem]:
    for name, value in row.items():
        is_plain = not isinstance(value, dict | list)
        right = is_plain if name in _PLAIN else isinstance(value, dict) if name in _OBJECTS else True
        if name in _ARRAYS:
            right = isinstance(value, list) and all(isinstance(one, dict) for one in value)
        if value is not None and not right:
            yield Problem(name, "INVALID_TYPE", f"{name} is of the wrong type.")
    for name, value in _object(row, "contact").items():
        expected = {"address": dict, "emailLists": list, "id": int}.get(name, str | int | float)
        if value is not None and not isinstance(value, expected):
            yield Problem(f"contact.{name}", "INVALID_TYPE", f"contact.{name} is of the wrong type.")


def _wrong_values(row: Row, settings: OrganizationSettings) -> Iterable[Problem]:
    amount, gift_type = row.get("amount"), row.get("giftType")
    if not _blank(amount) and ((read := decimal(amount)) is None or read <= 0):
        yield Problem("amount", "INVALID_FORMAT", "amount is not an amount above zero.")
    if not _blank(row.get("giftDate")) and read_day(row["giftDate"]) is None:
        yield Problem("giftDate", "INVALID_FORMAT", "giftDate is not a date.")
    if not _blank(gift_type) and gift_type not in settings.gift_types:
        yield Problem("giftType", "UNKNOWN", "There is no such gift type.")


def _unbalanced(row: Row, settings: OrganizationSettings) -> Iterable[Problem]:
    designations = _rows(row, "designations")
    amounts = [decimal(one.get("amountDesignated")) for one in designations]
    if designations and (None in amounts or sum(filter(None, amounts)) != decimal(row.get("amount"))):
        yield Problem("designations", "UNBALANCED", "The designations do not add up to the amount.")
    codes = settings.project_codes
    if codes and any(one.get("code") not in codes for one in designations):
        yield Problem("designations", "UNKNOWN_PROJECT", "There is no such active project.")


def _blank(value: object) -> bool:
    return value is None or value == ""


def _object(row: Row, name: str) -> Row:
    found = row.get(name)
    return found if isinstance(found, dict) else {}


def _rows(row: Row, name: str) -> list[Row]:
    found = row.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
