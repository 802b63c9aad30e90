"""What a VOMO endpoint answers with: one record, a page of records, or 404."""

from collections.abc import Sequence

import msgspec
from starlette.responses import Response

from sync_pipeline.sandbox.answers import json_answer, message_answer
from sync_pipeline.sandbox.source_records import Row
from sync_pipeline.sandbox.vomo_filters import VomoCall
from sync_pipeline.sandbox.vomo_pages import page_answer, page_number, page_of
from sync_pipeline.sandbox.vomo_wire import oddly_typed


def wired(call: VomoCall, row: Row) -> Row:
    return oddly_typed(row) if call.organization.users.oddities else row


def one(call: VomoCall, row: Row) -> Response:
    return json_answer({"data": wired(call, row)})


def many(call: VomoCall, rows: Sequence[Row], *, without: frozenset[str] = frozenset()) -> Response:
    """A page of `rows` that leaves out the fields `without`, as lists are documented to be shorter than details."""

    def encode(row: Row) -> bytes:
        return msgspec.json.encode(wired(call, {name: row[name] for name in row if name not in without}))

    page = page_of(rows, page_number(call.request.query_params), encode)
    return page_answer(call.request, page, oddities=call.organization.users.oddities)


def missing(model: str) -> Response:
    return message_answer(404, f"No query results for model [App\\{model}].")


def participations(call: VomoCall, field: str, record_id: int) -> list[Row]:
    """Those of a user or of a date. Documented fields have no id, so an organization can be set to show none."""
    found = call.organization.tables["participations"].where(field, record_id)
    if call.organization.participation_ids:
        return found
    return [{name: row[name] for name in row if name != "id"} for row in found]
