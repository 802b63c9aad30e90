"""In which requests operations travel, with and without the bulk endpoints."""

import pytest

from sync_pipeline.domain.crm import contacts, gifts, notes, tags, volunteers
from sync_pipeline.domain.routes import Routes, routes_of

PLAIN = routes_of(100, bulk_notes=False, bulk_tags=False)
BULK = routes_of(100, bulk_notes=True, bulk_tags=True)


@pytest.mark.parametrize(
    ("endpoint", "batch"), [(contacts.TRANSACTION, contacts.BATCH), (gifts.TRANSACTION, gifts.BATCH)]
)
@pytest.mark.parametrize("routes", [PLAIN, BULK])
def test_transactions_travel_together_and_a_single_one_alone(routes: Routes, endpoint: str, batch: str) -> None:
    assert routes.limit(endpoint) == 100
    assert (routes.label(endpoint, 1), routes.label(endpoint, 2)) == (endpoint, batch)


@pytest.mark.parametrize(
    "endpoint", [notes.CREATE, tags.BULK, tags.REMOVE, contacts.ARCHIVE, gifts.REVERSAL, volunteers.RECORD_HOURS]
)
def test_without_bulk_endpoints_direct_calls_travel_one_by_one(endpoint: str) -> None:
    assert (PLAIN.limit(endpoint), PLAIN.label(endpoint, 1)) == (1, endpoint)


@pytest.mark.parametrize("endpoint", [tags.REMOVE, contacts.ARCHIVE, gifts.REVERSAL, volunteers.RECORD_HOURS])
def test_bulk_endpoints_change_nothing_for_other_calls(endpoint: str) -> None:
    assert (BULK.limit(endpoint), BULK.label(endpoint, 1)) == (1, endpoint)


def test_bulk_endpoints_take_many_notes_and_tags() -> None:
    assert (BULK.limit(notes.CREATE), BULK.limit(tags.BULK)) == (100, 100)
    assert (BULK.label(notes.CREATE, 1), BULK.label(notes.CREATE, 9)) == (notes.CREATE, notes.BULK)
    assert (BULK.label(tags.BULK, 1), BULK.label(tags.BULK, 9)) == (tags.BULK, tags.BULK)


@pytest.mark.parametrize(("most", "limit"), [(100, 7), (5, 5)])
def test_an_endpoint_that_found_a_batch_too_large_gets_smaller_ones(most: int, limit: int) -> None:
    routes = Routes(most, limits={gifts.TRANSACTION: 7})
    assert (routes.limit(gifts.TRANSACTION), routes.limit(contacts.TRANSACTION)) == (limit, most)
