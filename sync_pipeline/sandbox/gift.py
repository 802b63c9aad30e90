"""One gift of an organization."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sync_pipeline.sandbox.gift_rules import decimal
from sync_pipeline.sandbox.moments import read_day

REVERSING = "Reversing Transaction"


@dataclass
class Gift:
    """`row` is the transaction it came from; `reversed_gift_id` the gift it takes back."""

    gift_id: int
    contact_id: int
    row: dict[str, Any]
    created_at: float
    modified_at: float
    reversed_gift_id: int | None = None

    @property
    def reference(self) -> tuple[str, str]:
        return gift_reference(self.row)

    @property
    def amount(self) -> Decimal:
        return decimal(self.row["amount"]) or Decimal(0)

    @property
    def gift_date(self) -> date | None:
        return read_day(self.row.get("giftDate"))

    @property
    def designations(self) -> list[dict[str, Any]]:
        return self.row.get("designations") or []

    def plain(self) -> dict[str, Any]:
        """The gift as it truly is, for a judge."""
        source, transaction_id = self.reference
        return {
            "id": self.gift_id,
            "contactId": self.contact_id,
            "transactionSource": source,
            "transactionId": transaction_id,
            "amount": str(self.amount),
            "giftDate": str(self.gift_date),
            "giftType": self.row.get("giftType"),
            "notes": self.row.get("notes"),
            "reversedGiftId": self.reversed_gift_id,
            "designations": self.designations,
            "row": self.row,
        }


def gift_reference(row: dict[str, Any]) -> tuple[str, str]:
    """Source and id of a transaction; the id is empty where none was given."""
    transaction_id = row.get("transactionId")
    return str(row.get("transactionSource") or ""), "" if transaction_id is None else str(transaction_id)
