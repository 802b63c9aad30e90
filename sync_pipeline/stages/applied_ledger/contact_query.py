"""Many people found in few requests: the contact query, by modified date where the organization has one."""

import math
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sync_pipeline.domain.crm import contacts
from sync_pipeline.domain.crm.contacts import CrmContact
from sync_pipeline.domain.needs import Need
from sync_pipeline.stages.applied_ledger.looking import Looking

A_DAY = timedelta(days=1)  # the query's date has no time, and its zone is not documented
PAGES_WORTH_ANYTHING = 10
"""So many pages of all contacts are read where no date narrows them down; more only in place of as many look-ups."""


@dataclass(frozen=True, slots=True)
class Searched:
    """Whom the query showed. `proves_absence`: whoever is not among them was not modified since."""

    found: Mapping[Need, CrmContact]
    proves_absence: bool


async def search(looking: Looking, accepted: Mapping[Need, datetime | None]) -> Searched:
    """Look for people among the contacts modified since the first of them was accepted, else among all.

    Absolute dates are probable, not proven (reference section 5.2): a query that is refused is asked without.
    """
    options = await looking.ask(contacts.query_options())
    parameter = contacts.modified_parameter(options.document)
    moments = [moment for moment in accepted.values() if moment is not None]
    if parameter is not None and moments:
        condition = contacts.modified_condition(*parameter, min(moments) - A_DAY)
        narrowed = await _gathered(looking, accepted, [condition], math.inf)
        if narrowed is not None:
            return narrowed
    everybody = await _gathered(looking, accepted, [], max(PAGES_WORTH_ANYTHING, len(accepted)))
    return everybody or Searched({}, proves_absence=False)


async def _gathered(
    looking: Looking, wanted: Mapping[Need, datetime | None], conditions: list[dict[str, Any]], most_pages: float
) -> Searched | None:
    """None when the query is refused, breaks off, or has more pages than that.

    Where rows show no references (every recording has an empty list) they prove nothing about anybody.
    """
    by_reference = {(need.source, need.reference): need for need in wanted}
    found: dict[Need, CrmContact] = {}
    rows, with_references = 0, 0
    async for page in _pages(looking, conditions, most_pages):
        if page is None:
            return None
        rows += len(page)
        for contact in page:
            with_references += bool(contact.references)
            found |= {by_reference[reference]: contact for reference in contact.references & by_reference.keys()}
    return Searched(found, proves_absence=rows == 0 or with_references > 0)


async def _pages(
    looking: Looking, conditions: list[dict[str, Any]], most_pages: float
) -> AsyncIterator[list[CrmContact] | None]:
    skip = 0
    while True:
        reply = await looking.ask(contacts.query(conditions, skip))
        page = contacts.contacts_of(reply.document) if reply.is_accepted else None
        if page is None:
            yield None
            return
        people, total = page
        if total is not None and people and math.ceil(total / len(people)) > most_pages and skip == 0:
            yield None
            return
        yield people
        skip += len(people)
        if not people or (total is not None and skip >= total):
            return
