"""Backwards: the records that a contact of Virtuous came from, and what hangs on it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.cut import StreamName
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.domain.life.history import NamedRecord, Place
from sync_pipeline.domain.needs import Need
from sync_pipeline.domain.recipe_sql import columns_of, compile_expression
from sync_pipeline.stages.explaining.record import Stored

PERSON_FIELDS = {"note": "contact", "attendance": "contact", "gift": "contact.referenceId"}
"""Per kind of write, the field of its recipe that holds the person's reference."""
SOURCE_FIELD = "contactSource"
MOST_RECORDS = 100


@dataclass(frozen=True, slots=True)
class ExplainedContact:
    """A contact's references, the records planned under them, and records of other kinds that name this person.

    `hanging` are at most MOST_RECORDS of each stream; `is_cut_short`: there are more.
    """

    virtuous_id: int
    places: Sequence[Place]
    records: Sequence[NamedRecord]
    hanging: Sequence[NamedRecord]
    is_cut_short: bool


def explain_contact(customer: Customer, stored: Stored, virtuous_id: int) -> ExplainedContact:
    """What a contact of Virtuous came from. Gifts bring their donors along: those came from no record of their own.

    Raises:
        ConfigurationError: none of our records is known to be this contact, or to hang on it.
    """
    places = stored.histories.contacts(customer.id, virtuous_id)
    below = stored.histories.hanging_on(customer.id, virtuous_id, ("gift", "note"))
    if not places and not below:
        raise ConfigurationError(
            f"No record of {customer.id} is known to be the contact {virtuous_id} of Virtuous.",
            "An id becomes known when the contact is confirmed or something hangs on it: "
            f"`sync-pipeline run {customer.id} --layer reconcile` confirms. A contact of somebody else is not ours.",
        )
    records = [record for place in places for record in stored.histories.records_of(customer.id, place.need)]
    found: dict[tuple[str, str], NamedRecord] = {(record.stream, record.key): record for record in below}
    is_cut_short = False
    for stream in customer.streams:
        keys = list(_keys_of_people(customer, stored, stream, [place.need for place in places]))
        is_cut_short = is_cut_short or len(keys) > MOST_RECORDS
        states = stored.histories.newest_states(customer.id, stream, keys)
        for key in keys[:MOST_RECORDS]:
            found.setdefault((stream, key), states.get(key) or _never_planned(customer, stream, key))
    return ExplainedContact(virtuous_id, places, records, list(found.values()), is_cut_short)


def _keys_of_people(customer: Customer, stored: Stored, stream: str, people: Collection[Need]) -> Iterator[str]:
    """Keys of the newest snapshot whose recipe names one of these people; one more than are shown."""
    configured = customer.streams[stream]
    field = PERSON_FIELDS.get(configured.recipe.writes)
    position = stored.positions.position(customer.id, configured.source, stream)
    if field is None or field not in configured.expressions or position.snapshot_cut is None:
        return
    ours = customer.sources[configured.source].reference_source
    named = compile_expression(configured.expressions[field]).cast(pl.String).str.strip_chars()
    source = pl.lit(ours)
    if SOURCE_FIELD in configured.expressions:
        told = compile_expression(configured.expressions[SOURCE_FIELD]).cast(pl.String)
        source = pl.when(told.fill_null("") == "").then(pl.lit(ours)).otherwise(told)
    for need in people:
        condition = (named == need.reference) & (source == need.source)
        columns = sorted(columns_of(condition))
        name = StreamName(customer.id, stream)
        yield from stored.snapshots.keys_where(name, position.snapshot_cut, columns, condition, MOST_RECORDS + 1)


def _never_planned(customer: Customer, stream: str, key: str) -> NamedRecord:
    configured = customer.streams[stream]
    source = customer.sources[configured.source].reference_source
    return NamedRecord(stream, key, Need(configured.recipe.writes, source, key))
