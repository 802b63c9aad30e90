"""What a mapped record means in Virtuous, one module per kind of write. Pure: nothing is looked up or sent here."""

from collections.abc import Mapping

from sync_pipeline.domain.records.attendance import AttendanceKind
from sync_pipeline.domain.records.contact import ContactKind
from sync_pipeline.domain.records.gift import GiftKind
from sync_pipeline.domain.records.kind import Known, RecordKind, Rules
from sync_pipeline.domain.records.note import NoteKind
from sync_pipeline.domain.records.opportunity import OpportunityKind

__all__ = ["KINDS", "Known", "RecordKind", "Rules"]

KINDS: Mapping[str, RecordKind] = {
    kind.name: kind for kind in (ContactKind(), GiftKind(), NoteKind(), AttendanceKind(), OpportunityKind())
}
