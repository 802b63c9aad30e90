"""Gifts: written by transactions that embed their donor; Virtuous takes a transaction id once, and no change of it.

Shapes are those of `POST /api/v2/Gift/Transaction` (reference section 4.4): the donor's name keys are all lower case.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from sync_pipeline.domain.change import Action, Write
from sync_pipeline.domain.contact import SEPARATOR, joined_tags
from sync_pipeline.domain.record import MappedRecord
from sync_pipeline.domain.records.kind import CORE, Deletion, Groups, Known, Rules
from sync_pipeline.domain.records.shapes import CUSTOM_FIELD_PREFIX, below, filled, is_day, money, shaped

DETAILS = "details"
"""What may differ from a gift that Virtuous has: it travels with the gift or not at all."""

FACTS = ("giftDate", "giftType", "amount", "currencyCode")
SHAPES = {
    "exchangeRate": "number",
    "recurringGiftTransactionUpdate": "boolean",
    "isPrivate": "boolean",
    "isTaxDeductible": "boolean",
    "nonCashGiftTypeId": "integer",
    "contactIndividualId": "integer",
}
OTHERS = (
    *("cancelDate", "frequency", "recurringGiftTransactionId", "pledgeFrequency", "pledgeTransactionId"),
    *("batch", "notes", "segment", "mediaOutlet", "receiptDate", "receiptSegment", "cashAccountingCode", "checkNumber"),
    *("creditCardType", "nonCashGiftType", "nonCashGiftDescription", "stockTickerSymbol", "stockNumberOfShares"),
    *("iraCustodian", "submissionUrl", "tribute"),
)
CONTACT_PREFIX, DESIGNATION_PREFIX, REVERSAL_PREFIX = "contact.", "designation.", "reversal."
DONOR_PARTS = (
    *("referenceId", "id", "name", "type", "title", "firstname", "middlename", "lastname", "suffix"),
    *("birthMonth", "birthDay", "birthYear", "gender", "emailType", "email", "phoneType", "phone", "emailLists"),
)
ADDRESS_PARTS = ("address1", "address2", "city", "state", "postal", "country")
DESIGNATION_PARTS = ("id", "name", "code", "amountDesignated")
REVERSAL_PARTS = ("giftDate", "notes")
IDENTIFYING = ("referenceId", "id", "email", "name", "lastname")
DATES = ("giftDate", "receiptDate", "cancelDate", "reversal.giftDate")
REVERSED = {"deleted": "reversed"}


class GiftKind:
    """Implements `RecordKind`."""

    name = "gift"
    fields = (
        *FACTS,
        *OTHERS,
        *SHAPES,
        *(f"{CONTACT_PREFIX}{name}" for name in (*DONOR_PARTS, *ADDRESS_PARTS)),
        *(f"{DESIGNATION_PREFIX}{name}" for name in DESIGNATION_PARTS),
        *(f"{REVERSAL_PREFIX}{name}" for name in REVERSAL_PARTS),
    )
    deletions = ("reverse", "ignore")
    takes_tags = True
    takes_designations = True
    is_final = True

    def accepts_field(self, name: str) -> bool:
        is_custom = name.startswith(CUSTOM_FIELD_PREFIX) and name != CUSTOM_FIELD_PREFIX
        return name in self.fields or is_custom

    def problem(self, record: MappedRecord) -> str | None:
        amount = money(record.fields.get("amount"))
        if amount is None or amount <= 0:
            return "amount is not a positive sum of at most two decimals"
        if not (record.fields.get("giftType") or "").strip():
            return "giftType is empty"
        for name in DATES:
            value = (record.fields.get(name) or "").strip()
            if (value or name == "giftDate") and not is_day(value):
                return f"{name} is not a date"
        if not any(below(record.fields, CONTACT_PREFIX).get(name) for name in IDENTIFYING):
            return "the gift names no donor: contact.referenceId, contact.email and contact.lastname are empty"
        return _wrong_designations(record, amount)

    def groups(self, record: MappedRecord) -> Groups:
        facts: dict[str, str | None] = {
            name: _value(name, value) for name, value in filled(record.fields) if name in FACTS
        }
        facts["referenceId"] = record.reference
        facts["donor"] = below(record.fields, CONTACT_PREFIX).get("referenceId")
        split = sorted(
            sorted((name, _value(name, value)) for name, value in designation.items())
            for designation in _designations(record)
        )
        for number, designation in enumerate(split):
            facts |= {f"designation.{number}.{name}": value for name, value in designation}
        details: dict[str, str | None] = {
            name: value for name, value in filled(record.fields) if name not in FACTS and not _is_apart(name)
        }
        if tags := joined_tags(record.tags):
            details["tags"] = tags
        return {CORE: facts, DETAILS: details}

    def writes(
        self, record: MappedRecord, reference: str, rules: Rules, needed: Collection[str], known: Known
    ) -> tuple[Write, ...]:
        del rules, needed, known
        return (Write(Action.SAVE, gift_payload(record, reference), (CORE, DETAILS)),)

    def deletion(self, last: MappedRecord | None, reference: str, rules: Rules) -> Deletion:
        """The source's own words about the refund are in the record where it is still there; else today is its day."""
        del reference
        said = below(last.fields, REVERSAL_PREFIX) if last is not None else {}
        notes = said.get("notes") or "The source took this gift back."
        payload = {"giftDate": said.get("giftDate", rules.today).strip()[:10], "notes": notes}
        return Deletion(REVERSED, (Write(Action.REVERSE, payload, (CORE,)),))


