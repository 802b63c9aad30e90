"""The gift endpoints: transactions, look-ups and reversals."""

from datetime import date
from typing import Any

from starlette.responses import Response

from sync_pipeline.sandbox.answers import empty_answer, json_answer, message_answer
from sync_pipeline.sandbox.endpoint import (
    Json,
    VirtuousCall,
    are_rows,
    listed,
    object_body,
    page_of,
    path_id,
    permitted,
    sorted_by,
)
from sync_pipeline.sandbox.gate import VIRTUOUS
from sync_pipeline.sandbox.gift import Gift
from sync_pipeline.sandbox.gift_rules import gift_problems
from sync_pipeline.sandbox.gift_shape import full_gift, short_gift
from sync_pipeline.sandbox.moments import read_day
from sync_pipeline.sandbox.refusal import NotFound, Problem, Refusal, Unbound

GIFT_SORTS = {
    "Id": lambda gift: gift.gift_id,
    "GiftDate": lambda gift: gift.gift_date or date.min,
    "Amount": lambda gift: gift.amount,
    "Batch": lambda gift: str(gift.row.get("batch") or ""),
    "CreatedDateTime": lambda gift: gift.created_at,
}


def gift_transaction(call: VirtuousCall) -> Response:
    """200 with an empty body: held, and no more than that."""
    row = object_body(call)
    call.organization.books.rows_received += 1
    if found := gift_problems(row, call.organization.settings):
        raise Refusal(*found)
    _accept(call, [row])
    return empty_answer()


def gift_transactions(call: VirtuousCall) -> Response:
    """All or nothing; a refusal names no row. The batch's own values stand in for what a row leaves out."""
    body, organization = object_body(call), call.organization
    given = body.get("transactions")
    if given is None:
        return message_answer(400, "Value cannot be null. Parameter name: transactions")
    if not are_rows(given):
        raise Unbound("transactions", "The value is not an array of transactions.")
    organization.books.rows_received += len(given)
    if len(given) > organization.settings.gift_batch_max:
        raise Refusal(status=413, message="Too many transactions.")
    rows = [_defaults(body) | {name: value for name, value in row.items() if value is not None} for row in given]
    if any(gift_problems(row, organization.settings) for row in rows):
        raise Refusal(status=400)
    _accept(call, rows)
    if str(body.get("createImport")).lower() == "true" and organization.settings.create_import == "at_once":
        organization.run_import(call.now)
    return empty_answer()


def gift_by_transaction(call: VirtuousCall) -> Response:
    """One sentence of the digest has a held transaction answered as pending, without an id; elsewhere it is a 404."""
    parts, gifts = call.request.path_params, call.organization.gifts
    pair = parts["transactionSource"], parts["transactionId"]
    if gift := gifts.find(*pair):
        return json_answer(gift_document(call, gift))
    held = gifts.held_row(*pair) if call.organization.settings.held_lookup == "pending" else None
    if held is None:
        raise NotFound
    return json_answer({name: value for name, value in held.items() if name != "id"})


def gift_by_id(call: VirtuousCall) -> Response:
    gift = call.organization.gifts.gifts.get(path_id(call, "giftId"))
    if gift is None:
        raise NotFound
    return json_answer(gift_document(call, gift))


def gifts_of_contact(call: VirtuousCall) -> Response:
    """An unknown contact has an empty list, as recorded for another list by contact."""
    gifts = call.organization.gifts.of_contact(path_id(call, "contactId"))
    return listed(sorted_by(call, gifts, GIFT_SORTS), page_of(call), short_gift)


def reversing_transaction(call: VirtuousCall) -> Response:
    body, organization = object_body(call), call.organization
    gift_id = body.get("reversedGiftId")
    gift = organization.gifts.gifts.get(gift_id) if isinstance(gift_id, int) else None
    if gift is None:
        raise Refusal(Problem("reversedGiftId", "UNKNOWN", "There is no such gift."))
    given = body.get("giftDate")
    gift_date = read_day(given) if given else organization.calendar(call.now).day(call.now)
    if gift_date is None:
        raise Refusal(Problem("giftDate", "INVALID_FORMAT", "giftDate is not a date."))
    if organization.gifts.reversals_of(gift) and organization.settings.repeated_reversal == "refused":
        raise Refusal(Problem("reversedGiftId", "REPEATED", "This gift is reversed already."), status=400)
    made = organization.gifts.reverse(gift, gift_date, str(body.get("notes") or ""), call.now)
    empty = organization.settings.reversal_answer == "empty"
    return empty_answer() if empty else json_answer(gift_document(call, made))


def gift_document(call: VirtuousCall, gift: Gift) -> Json:
    organization = call.organization
    return full_gift(gift, organization.store.contacts[gift.contact_id], organization.gifts)


def _defaults(body: Json) -> dict[str, Any]:
    names = {
        "transactionSource": "transactionSource",
        "batch": "batch",
        "defaultGiftDate": "giftDate",
        "defaultGiftType": "giftType",
    }
    return {ours: body[theirs] for theirs, ours in names.items() if body.get(theirs) is not None}


def _accept(call: VirtuousCall, rows: list[Json]) -> None:
    """A repeat makes no second gift; one source has it refused, "the only validation error" of this endpoint."""
    organization = call.organization
    repeated = set(organization.gifts.repeats(rows))
    if repeated and organization.settings.repeated_gift == "refused":
        details = [Problem("transactionId", "REPEATED", "transactionId is not unique.")] if len(rows) == 1 else []
        raise Refusal(*details, status=400)
    organization.accept_gifts([row for position, row in enumerate(rows) if position not in repeated], call.now)
    organization.books.rows_accepted += len(repeated)


ROUTES = [
    VIRTUOUS.route("POST", "/api/v2/Gift/Transaction", permitted("Gift", "Create", gift_transaction)),
    VIRTUOUS.route("POST", "/api/v2/Gift/Transactions", permitted("Gift", "Create", gift_transactions)),
    VIRTUOUS.route("POST", "/api/Gift/ReversingTransaction", permitted("Gift", "Create", reversing_transaction)),
    VIRTUOUS.route("GET", "/api/Gift/ByContact/{contactId:int}", permitted("Gift", "Read", gifts_of_contact)),
    VIRTUOUS.route("GET", "/api/Gift/{giftId:int}", permitted("Gift", "Read", gift_by_id)),
    VIRTUOUS.route(
        "GET", "/api/Gift/{transactionSource}/{transactionId}", permitted("Gift", "Read", gift_by_transaction)
    ),
]
