"""What the query endpoints have in common."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from starlette.responses import Response

from sync_pipeline.sandbox.answers import json_answer
from sync_pipeline.sandbox.endpoint import Json, Page, VirtuousCall, object_body, page_of
from sync_pipeline.sandbox.queries import Language, ignored_fields
from sync_pipeline.sandbox.query_parameters import Parameter, query_options

Item = TypeVar("Item")

_USUAL_ROWS = 25


def query_page(call: VirtuousCall) -> Page:
    return page_of(call, _USUAL_ROWS)


def language(
    call: VirtuousCall, parameters: Sequence[Parameter[Item]], sorts: dict[str, Callable[[Item], Any]]
) -> Language[Item]:
    organization = call.organization
    by_name = {one.name: one for one in parameters}
    settings = organization.settings
    return Language(
        by_name,
        sorts,
        organization.calendar(call.now),
        spelling=settings.query_operators,
        only_relative_days=settings.query_dates == "relative",
    )


def query_body(call: VirtuousCall) -> Json:
    body = object_body(call)
    call.organization.books.unknown_fields.update(ignored_fields(body))
    return body


def options_answer(call: VirtuousCall, parameters: Sequence[Parameter[Any]]) -> Response:
    return json_answer(query_options(parameters, call.organization.settings.query_operators))
