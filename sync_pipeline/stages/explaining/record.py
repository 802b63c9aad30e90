"""The facts about one record, gathered from the stores."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sync_pipeline.domain.change import Change
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.configuration.base import did_you_mean
from sync_pipeline.domain.cut import StreamName
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.domain.fingerprint import fingerprint
from sync_pipeline.domain.life.facts import Facts, MappedGroup, Schedule, Trouble
from sync_pipeline.domain.life.history import AcknowledgedValue, History, KnownRead, Place, RecordedChange
from sync_pipeline.domain.needs import Need
from sync_pipeline.domain.operation import STANDING, Evidence
from sync_pipeline.domain.positions import CutRow, CutState, Position
from sync_pipeline.domain.reconcile_slots import next_reconciliation
from sync_pipeline.domain.record import MappedRecord
from sync_pipeline.domain.records import KINDS, Known
from sync_pipeline.domain.records.changes import deletion_change, record_change
from sync_pipeline.domain.run import RunStatus
from sync_pipeline.domain.slots import next_slot
from sync_pipeline.domain.standing import Standing
from sync_pipeline.ports import Breakers, Cuts, Histories, Positions, SnapshotStore
from sync_pipeline.stages.context import record_mapping, record_rules
from sync_pipeline.stages.explaining.source_row import FoundRow, found_row

UNPLANNED = (CutState.READY, CutState.HELD, CutState.APPROVED)
NEAR_KEYS = 3


@dataclass(frozen=True, slots=True)
class Stored:
    """One moment of the stores. `is_at_work`: a living process holds the customer's lease."""

    positions: Positions
    cuts: Cuts
    histories: Histories
    breakers: Breakers
    snapshots: SnapshotStore
    is_at_work: bool
    now: datetime


def explain_record(customer: Customer, stored: Stored, stream: str, key: str) -> Facts:
    """Everything that is known of one record.

    Raises:
        ConfigurationError: the customer has no such stream, or no read ever brought such a record.
    """
    if stream not in customer.streams:
        raise ConfigurationError(
            f"{customer.id} has no stream {stream}.",
            f"{did_you_mean(stream, customer.streams)}Streams of this customer: {', '.join(customer.streams)}.",
        )
    configured, name = customer.streams[stream], StreamName(customer.id, stream)
    position = stored.positions.position(customer.id, configured.source, stream)
    mapping = record_mapping(customer, stream, stored.snapshots.hash_scheme)
    history = stored.histories.history(customer.id, stream, key)
    acknowledged = _acknowledged(stored, name, position, key, history)
    unplanned = next(_unplanned(stored, name, key), None)
    found = found_row(stored.snapshots, stored.histories, name, position, key, mapping.columns)
    if found is None and not history.operations and not acknowledged and unplanned is None:
        raise _unknown(stored, name, position, key)
    record = None if found is None else next(mapping.apply(found.mapped))
    about = Known({group: value.fingerprint for group, value in acknowledged.items()}, _standing(history))
    pending = _pending(customer, stored, stream, found, record, about)
    changes = [*history.changes, *(() if unplanned is None else (unplanned[1],))]
    places = _places(stored, customer, history)
    return Facts(
        customer_id=customer.id,
        stream=stream,
        key=key,
        kind=configured.recipe.writes,
        when=configured.recipe.when,
        on_delete=customer.deletion_policy(stream),
        last_read=_last_read(stored, name),
        row=None if found is None else found.row,
        record=record,
        problem=_problem(configured.recipe.writes, record),
        groups=_groups(configured.recipe.writes, record, about),
        history=History(sorted(changes, key=lambda change: change.cut), history.operations, history.acknowledged),
        acknowledged=acknowledged,
        unplanned=None if unplanned is None else unplanned[0].state,
        unplanned_cut=None if unplanned is None else unplanned[0].cut,
        pending=None if unplanned is not None else pending,
        places=places,
        itself=_itself(stored, customer, stream, record, history),
        trouble=_trouble(stored, customer, stream),
        schedule=_schedule(customer, stored),
    )


def _unknown(stored: Stored, name: StreamName, position: Position, key: str) -> ConfigurationError:
    if position.snapshot_cut is None:
        remedy = f"Nothing of the stream was ever read; `sync-pipeline run {name.customer_id}` reads it."
        return ConfigurationError(f"Stream {name.stream} of {name.customer_id} knows no record {key}.", remedy)
    near = stored.snapshots.keys_near(name, position.snapshot_cut, key, NEAR_KEYS)
    meant = f"Did you mean {', '.join(near)}? " if near else ""
    return ConfigurationError(
        f"Stream {name.stream} of {name.customer_id} has no record {key}, and never had one that was sent.",
        f"{meant}A key of several columns is written `first|second`; `sync-pipeline sources sample {name.customer_id} "
        f"{name.stream}` shows keys. A record that is at the source and not here was not read: see `status`.",
    )


