"""Comparing: each contact that Virtuous shows, with what it accepted from us and with what the source says."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime

from sync_pipeline.domain.change import Change, ChangeKind
from sync_pipeline.domain.confirmation import Author, Drift, Reconciled, author_of
from sync_pipeline.domain.contact import BIRTH_GENDER, BIRTH_GENDER_FIELDS, CORE, TAGS, tag_prefix
from sync_pipeline.domain.crm.contact_values import Values, differing, is_empty, shown_values
from sync_pipeline.domain.crm.contacts import CrmContact
from sync_pipeline.domain.needs import CrmId, Need
from sync_pipeline.domain.record import MappedRecord
from sync_pipeline.domain.records import KINDS, Known
from sync_pipeline.stages.context import StageContext
from sync_pipeline.stages.reconciliation.expected import Expected, prints_of

INVISIBLE = "Virtuous accepted it and does not show the contact: run its import, or look there for what it set aside"
DIFFERENT = "Virtuous accepted it and does not show it, in these fields: {fields}"
VALUES = frozenset({CORE, BIRTH_GENDER})
ARCHIVED = "staff archived this contact in Virtuous"


@dataclass(slots=True)
class Comparison:
    """Collects what is found; nothing is written before `settle`.

    What was accepted before `old` and does not show goes to review. `corrections` are changes by stream, and those of
    the keys in `alone` must not travel in a batch.
    """

    context: StageContext
    account: Reconciled
    old: datetime
    corrections: defaultdict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))
    alone: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _confirmed: dict[int, CrmId] = field(default_factory=dict)
    _reviews: dict[int, str] = field(default_factory=dict)
    _seen: dict[Need, CrmId] = field(default_factory=dict)
    _archived: dict[Need, CrmId] = field(default_factory=dict)
    _present: list[Need] = field(default_factory=list)

    def missing(self, expected: Expected) -> None:
        """It is proven not to be there."""
        if expected.sent.is_confirmed:
            self.account.missing += 1
        elif expected.sent.accepted_at < self.old:
            self._reviews[expected.sent.operation_id] = INVISIBLE

    def see(self, need: Need, contact: CrmContact) -> None:
        """It is there; perhaps staff have archived it, or brought it back."""
        if contact.is_archived:
            self.account.archived += 1
            self._archived[need] = CrmId(contact.contact_id, contact.individual_of(None, None, None))
        else:
            self._present.append(need)

    def compare(self, expected: Expected, contact: CrmContact) -> None:
        sent, fields = expected.sent, expected.fields
        record = expected.record
        names = {**record.first_only, **fields} if record is not None else fields
        individual = contact.individual_of(names.get("firstName"), names.get("lastName"), names.get("email"))
        shown = shown_values(contact.document, individual)
        wrong = differing(fields, expected.tags, shown)
        surplus = self._surplus_tags(expected, shown)
        self.account.compared += 1
        self._seen[sent.need] = CrmId(contact.contact_id, individual)
        if contact.is_archived:
            if wrong and not sent.is_confirmed:
                self._reviews[sent.operation_id] = ARCHIVED
            return
        if wrong:
            self._differs(expected, contact, wrong)
            return
        if not sent.is_confirmed:
            self._confirmed[sent.operation_id] = CrmId(contact.contact_id, individual)
        if record is None:
            return
        if surplus:
            # An older transaction was imported after the tag had been taken away: it is taken away again.
            self.account.drifts.append(Drift(sent.stream, sent.key, ("tags",), Author.OURS))
            self._correct(expected, record, {TAGS})
        elif any(value and is_empty(name, shown) for name, value in record.first_only.items()):
            self._correct(expected, replace(record, fields={**record.first_only, **record.fields}), VALUES)

    def _differs(self, expected: Expected, contact: CrmContact, wrong: frozenset[str]) -> None:
        sent, record = expected.sent, expected.record
        was_imported_since = contact.modified_at is not None and contact.modified_at > sent.accepted_at
        author = author_of(contact.modified_by, was_confirmed=sent.is_confirmed)
        if author is Author.OURS and not was_imported_since and sent.accepted_at >= self.old:
            return  # the import has not run yet
        self.account.drifts.append(Drift(sent.stream, sent.key, tuple(sorted(wrong)), author))
        if author is Author.OURS and sent.accepted_at < self.old:
            self._reviews[sent.operation_id] = DIFFERENT.format(fields=", ".join(sorted(wrong)))
        elif record is not None and (author is Author.OURS or self._is_ours_always(sent.stream, wrong)):
            if wrong <= frozenset(BIRTH_GENDER_FIELDS):
                self.alone[sent.stream].add(sent.key)  # the documented batch call lacks these (reference section 4.3)
            self._correct(expected, record, VALUES)

    def _surplus_tags(self, expected: Expected, shown: Values) -> frozenset[str]:
        """Tags of ours that the source does not give any more, where tags are exact."""
        rules = self.context.rules(expected.sent.stream)
        if not rules.exact_tags:
            return frozenset()
        prefix = tag_prefix(rules.reference_source).casefold()
        wanted = {tag.casefold() for tag in expected.tags}
        return frozenset(tag for tag in shown.get("tags", ()) if tag.startswith(prefix) and tag not in wanted)

    def _is_ours_always(self, stream: str, wrong: frozenset[str]) -> bool:
        write = self.context.customer.streams[stream].write
        return any(write.get(name) == "always" for name in wrong)

    def _correct(self, expected: Expected, record: MappedRecord, groups: frozenset[str] | set[str]) -> None:
        """Plan these groups of what was acknowledged once more; the fingerprints stay those of the diff."""
        sent, kind, reference = expected.sent, KINDS["contact"], expected.sent.need.reference
        prints = prints_of(expected.record or record)
        known, rules = Known(prints, {}), self.context.rules(sent.stream)
        self.corrections[sent.stream].append(
            Change(
                key=sent.key,
                kind=ChangeKind.UPDATE,
                reference=reference,
                row_hash=sent.row_hash,
                fingerprints=prints,
                writes=kind.writes(record, reference, rules, groups, known),
                record_kind=kind.name,
            )
        )

    def settle(self) -> None:
        """Write what was decided."""
        confirming = self.context.confirming
        confirming.confirmed(self._confirmed)
        confirming.review(self._reviews)
        self.context.crm_ids.remember(self.context.keeper.lease, self._seen)
        confirming.note_archived(self._archived, self._present)
        self.account.confirmed += len(self._confirmed)
        self.account.reviewed += len(self._reviews)
