"""Volunteer opportunities: found by name before they are created, because they have no external reference."""

from collections.abc import Collection
from typing import Any

from sync_pipeline.domain.change import Action, Write
from sync_pipeline.domain.record import MappedRecord
from sync_pipeline.domain.records.kind import CORE, Groups, Known, Rules
from sync_pipeline.domain.records.shapes import CUSTOM_FIELD_PREFIX, below, filled, first_missing, shaped

SHAPES = {
    "preferredNumberOfHours": "number",
    "projectId": "integer",
    "isActive": "boolean",
    "isLocalOnly": "boolean",
    "currentNeed": "integer",
    "currentPriority": "integer",
}
TEXTS = (
    *("name", "startDateTime", "endDateTime", "timeZone", "locationName", "address1", "address2", "city", "state"),
    *("postal", "country", "description", "preferredDateTime"),
)


class OpportunityKind:
    """Implements `RecordKind`."""

    name = "opportunity"
    fields = (*TEXTS, *SHAPES)
    deletions = ("ignore",)
    takes_tags = False
    takes_designations = False
    is_final = False

    def accepts_field(self, name: str) -> bool:
        return name in self.fields or (name.startswith(CUSTOM_FIELD_PREFIX) and name != CUSTOM_FIELD_PREFIX)

    def problem(self, record: MappedRecord) -> str | None:
        return first_missing(record.fields, ("name",))

    def groups(self, record: MappedRecord) -> Groups:
        return {CORE: {**dict(filled(record.fields)), "referenceId": record.reference}}

    def writes(
        self, record: MappedRecord, reference: str, rules: Rules, needed: Collection[str], known: Known
    ) -> tuple[Write, ...]:
        del reference, rules, needed
        fields = dict(filled(record.fields))
        body: dict[str, Any] = {name: value.strip() for name, value in fields.items() if name in TEXTS}
        body |= {name: shaped(fields[name], kind) for name, kind in SHAPES.items() if name in fields}
        if custom := below(record.fields, CUSTOM_FIELD_PREFIX):
            body["customFields"] = [{"name": name, "value": value} for name, value in custom.items()]
        return (Write(Action.SAVE, {"opportunity": body, "replaces": CORE in known.acknowledged}, (CORE,)),)

    def deletion(self, last: MappedRecord | None, reference: str, rules: Rules) -> None:
        """What vanished at the source stays in Virtuous."""
        del last, reference, rules
