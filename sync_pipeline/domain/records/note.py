"""Notes on a contact. Their text carries a mark that names the record, because notes have no external reference."""

from collections.abc import Collection
from typing import Any

from sync_pipeline.domain.change import Action, Write
from sync_pipeline.domain.record import MappedRecord
from sync_pipeline.domain.records.kind import CORE, Groups, Known, Rules
from sync_pipeline.domain.records.shapes import filled, first_missing, shaped, utc

SHAPES = {"important": "boolean", "private": "boolean", "timeSpent": "number"}


class NoteKind:
    """Implements `RecordKind`. `contact` is the person's reference; `contactSource` whose, if not this source's."""

    name = "note"
    fields = ("contact", "contactSource", "type", "note", "noteDateTime", *SHAPES)
    deletions = ("ignore",)
    takes_tags = False
    takes_designations = False
    is_final = False

    def accepts_field(self, name: str) -> bool:
        return name in self.fields

    def problem(self, record: MappedRecord) -> str | None:
        moment = (record.fields.get("noteDateTime") or "").strip()
        if moment and utc(moment) is None:
            return "noteDateTime is not a time"
        return first_missing(record.fields, ("contact", "note"))

    def groups(self, record: MappedRecord) -> Groups:
        return {CORE: {**dict(filled(record.fields)), "referenceId": record.reference}}

    def writes(
        self, record: MappedRecord, reference: str, rules: Rules, needed: Collection[str], known: Known
    ) -> tuple[Write, ...]:
        del needed
        fields = dict(filled(record.fields))
        note: dict[str, Any] = {"type": fields.get("type", "General")}
        note["note"] = f"{fields['note']}\n{note_mark(rules.reference_source, reference)}"
        if "noteDateTime" in fields:
            note["noteDateTime"] = fields["noteDateTime"].strip()
        note |= {name: shaped(fields[name], kind) for name, kind in SHAPES.items() if name in fields}
        payload = {
            "contact": [fields.get("contactSource", rules.reference_source), fields["contact"].strip()],
            "note": note,
            "replaces": CORE in known.acknowledged,
        }
        return (Write(Action.SAVE, payload, (CORE,)),)

    def deletion(self, last: MappedRecord | None, reference: str, rules: Rules) -> None:
        """What vanished at the source stays in Virtuous."""
        del last, reference, rules


def note_mark(reference_source: str, reference: str) -> str:
    """What a note is found by: the same for every version of the record, whatever the state store has forgotten."""
    return f"[sync:{reference_source}/{reference}]"