def _acknowledged(
    stored: Stored, name: StreamName, position: Position, key: str, history: History
) -> dict[str, AcknowledgedValue]:
    """The folded index, with what was accepted since over it."""
    folded: Mapping[str, str] = {}
    if position.acknowledged_cut is not None:
        folded = stored.snapshots.acknowledged_in(name, position.acknowledged_cut, key)
    return {group: AcknowledgedValue(value) for group, value in folded.items()} | dict(history.acknowledged)


def _standing(history: History) -> dict[str, Standing]:
    """As the next comparison sees it: the newest operation per field group that is not over."""
    return {
        group: Standing("" if one.evidence == Evidence.REPLAYED else value, one.state)
        for one in history.operations
        if one.state in STANDING
        for group, value in one.fingerprints.items()
    }


def _unplanned(stored: Stored, name: StreamName, key: str) -> Iterator[tuple[CutRow, RecordedChange]]:
    """Change sets that are not planned and hold a change of the record, the newest first."""
    for cut in reversed(stored.cuts.cuts(name.customer_id, UNPLANNED)):
        if cut.stream != name.stream or cut.counts.total == 0:
            continue
        for row in stored.snapshots.change_of(name, cut.cut, key).iter_rows(named=True):
            change = Change.from_row(row)
            groups = sorted(change.fingerprints)
            read_at = cut.read_completed_at
            yield cut, RecordedChange(cut.cut, read_at, change.kind.value, groups, cut.run_id, (), cut.state)


def _pending(
    customer: Customer, stored: Stored, stream: str, found: FoundRow | None, record: MappedRecord | None, known: Known
) -> Change | None:
    """What the next comparison would find; nothing of a record that is not in the newest snapshot: who knows why."""
    if found is None or record is None or not found.row.is_newest:
        return None
    kind, rules = KINDS[customer.streams[stream].recipe.writes], record_rules(customer, stream, stored.now)
    if record.matches:
        return record_change(kind, record, "", known, rules)
    if rules.on_delete == "ignore":
        return None
    return deletion_change(kind, record.key, None, record, "", known, rules)


def _problem(writes: str, record: MappedRecord | None) -> str | None:
    if record is None or not record.matches:
        return None
    return (
        record.failed
        or (None if record.reference else "the recipe's reference is empty")
        or KINDS[writes].problem(record)
    )


def _groups(writes: str, record: MappedRecord | None, known: Known) -> dict[str, MappedGroup]:
    if record is None or _problem(writes, record) is not None or record.reference is None:
        return {}
    return {
        group: MappedGroup(values, fingerprint(values), known.acknowledged.get(group), known.standing.get(group))
        for group, values in KINDS[writes].groups(record).items()
    }


def _places(stored: Stored, customer: Customer, history: History) -> dict[str, Place]:
    """What waiting operations wait for, by the words they use for it."""
    words = {one.waits_for for one in history.operations if one.waits_for is not None}
    needs = {text: need for text in sorted(words) if (need := _need(text)) is not None}
    places = stored.histories.places(customer.id, set(needs.values()))
    return {text: places[need] for text, need in needs.items()}


def _need(text: str) -> Need | None:
    """The inverse of `str(Need)`."""
    kind, _, rest = text.partition(" ")
    source, slash, reference = rest.partition("/")
    return Need(kind, source, reference) if slash else None


def _itself(
    stored: Stored, customer: Customer, stream: str, record: MappedRecord | None, history: History
) -> Place | None:
    """What stands for the record in Virtuous, by the reference it was last planned under."""
    if history.operations:
        need = history.operations[-1].reference
    elif record is not None and record.reference is not None:
        configured = customer.streams[stream]
        source = customer.sources[configured.source].reference_source
        need = Need(configured.recipe.writes, source, record.reference)
    else:
        return None
    return stored.histories.places(customer.id, [need])[need]


def _last_read(stored: Stored, name: StreamName) -> KnownRead | None:
    reads = stored.histories.reads(name.customer_id, name.stream, ())
    return max(reads.values(), key=lambda read: read.cut, default=None)


def _trouble(stored: Stored, customer: Customer, stream: str) -> Trouble | None:
    run = stored.histories.newest_run(customer.id)
    failures = [] if run is None or run["report"] is None else run["report"].get("stage_failures", [])
    found = next((failure for failure in failures if failure["subject"] == stream), None)
    return None if found is None else Trouble(found["message"], found["remedy"])


def _schedule(customer: Customer, stored: Stored) -> Schedule:
    run, breaker, now = stored.histories.newest_run(customer.id), stored.breakers.breaker(customer.id), stored.now
    is_parked = run is not None and run["status"] == RunStatus.PARKED
    return Schedule(
        now=now,
        next_slot=next_slot(customer, now),
        reconciled_at=next_reconciliation(customer, now),
        resumes_at=run["resume_at"] if run is not None and is_parked else None,
        is_at_work=stored.is_at_work,
        paused=(breaker.reason or "no reason was kept") if breaker.is_paused(now) else None,
    )
