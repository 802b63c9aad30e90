"""What a gift shows of a transaction's facts: amounts and dates, by meaning. Types have words of their own."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any


def gift_reference(gift: Mapping[str, Any]) -> tuple[str, str] | None:
    """The transaction that a gift was made of; None where it does not say."""
    source, transaction = gift.get("transactionSource"), gift.get("transactionId")
    return None if source is None or transaction is None else (str(source), str(transaction))


def differing(written: Mapping[str, str | None], gift: Mapping[str, Any]) -> frozenset[str]:
    """The facts that the gift shows otherwise; a fact that either side does not tell differs in nothing."""
    wrong: set[str] = set()
    sent, shown = _money(written.get("amount")), _money(gift.get("amount"))
    if sent is not None and shown is not None and sent != shown:
        wrong.add("amount")
    given, read = _day(written.get("giftDate")), _day(gift.get("giftDate"))
    if given is not None and read is not None and given != read:
        wrong.add("giftDate")
    return frozenset(wrong)


def _money(value: Any) -> Decimal | None:
    try:
        return None if value is None else Decimal(str(value).strip().lstrip("$").replace(",", ""))
    except InvalidOperation:
        return None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value).strip()[:10])
    except ValueError:
        return None
