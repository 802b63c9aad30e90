"""What donations should be in Virtuous: one gift for each that succeeded, one reversal for each that was taken back.

A mapping of its own, like that of people.
"""

from collections.abc import Mapping
from typing import Any

from sync_pipeline.demo.people import Contact
from sync_pipeline.demo.records import Meaning, Records, Row

SOURCE = "GIVING"
GIFT_TYPES = {"card": "Credit", "ach": "Electronic Funds Transfer", "check": "Check", "cash": "Cash"}
FREQUENCIES = {None: "OneTime", "weekly": "Weekly", "monthly": "Monthly", "yearly": "Annually"}


def donations() -> Records:
    return Records("donations", gift_of)


def gift_of(donation: Row) -> dict[str, Any] | None:
    """The gift a donation stands for, in the words of a gift transaction; `donor` is the donor's reference."""
    if donation["status"] != "succeeded":
        return None
    shares = sorted((share["fund_code"], share["amount"]) for share in donation["allocations"])
    return {
        "amount": donation["amount"],
        "giftDate": donation["donated_at"][:10],
        "giftType": GIFT_TYPES[donation["payment_method"]],
        "currencyCode": donation["currency"],
        "designations": shares,
        "donor": donation["donor"]["id"],
        "recurringGiftTransactionId": donation["recurring_plan_id"],
        "frequency": FREQUENCIES[donation["frequency"]],
        "isPrivate": donation["anonymous"] or None,
        "notes": donation["comment"] or None,
        "checkNumber": donation["check_number"],
    }


def told_gift(row: Mapping[str, Any]) -> dict[str, Any]:
    """A transaction as Virtuous took it, in the same words."""
    designations = row.get("designations") or []
    shares = sorted((str(one.get("code")), str(one.get("amountDesignated"))) for one in designations)
    names = ("amount", "giftDate", "giftType", "currencyCode", "recurringGiftTransactionId", "frequency", "isPrivate")
    plain = {name: row.get(name) for name in (*names, "notes", "checkNumber")}
    return {**plain, "designations": shares, "donor": row["contact"].get("referenceId")}


def expected_gifts(given: Records) -> dict[str, Meaning]:
    """By donation; the first version stays, because Virtuous takes no change of a gift."""
    return {key: given.versions(key)[0] for key in given.latest()}


def expected_reversals(given: Records) -> dict[str, dict[str, str]]:
    """The day and the amount of what takes a gift back, by donation."""
    taken_back = {key: given.now[key] for key in given.latest() if given.meaning(given.now[key]) is None}
    return {
        key: {"giftDate": str(donation["refunded_at"])[:10], "amount": f"-{donation['amount']}"}
        for key, donation in taken_back.items()
    }


def expected_donors(given: Records) -> dict[str, Contact]:
    """Whom the import makes of the gifts' donors, by their reference."""
    donors: dict[str, Any] = {}
    for rows in given.nights:
        for donation in rows.values():
            if gift_of(donation) is not None:
                donors.setdefault(donation["donor"]["id"], donation["donor"])
    return {reference: donor_contact(donor) for reference, donor in donors.items()}


def donor_contact(donor: Row) -> Contact:
    address = donor["address"]
    fields = {
        "contactType": "Household",
        "firstName": donor["first_name"],
        "lastName": donor["last_name"],
        "emailType": "Home Email" if donor["email"] else None,
        "email": donor["email"].lower() if donor["email"] else None,
        "phoneType": "Home Phone" if donor["phone"] else None,
        "phone": donor["phone"],
        "address1": address["line1"],
        "city": address["city"],
        "state": address["state"],
        "postal": address["postal_code"],
        "country": address["country"],
    }
    return {**{name: value for name, value in fields.items() if value}, "tags": []}
