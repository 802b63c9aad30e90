"""A contact as `GET /api/Contact/...` answers it (field names and types from the recorded fixtures)."""

from typing import Any

from sync_pipeline.sandbox.contact import Contact
from sync_pipeline.sandbox.contact_rules import ADDRESS_FIELDS
from sync_pipeline.sandbox.moments import utc_moment
from sync_pipeline.sandbox.settings import OrganizationSettings

Json = dict[str, Any]

_NOT_KEPT_HERE = dict.fromkeys(
    ("description", "website", "maritalStatus", "anniversaryMonth", "anniversaryDay", "anniversaryYear")
)
_NO_MONEY = {
    "giftAskAmount": "$0.00",
    "giftAskType": None,
    "lifeToDateGiving": "$0.00",
    "yearToDateGiving": "$0.00",
    "lastGiftAmount": "",
    # Recorded: a contact without gifts answers this word instead of a date.
    "lastGiftDate": "Unavailable",
}
_LINKS = {
    "contactGiftsUrl": "/api/Gift/ByContact/{id}",
    "contactPassthroughGiftsUrl": "/api/Gift/Passthrough/ByContact/{id}",
    "contactPlannedGiftsUrl": "/api/PlannedGift/ByContact/{id}",
    "contactRecurringGiftsUrl": "/api/RecurringGift/ByContact/{id}",
    "contactImportantNotesUrl": "/api/ContactNote/Important/ByContact/{id}",
    "contactNotesUrl": "/api/ContactNote/ByContact/{id}",
    "contactTagsUrl": "/api/ContactTag/ByContact/{id}",
    "contactRelationshipsUrl": "/api/Relationship/ByContact/{id}",
}


def full_contact(contact: Contact, settings: OrganizationSettings) -> Json:
    """The documented read shape. Only the digest's sample has `isArchived`, no recording: a setting leaves it out."""
    fields, name = contact.fields, contact.name
    shown = {"isArchived": contact.archived} if settings.shows_is_archived else {}
    return {
        "id": contact.contact_id,
        "contactType": fields.get("contactType"),
        "isPrivate": False,
        **shown,
        "name": name,
        "informalName": fields.get("firstName") or name,
        "formalContactName": name,
        "alternateContactName": name,
        "preferredSalutationName": fields.get("firstName") or name,
        "preferredAddresseeName": name,
        **_NOT_KEPT_HERE,
        "mergedIntoContactId": contact.merged_into,
        "address": _address(contact),
        **_NO_MONEY,
        "contactIndividuals": [*_others(contact), _individual(contact)],
        **{link: path.format(id=contact.contact_id) for link, path in _LINKS.items()},
        "primaryAvatarUrl": None,
        "contactReferences": _references(contact, settings.reference_shape),
        "originSegmentId": None,
        "originSegment": None,
        **_stamps(contact),
        "tags": list(contact.tags),
        "organizationGroups": [],
        "customFields": [],
        "customCollections": [],
    }


def _references(contact: Contact, shape: str) -> list[Json]:
    """The names of the items are a guess: every recording has an empty list."""
    match shape:
        case "absent":
            return []
        case "named":
            return [{"referenceSource": source, "referenceId": one} for source, one in contact.references]
        case _:
            return [{"source": source, "id": one} for source, one in contact.references]


def _others(contact: Contact) -> list[Json]:
    """People of the household of whom no transaction told; the first one is its primary person."""
    return [
        _individual(contact)
        | {
            "id": individual_id,
            "firstName": first,
            "lastName": last,
            "isPrimary": individual_id == contact.individual_ids[1],
            "contactMethods": [],
        }
        for individual_id, (first, last) in zip(contact.individual_ids[1:], contact.others, strict=True)
    ]


def _individual(contact: Contact) -> Json:
    fields = contact.fields
    month, day, year = (_integer(fields.get(name)) for name in ("birthMonth", "birthDay", "birthYear"))
    return {
        "id": contact.individual_id,
        "contactId": contact.contact_id,
        "prefix": fields.get("title"),
        "prefix2": None,
        "firstName": fields.get("firstName"),
        "middleName": fields.get("middleName"),
        "lastName": fields.get("lastName"),
        "preMarriageName": None,
        "suffix": fields.get("suffix"),
        "nickname": None,
        "gender": fields.get("gender"),
        "isPrimary": not contact.others,
        "canBePrimary": bool(contact.others),
        "isSecondary": bool(contact.others),
        "canBeSecondary": False,
        "birthMonth": month,
        "birthDay": day,
        "birthYear": year,
        "birthDate": f"{month}/{day}/{year}" if month and day and year else "",
        "approximateAge": None,
        "isDeceased": False,
        "deceasedDate": "",
        "passion": None,
        "avatarUrl": None,
        "contactMethods": _methods(contact),
        **_stamps(contact),
        "customFields": [],
        "customCollections": [],
    }


def _methods(contact: Contact) -> list[Json]:
    fields = contact.fields
    kinds = (("email", fields.get("emailType") or "Home Email"), ("phone", fields.get("phoneType") or "Mobile Phone"))
    return [
        {
            "id": contact.contact_id * 10 + position,
            "type": kind,
            "value": fields[name],
            "isOptedIn": True,
            "isPrimary": True,
            "canBePrimary": False,
            **_stamps(contact),
        }
        for position, (name, kind) in enumerate(kinds)
        if fields.get(name)
    ]


def _address(contact: Contact) -> Json | None:
    parts = {name: contact.fields.get(name) for name in ADDRESS_FIELDS}
    if not any(parts.values()):
        return None
    always = {"startMonth": 1, "startDay": 1, "endMonth": 12, "endDay": 31}
    flags = {"isPrimary": True, "canBePrimary": False}
    return {"id": contact.contact_id, "label": "Home", **parts, **flags, **always, **_stamps(contact)}


def _stamps(contact: Contact) -> Json:
    return {
        "createDateTimeUtc": utc_moment(contact.created_at, contact.contact_id),
        "createdByUser": "Sandbox Import",
        "modifiedDateTimeUtc": utc_moment(contact.modified_at, contact.contact_id),
        "modifiedByUser": contact.modified_by,
    }


def _integer(value: str | None) -> int | None:
    return int(value) if value and value.strip().isdigit() else None
