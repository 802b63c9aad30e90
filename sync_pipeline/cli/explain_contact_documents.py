"""What `explain CUSTOMER --virtuous-id` answers, as a plain document: ids and states, never values."""

from typing import Any

from sync_pipeline.cli.explain_documents import stored_now
from sync_pipeline.cli.output import moment_text
from sync_pipeline.domain.life.history import NamedRecord, Place
from sync_pipeline.stages.explaining import ExplainedContact, explain_contact
from sync_pipeline.workplace import Workplace


def contact_document(customer_id: str, virtuous_id: int) -> dict[str, Any]:
    """The records that a contact of Virtuous came from, and those that hang on it.

    Raises:
        ConfigurationError: there is no such customer, or none of its records is known to be this contact.
    """
    workplace = Workplace()
    customer = workplace.customer(customer_id)
    with stored_now(workplace, customer) as stored:
        found = explain_contact(customer, stored, virtuous_id)
    return {
        "customer_id": customer_id,
        "virtuous_id": virtuous_id,
        "answer": answer_of(found),
        "references": [place_entry(place) for place in found.places],
        "records": [named_entry(record) for record in found.records],
        "hanging": [named_entry(record) for record in found.hanging],
        "cut_short": found.is_cut_short,
    }


def answer_of(found: ExplainedContact) -> str:
    names = ", ".join(f"{record.stream} {record.key}" for record in found.records)
    several = len({place.need for place in found.places}) > 1
    merged = " Several of our people are this one contact: staff merged them, or Virtuous did." if several else ""
    came_from = f"Contact {found.virtuous_id} came from {names}."
    if not names:
        came_from = f"Contact {found.virtuous_id} came from no record of its own, only with what hangs on it."
    return f"{came_from}{merged}"


def place_entry(place: Place) -> dict[str, Any]:
    return {
        "reference": f"{place.need.source}/{place.need.reference}",
        "individual_id": place.part_id,
        "state": None if place.state is None else place.state.value,
        "since": moment_text(place.since),
        "archived_at": moment_text(place.archived_at),
    }


def named_entry(record: NamedRecord) -> dict[str, Any]:
    """`state` is that of the newest operation; without one nothing of the record was ever planned."""
    return {
        "stream": record.stream,
        "key": record.key,
        "kind": record.need.kind,
        "reference": f"{record.need.source}/{record.need.reference}",
        "state": None if record.state is None else record.state.value,
        "virtuous_id": record.crm_id,
    }
