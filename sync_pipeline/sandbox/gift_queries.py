"""`POST /api/Gift/Query`. Its own options were never recorded; these are those of gift designations that gifts have."""

from collections.abc import Callable
from datetime import date

from starlette.responses import Response

from sync_pipeline.sandbox.endpoint import Json, VirtuousCall, listed, permitted
from sync_pipeline.sandbox.gate import VIRTUOUS
from sync_pipeline.sandbox.gift import Gift
from sync_pipeline.sandbox.gift_shape import short_gift
from sync_pipeline.sandbox.gifts import GIFT_SORTS, gift_document
from sync_pipeline.sandbox.moments import read_day
from sync_pipeline.sandbox.query_endpoint import language, options_answer, query_body, query_page
from sync_pipeline.sandbox.query_parameters import Parameter

_SORTS = GIFT_SORTS | {"ReceiptDate": lambda gift: read_day(gift.row.get("receiptDate")) or date.min}


def gift_options(call: VirtuousCall) -> Response:
    return options_answer(call, _parameters(call))


def query_gifts(call: VirtuousCall) -> Response:
    return _answer(call, short_gift)


def query_full_gifts(call: VirtuousCall) -> Response:
    return _answer(call, lambda gift: gift_document(call, gift))


def _answer(call: VirtuousCall, shape: Callable[[Gift], Json]) -> Response:
    asked = language(call, _parameters(call), _SORTS)
    page, body = query_page(call), query_body(call)
    return listed(asked.select(body, call.organization.gifts.gifts.values()), page, shape)


def _parameters(call: VirtuousCall) -> list[Parameter[Gift]]:
    contacts = call.organization.store.contacts
    return [
        Parameter("Gift Id", "Int", lambda gift: gift.gift_id),
        Parameter("Contact Id", "Int", lambda gift: gift.contact_id),
        Parameter("Contact Name", "String", lambda gift: contacts[gift.contact_id].name),
        Parameter("Contact Archived", "Boolean", lambda gift: contacts[gift.contact_id].archived),
        Parameter("Transaction Source", "String", lambda gift: gift.reference[0], optional=True),
        Parameter("Transaction Id", "String", lambda gift: gift.reference[1], optional=True),
        Parameter("Create Date", "Date", lambda gift: gift.created_at),
        Parameter("Last Modified Date", "Date", lambda gift: gift.modified_at),
        Parameter("Create DateTime UTC", "Moment", lambda gift: gift.created_at),
        Parameter("Last Modified DateTime UTC", "Moment", lambda gift: gift.modified_at),
        Parameter("Gift Type", "List", lambda gift: gift.row.get("giftType")),
        Parameter("Gift Date", "Date", lambda gift: gift.gift_date),
        Parameter("Amount", "Decimal", lambda gift: gift.amount),
        Parameter("Batch", "String", lambda gift: gift.row.get("batch"), optional=True),
        Parameter("Check Number", "String", lambda gift: gift.row.get("checkNumber"), optional=True),
        Parameter("Notes", "String", lambda gift: gift.row.get("notes"), optional=True),
    ]


ROUTES = [
    VIRTUOUS.route("GET", "/api/Gift/QueryOptions", permitted("Gift", "Read", gift_options)),
    VIRTUOUS.route("POST", "/api/Gift/Query", permitted("Gift", "Read", query_gifts)),
    VIRTUOUS.route("POST", "/api/Gift/Query/FullGift", permitted("Gift", "Read", query_full_gifts)),
]