def gift_payload(record: MappedRecord, reference: str) -> dict[str, Any]:
    """One gift as a transaction carries it, without its `transactionSource`."""
    payload: dict[str, Any] = {"transactionId": reference}
    for name, value in filled(record.fields):
        if name in FACTS or name in OTHERS:
            payload[name] = value.strip()
        elif name in SHAPES:
            payload[name] = shaped(value, SHAPES[name])
    payload["contact"] = _donor(record)
    payload["designations"] = _designations(record)
    if custom := below(record.fields, CUSTOM_FIELD_PREFIX):
        payload["customFields"] = custom
    return payload


def _value(name: str, text: str) -> str:
    """By value: another spelling of the same sum or day would be a change, which Virtuous does not take."""
    if name in ("amount", "amountDesignated"):
        amount = money(text)
        return text.strip() if amount is None else f"{amount}"
    return text.strip()[:10] if name == "giftDate" else text.strip()


def _donor(record: MappedRecord) -> dict[str, Any]:
    parts = below(record.fields, CONTACT_PREFIX)
    donor: dict[str, Any] = {name: value.strip() for name, value in parts.items() if name in DONOR_PARTS}
    if "id" in donor:
        donor["id"] = shaped(donor["id"], "integer")
    if lists := donor.pop("emailLists", None):
        donor["emailLists"] = [part.strip() for part in lists.split(SEPARATOR) if part.strip()]
    if address := {name: value for name, value in parts.items() if name in ADDRESS_PARTS}:
        donor["address"] = address
    if tags := joined_tags(record.tags):
        donor["tags"] = tags
    return donor


def _designations(record: MappedRecord) -> list[dict[str, str]]:
    """The recipe's list, or one designation of the whole amount; none where nothing names a project."""
    if record.designations is not None:
        return [dict(filled(designation)) for designation in record.designations]
    single = below(record.fields, DESIGNATION_PREFIX)
    if not single:
        return []
    return [{"amountDesignated": (record.fields.get("amount") or "").strip(), **single}]


def _wrong_designations(record: MappedRecord, amount: Decimal) -> str | None:
    """Virtuous answers 400 to designations that do not add up; a batch would be refused with it."""
    designations = _designations(record)
    if not designations:
        return None
    amounts = [money(designation.get("amountDesignated")) for designation in designations]
    known = [one for one in amounts if one is not None]
    if len(known) < len(amounts):
        return "an amount of a designation is not a sum of at most two decimals"
    if sum(known) != amount:
        return "the designations do not add up to the amount"
    if not all(_names_a_project(designation) for designation in designations):
        return "a designation names no project: id, code and name are empty"
    return None


def _names_a_project(designation: Mapping[str, str]) -> bool:
    return any(designation.get(name) for name in ("id", "code", "name"))


def _is_apart(name: str) -> bool:
    """Designations and the donor's reference are facts; what is said about a reversal is no part of the gift."""
    return name.startswith((DESIGNATION_PREFIX, REVERSAL_PREFIX)) or name == f"{CONTACT_PREFIX}referenceId"
