"""The Protocols the stages talk to. Adapters implement them; nothing here does anything."""

from collections.abc import AsyncGenerator, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from sync_pipeline.domain.alerts import Change, Seen
from sync_pipeline.domain.alerts.notices import Notice, Posting, StoredChange
from sync_pipeline.domain.alerts.summary import DayTotals
from sync_pipeline.domain.answer import Answer
from sync_pipeline.domain.backlog import OpenOperation
from sync_pipeline.domain.change import ChangeCounts, ChangeKind
from sync_pipeline.domain.confirmation import Sent
from sync_pipeline.domain.cut import Page, ReadPlan, Row, SealedCut, Strategy, StreamName
from sync_pipeline.domain.cut_history import CutHistory, StoredFile
from sync_pipeline.domain.diff import Acknowledged, DiffRequest
from sync_pipeline.domain.lease import Lease
from sync_pipeline.domain.life.history import History, KnownRead, NamedRecord, Place
from sync_pipeline.domain.needs import CrmId, Need
from sync_pipeline.domain.objectives import Past
from sync_pipeline.domain.operation import (
    DoubtfulBatch,
    Evidence,
    NoPermit,
    Permit,
    PlannedOperation,
    SendingBatch,
    SendingOperation,
    WaitingOperation,
)
from sync_pipeline.domain.organization import Organization, WriteAccess
from sync_pipeline.domain.pages.facts import FailureReason, PastRun, SentRequest, SliceSpan, StoredPage, StoredRun
from sync_pipeline.domain.pages.fleet_facts import FleetRecords
from sync_pipeline.domain.pages.fleet_page import FleetPage
from sync_pipeline.domain.pages.run_page import RunPage
from sync_pipeline.domain.pause import Breaker, RunVerdict
from sync_pipeline.domain.platforms import PlatformState, Trouble
from sync_pipeline.domain.positions import CutRow, CutState, Position, ReadSoFar
from sync_pipeline.domain.quota import QuotaPicture, QuotaRule
from sync_pipeline.domain.request import Reply, Request
from sync_pipeline.domain.routes import Routes
from sync_pipeline.domain.run import Layer, Run, RunStatus, Stage, StageFailure
from sync_pipeline.domain.source_pace import PaceRecord
from sync_pipeline.domain.standing import Standing
from sync_pipeline.domain.stream_sample import FilterTrial, StreamSample
from sync_pipeline.domain.time_format import ISO


@dataclass(frozen=True, slots=True)
class DestinationName:
    """One customer's organization, as far as it is known before it is asked: who, and on which host."""

    customer_id: str
    host: str


@dataclass(frozen=True, slots=True)
class Sender:
    """Who asks Virtuous something: a run of ours, and the trace that its requests carry."""

    run_id: str
    trace_id: str


class Clock(Protocol):
    """Time, so that tests own it."""

    def now(self) -> datetime:
        """The current moment, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never jumps."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class PaceMemory(Protocol):
    """What is known about how fast one account of a source may be asked, for the next process."""

    def recall(self) -> PaceRecord | None: ...

    def keep(self, record: PaceRecord) -> None: ...


class Source(Protocol):
    """One platform account of a customer."""

    @property
    def requests(self) -> int:
        """Requests sent so far, retries included."""
        ...

    @property
    def pauses(self) -> int:
        """How often a 429 made it wait."""
        ...

    async def check(self, stream: str) -> None:
        """Raise SourceRefused when the credential is not accepted; one cheap request."""
        ...

    async def sample(self, stream: str, limit: int) -> StreamSample:
        """One page of a stream, looked at closely, with at most `limit` of its rows.

        Where they are all wanted, the next page is asked for too, to see whether it leads on.

        A walked stream takes one page of every parent above it, and is read below the first record there.

        Raises:
            SourceError: as `pages`; a record without a key is counted and not refused.
        """
        ...

    async def try_filter(self, stream: str, sample: StreamSample, overlap: timedelta) -> FilterTrial | None:
        """What the filter of modified_since answers; None where no record of the sample says when it changed.

        An `overlap` of a day or more counts: it may be meant to make up for what the filter leaves out.

        Raises:
            SourceRefused: the source answered 401 or 403.
        """
        ...

    def pages(self, plan: ReadPlan) -> AsyncGenerator[Page, None]:
        """Read a stream page by page, flat in memory.

        Raises:
            SourceRefused: the source answered 401 or 403.
            SourceError: anything else that must not be taken for data: a page of another shape, a repeated
                cursor, a link to another host, or tries used up.
            ParkedError: it may not be asked for longer than a process should wait.
        """
        ...


class Destination(Protocol):
    """One Virtuous organization. No method retries: what an answer means is decided by the caller."""

    async def organization(self) -> tuple[Organization | None, Answer]: ...

    async def contact_write_access(self) -> tuple[WriteAccess, Answer]: ...

    async def ask(self, request: Request, span_id: str | None = None) -> Reply:
        """One request and its answer; `span_id` is what it is known by in the trace, where it has to be known again."""
        ...


class CutWriter(Protocol):
    """Takes the pages of one read; nothing counts until it is sealed."""

    def write(self, rows: Sequence[Row]) -> None: ...

    def distinct_keys(self) -> int:
        """Distinct keys written so far."""
        ...

    def seal(self, modified_field: str | None, time_format: str = ISO) -> SealedCut:
        """Keep the last row of every key, make the cut durable, and tell what it holds.

        `time_format` is how the modified field spells its times, where that is not ISO 8601.
        """
        ...

    def discard(self) -> None: ...


class ReadJournal(Protocol):
    """What a read has brought so far, so that another process can go on with it.

    A stream is read in one or two readings, numbered from 1. `resumed`: it holds pages from before it was opened;
    `grew`: and pages from since then.
    """

    @property
    def resumed(self) -> bool: ...

    @property
    def grew(self) -> bool: ...

    def pages(self, reading: int) -> Iterator[Page]:
        """What was kept of a reading when this journal was opened."""
        ...

    def cursor(self, reading: int) -> str | None:
        """Where that reading goes on."""
        ...

    def parents(self, reading: int) -> Collection[str]:
        """The parents below which that reading is over."""
        ...

    def is_complete(self, reading: int) -> bool: ...

    def add(self, reading: int, page: Page) -> None: ...

    def complete(self, reading: int) -> None: ...

    def close(self) -> None: ...

    def discard(self) -> None: ...


class ChangeSetWriter(Protocol):
    """Takes the changes of one cut; nothing counts until it is sealed."""

    def write(self, changes: Sequence[dict[str, Any]]) -> None: ...

    def seal(self) -> int:
        """Make the change set durable; answers the number of changes."""
        ...

    def discard(self) -> None: ...


class SnapshotStore(Protocol):
    """Parquet per customer and stream. Which file is current is not its business: the state store says."""

    @property
    def hash_scheme(self) -> str:
        """Row hashes of another scheme must not be compared: part of every mapping hash."""
        ...

    def open_cut(self, name: StreamName, cut: int, key: Sequence[Sequence[str]]) -> CutWriter: ...

    def begin_journal(self, name: StreamName, cut: int, terms: str) -> ReadJournal:
        """A new journal; whatever was kept of earlier reads of the stream is gone."""
        ...

    def kept_journal(self, name: StreamName, cut: int, terms: str, not_before: datetime) -> ReadJournal | None:
        """The journal of a read on these terms that was broken off; None without one, or with an older last page."""
        ...

    def replace_snapshot(self, name: StreamName, cut: int) -> None:
        """A complete full read becomes the snapshot of its cut."""
        ...

    def merge_delta(
        self, name: StreamName, cut: int, snapshot_cut: int | None, proven_parents: Collection[str] = ()
    ) -> int:
        """Merge the delta of `cut` into the snapshot of `snapshot_cut`; answers the cut of the resulting snapshot.

        Rows of the snapshot below a proven parent (its key is in `_parent`) that the delta does not have are dropped.
        When nothing differs, nothing is written and `snapshot_cut` is answered.
        """
        ...

    def count(self, name: StreamName, snapshot_cut: int) -> int: ...

    def columns(self, name: StreamName, snapshot_cut: int) -> tuple[str, ...]: ...

    def candidates(self, request: DiffRequest) -> Iterator[pl.DataFrame]:
        """Rows that may need a write, in frames of bounded height.

        Columns: `_key` text, `_row_hash` text, `_present` bool (false: the key is gone),
        `_acknowledged` text (JSON object of field group → fingerprint, null when never acknowledged),
        `_deleted` bool (its deletion was acknowledged), and `request.columns`, all text.
        """
        ...

    def rows(self, name: StreamName, snapshot_cut: int, keys: Sequence[str], columns: Sequence[str]) -> pl.DataFrame:
        """The rows of these keys that the snapshot has: `_key` and `columns`, null where the snapshot lacks one."""
        ...

    def keys_where(
        self, name: StreamName, snapshot_cut: int, columns: Sequence[str], condition: pl.Expr, limit: int
    ) -> Sequence[str]:
        """Keys of the snapshot, in order and at most `limit`, where a condition on these columns holds."""
        ...

    def keys_near(self, name: StreamName, snapshot_cut: int, key: str, limit: int) -> Sequence[str]:
        """Keys of the snapshot that a person may have meant, the nearest first."""
        ...

    def acknowledged_in(self, name: StreamName, index_cut: int, key: str) -> Mapping[str, str]:
        """Fingerprints by field group of one key in the folded index; empty when it is not in there."""
        ...

    def change_of(self, name: StreamName, cut: int, key: str) -> pl.DataFrame:
        """The row of one key in a change set, none when it has no change of it."""
        ...

    def emptied_columns(self, name: StreamName, cut: int, snapshot_cut: int, columns: Sequence[str]) -> set[str]:
        """Of these columns, those in which the snapshot has a value for a record that the read of `cut` brought."""
        ...

    def fold_acknowledged(self, request: DiffRequest, index_cut: int, keep: Iterable[str]) -> None:
        """Write the acknowledged index that `index_cut` names.

        Every present key gets its current row hash and the fingerprints acknowledged so far; the keys of `keep`
        (they have a change under way) keep the row hash that was acknowledged, or stay absent.
        """
        ...

    def open_change_set(self, name: StreamName, cut: int) -> ChangeSetWriter: ...

    def change_set(self, name: StreamName, cut: int) -> Iterator[pl.DataFrame]: ...

    def files(self, name: StreamName) -> Sequence[StoredFile]:
        """Whatever is kept of the stream, unfinished work included."""
        ...

    def remove(self, name: StreamName, files: Iterable[StoredFile]) -> None:
        """Remove these; one that is gone already is no error."""
        ...

    def files_of_customer(self, customer_id: str) -> tuple[int, int]:
        """How many files there are of a customer, pages of its runs included, and their bytes."""
        ...

    def remove_customer(self, customer_id: str) -> None:
        """Remove all of them; what is gone already is no error."""
        ...


class Positions(Protocol):
    """How far each stream is read, acknowledged and accounted for."""

    def position(self, customer_id: str, source: str, stream: str) -> Position: ...

    def acknowledged_since_fold(self, customer_id: str, stream: str) -> list[Acknowledged]: ...

    def standing(self, customer_id: str, stream: str) -> dict[tuple[str, str], Standing]:
        """By (key, field group): the newest operation that is open, dead, in review or discarded."""
        ...

    def references(self, customer_id: str, stream: str, keys: Sequence[str]) -> dict[str, str]:
        """The reference id each key was last sent under."""
        ...

    def move_checkpoints(self, lease: Lease, run_id: str) -> None: ...


class Cuts(Protocol):
    """Records every step of a cut; each step is one transaction that checks the lease."""

    def begin_cut(
        self, lease: Lease, run_id: str, position: Position, strategy: Strategy, since: datetime | None
    ) -> CutRow: ...

    def adopt(self, lease: Lease, run_id: str, cut: int) -> None:
        """This run goes on with what another one read, or began to."""
        ...

    def note_reading(self, lease: Lease, cut: int, so_far: ReadSoFar) -> None: ...

    def finish_read(
        self,
        lease: Lease,
        cut: CutRow,
        *,
        proven: bool,
        rows: int,
        snapshot_cut: int | None,
        newest_modified: datetime | None,
        warning: str | None = None,
        changes_token: str | None = None,
        columns: Mapping[str, str] | None = None,
        schema_changes: Sequence[str] = (),
        short_reads: int = 0,
    ) -> None: ...

    def cuts(self, customer_id: str, states: Sequence[CutState]) -> list[CutRow]: ...

    def cuts_of_run(self, customer_id: str, run_id: str) -> tuple[list[CutRow], int, int]: ...

    def diffed_snapshot(self, customer_id: str, stream: str) -> int | None:
        """The snapshot of the newest cut whose changes are durable."""
        ...

    def finish_diff(
        self,
        lease: Lease,
        cut: CutRow,
        counts: ChangeCounts,
        *,
        read_position: datetime | None,
        folded: tuple[int, str] | None,
        held: str | None = None,
        approved_by: str | None = None,
        nothing_new: bool = False,
    ) -> None: ...

    def finish_planning(self, lease: Lease, cut: CutRow) -> None: ...


class Pruning(Protocol):
    """What the state store says about a customer's cuts, and which of them have no files any more."""

    def history(self, customer_id: str) -> CutHistory:
        """One consistent view."""
        ...

    def mark_pruned(self, lease: Lease, cuts: Sequence[int]) -> None:
        """From now on nobody may look for the files of these cuts."""
        ...


class Forgetting(Protocol):
    """Removes what the state store knows of a customer, in steps each of which may be done again."""

    def rows(self, customer_id: str) -> Mapping[str, int]:
        """How many rows there are, by table."""
        ...

    def begin(self, lease: Lease, reason: str, actor: str) -> None:
        """Write down who wants it and why, and let nothing of the customer run until it is over."""
        ...

    def remove(self, lease: Lease) -> None:
        """Remove everything but the pause, the lease and the audit log."""
        ...

    def end(self, lease: Lease) -> None:
        """Nothing else is left: the pause goes too."""
        ...


class HeldChanges(Protocol):
    """What the guard measures a change set against, and what becomes of one that it held."""

    def discard(self, lease: Lease, cut: int, actor: str) -> None:
        """Every value of this change set is recorded as unwanted: it is over."""
        ...

    def different_since(self, customer_id: str, stream: str, since: datetime) -> dict[str, ChangeKind]:
        """Keys of the stream that were planned since then, and what happened to them last."""
        ...


class Planning(Protocol):
    """Turns changes into rows of the ledger; planning a cut twice adds only what is missing."""

    def plan(self, lease: Lease, cut: CutRow, operations: Sequence[PlannedOperation]) -> None: ...

    def correct(self, lease: Lease, cut: CutRow, operations: Sequence[PlannedOperation]) -> int:
        """Plan values again that Virtuous does not show, as updates of this cut; answers how many records those are."""
        ...

    def forget_acknowledged(self, lease: Lease) -> None:
        """Everything counts as new again, for a destination that has nothing of it."""
        ...


class Sending(Protocol):
    """The ledger as the sender sees it. Every method is one transaction that checks the lease."""

    def together(self) -> AbstractContextManager[None]:
        """What is claimed or settled in the block is one transaction. Nothing may be awaited in it."""
        ...

    def claim(self, routes: Routes, blocked: Collection[str] = ()) -> SendingBatch | NoPermit | None: ...

    def claim_again(self, ids: Sequence[int], routes: Routes) -> SendingBatch | NoPermit | None: ...

    def open_operations(self) -> list[OpenOperation]:
        """What goes on by itself, and what may have arrived although nobody knows; oldest first."""
        ...

    def requests_left(self, routes: Routes) -> int:
        """How many requests what is planned takes, when nothing of it is refused."""
        ...

    def in_doubt(self) -> list[DoubtfulBatch]: ...

    def doubtful(self, ids: Sequence[int]) -> list[SendingOperation]:
        """What these operations sent, as far as they are still in doubt."""
        ...

    def unsettled_until(self) -> datetime | None:
        """When the first operation that waits for an older one of its record to settle may leave; None without any."""
        ...

    def accepted(
        self, ids: Sequence[int], evidence: Evidence | None = None, crm_ids: Mapping[int, CrmId] | None = None
    ) -> None: ...

    def accepted_by(self, evidence: Evidence, before: datetime, limit: int) -> list[SendingOperation]:
        """Accepted for this evidence alone, before that moment; the oldest."""
        ...

    def count_accepted_by(self, evidence: Evidence) -> int:
        """How many are accepted for this evidence alone."""
        ...

    def confirmed(self, ids: Mapping[int, CrmId]) -> None:
        """Read back: these are there."""
        ...

    def review(self, ids: Sequence[int], reason: str) -> None:
        """Accepted, and still not to be seen: a person has to look."""
        ...

    def planned_again(self, ids: Sequence[int]) -> None: ...

    def dead(self, ids: Sequence[int], reason: str) -> None: ...

    def split(self, operation: SendingOperation, groups: Collection[str], reason: str) -> bool:
        """Only these field groups are to blame: they are a dead letter, and the rest is planned again."""
        ...

    def defer_planned(self, reason: str, endpoint: str | None = None) -> int: ...

    def retry_deferred(self) -> None: ...

    def count_deferrals(self, today: date) -> int: ...

    def counts(self) -> dict[str, int]: ...


@dataclass(frozen=True, slots=True)
class WaitingGroup:
    """Operations of one kind and action that wait for the same kind of record, with a few of the ids."""

    kind: str
    action: str
    waits_for: str
    operations: int
    since: datetime
    examples: tuple[str, ...]


class Waiting(Protocol):
    """Operations that wait for something that does not exist yet; each method is one transaction."""

    def waiting(self, kind: str) -> list[WaitingOperation]: ...

    def accepted_people(self, needs: Collection[Need]) -> dict[Need, datetime | None]:
        """Of these people who may be in Virtuous: when they were planned, None for those we never sent."""
        ...

    def record_of(self, need: Need) -> tuple[str, str] | None:
        """Stream and key of the record that was last planned under this reference."""
        ...

    def bind(self, requests: Mapping[int, Request]) -> None:
        """What these operations needed is there: from now on exactly this is planned to be sent."""
        ...

    def unbind(self, endpoint: str) -> None:
        """What is planned for this endpoint waits again, to be bound to another request."""
        ...

    def look_first(self, endpoints: Collection[str]) -> None:
        """Whatever was not sent may be there; what is planned for one of these endpoints waits to be looked for."""
        ...

    def wait_for(self, needs: Mapping[int, str]) -> None: ...

    def review(self, reasons: Mapping[int, str]) -> None:
        """What these operations wait for will not come by itself."""
        ...

    def review_aged(self, before: datetime) -> int:
        """What was planned before that moment and still waits is for a person to see; answers how many are new."""
        ...

    def count_aged(self) -> int:
        """How many are in review for their age alone."""
        ...

    def found(self, ids: Mapping[int, CrmId], evidence: Evidence) -> None:
        """Virtuous has the effect of these operations already."""
        ...

    def plan_sign_ups(self, sign_ups: Mapping[Need, Request]) -> None: ...


class Confirming(Protocol):
    """What Virtuous accepted and has to show; each method is one transaction that checks the lease."""

    def supersede_overtaken(self) -> int:
        """Accepted values after which newer ones of all their groups were accepted; answers how many."""
        ...

    def sent(self, streams: Sequence[str], kind: str = "contact", *, confirmed_too: bool = False) -> list[Sent]:
        """Records as Virtuous last accepted them, that it has not shown yet or (`confirmed_too`) that it has."""
        ...

    def confirmed(self, ids: Mapping[int, CrmId]) -> None: ...

    def review(self, reasons: Mapping[int, str]) -> None: ...

    def note_archived(self, archived: Mapping[Need, CrmId], present: Sequence[Need]) -> None:
        """Remember whom staff have archived, and forget it of those who are there."""
        ...

    def set_aside_archived(self) -> int:
        """Nothing is written to a contact that staff archived; answers how many operations wait for a person now."""
        ...


class CrmIds(Protocol):
    """The ids that Virtuous gave our records."""

    def known(self, customer_id: str, needs: Collection[Need]) -> dict[Need, CrmId]: ...

    def remember(self, lease: Lease, ids: Mapping[Need, CrmId]) -> None: ...

    def taken(self, customer_id: str, kind: str) -> set[int]:
        """Ids of this kind that stand for one of our records."""
        ...


class Histories(Protocol):
    """What the state store remembers of single records, for a person who asks; nothing here writes."""

    def history(self, customer_id: str, stream: str, key: str) -> History:
        """Every change of a record, every operation it led to, and every attempt of these."""
        ...

    def reads(self, customer_id: str, stream: str, cuts: Collection[int]) -> Mapping[int, KnownRead]:
        """These cuts and the newest one of the stream, as far as they were read to their end."""
        ...

    def newest_run(self, customer_id: str) -> Mapping[Any, Any] | None:
        """The row of the run that began last."""
        ...

    def places(self, customer_id: str, needs: Collection[Need]) -> Mapping[Need, Place]:
        """What is known of the records behind these references."""
        ...

    def contacts(self, customer_id: str, crm_id: int) -> Sequence[Place]:
        """The references that stand for this contact of Virtuous; several when staff merged people."""
        ...

    def records_of(self, customer_id: str, need: Need) -> Sequence[NamedRecord]:
        """The records of any stream that were planned under this reference."""
        ...

    def hanging_on(self, customer_id: str, crm_id: int, kinds: Collection[str]) -> Sequence[NamedRecord]:
        """Records of these kinds (gift, note) that Virtuous keeps below this contact."""
        ...

    def newest_states(self, customer_id: str, stream: str, keys: Sequence[str]) -> Mapping[str, NamedRecord]:
        """The newest operation of each of these keys."""
        ...


class Quota(Protocol):
    """The durable budget of an organization."""

    def take(
        self, name: DestinationName, rule: QuotaRule, sender: Sender, endpoint: str, batch_id: str | None = None
    ) -> Permit | NoPermit: ...

    def observe(
        self, name: DestinationName, permit: Permit, answer: Answer, blocked_until: datetime | None
    ) -> None: ...

    def picture(self, name: DestinationName, rule: QuotaRule) -> QuotaPicture: ...

    def free_at(self, name: DestinationName, rule: QuotaRule, requests: int) -> datetime:
        """When so many requests may leave one after the other, or as many as it takes to go on."""
        ...

    def organization(self, name: DestinationName) -> tuple[int, str | None] | None:
        """Id and name when last seen; no name: a person agreed to whatever organization comes next."""
        ...

    def remember_organization(self, name: DestinationName, organization: Organization) -> None: ...

    def used_by_run(self, customer_id: str, run_id: str) -> tuple[dict[str, int], int]: ...


class Runs(Protocol):
    """The history of a customer's runs and slices."""

    def begin_slice(self, lease: Lease, run: Run, dagster_run_id: str) -> None: ...

    def note_poll(self, lease: Lease, streams: Sequence[str]) -> None:
        """These streams are polled now; also a poll that fails waits for its next moment."""
        ...

    def forget_poll(self, lease: Lease, run_id: str) -> None:
        """A poll that found nothing leaves positions and no rows."""
        ...

    def note_failures(self, lease: Lease, run_id: str, dagster_run_id: str, failures: list[StageFailure]) -> None: ...

    def failures(self, customer_id: str, run_id: str, dagster_run_id: str) -> list[StageFailure]: ...

    def finish_slice(
        self,
        lease: Lease,
        run_id: str,
        dagster_run_id: str,
        status: RunStatus,
        resume_at: datetime | None,
        report: dict[str, Any],
        parked_in: Stage | None = None,
        verdict: RunVerdict | None = None,
    ) -> None: ...

    def note_organization(self, lease: Lease, dagster_run_id: str, organization_id: int) -> None:
        """This slice has seen whose token it writes with."""
        ...

    def organization_seen(self, customer_id: str, dagster_run_id: str) -> int | None:
        """The organization that this slice has seen its token belong to; None when it has not asked yet."""
        ...

    def foretell(self, lease: Lease, run_id: str, requests: Mapping[str, int]) -> None:
        """Keep what this run will take, by endpoint."""
        ...

    def foretold(self, customer_id: str, run_id: str) -> dict[str, int] | None:
        """What the run was foretold to take, by endpoint; None before that was done."""
        ...

    def is_stuck(self, customer_id: str, run_id: str, dagster_run_id: str) -> bool:
        """Whether this slice, still open, and the one before it got nothing done."""
        ...

    def started_at(self, customer_id: str, run_id: str) -> datetime | None: ...

    def outcomes(self, customer_id: str, run_id: str) -> dict[str, int]: ...

    def carried(self, customer_id: str, run_id: str) -> int: ...

    def failure_details(self, customer_id: str, run_id: str, limit: int) -> list[dict[str, Any]]: ...


class RunHistory(Protocol):
    """What is still known of a customer's runs, for their pages. It only reads."""

    def run(self, customer_id: str, run_id: str | None = None) -> StoredRun | None:
        """A run that has a report; by default the newest."""
        ...

    def slices(self, customer_id: str, run_id: str) -> list[SliceSpan]: ...

    def nights(self, customer_id: str, layer: Layer, until: datetime, most: int) -> list[PastRun]:
        """Runs of a layer that began by then, the newest of them; oldest first."""
        ...

    def requests(self, customer_id: str, run_id: str) -> list[SentRequest]:
        """The run's requests to Virtuous that are still kept, oldest first."""
        ...

    def other_requests(
        self, name: DestinationName, run_id: str, since: datetime, until: datetime
    ) -> list[tuple[datetime, int]]:
        """How many requests other runs sent to the same organization, by the minute."""
        ...

    def outcomes(self, customer_id: str, run_id: str) -> dict[str, dict[str, int]]:
        """By stream, the changes of a run by the state of their operations."""
        ...

    def failure_reasons(self, customer_id: str, run_id: str, most: int, examples: int) -> list[FailureReason]:
        """Why records of a run died, the commonest reasons first: ids and reasons, never values."""
        ...

    def operations(self, customer_id: str) -> Mapping[str, int]:
        """All operations of the customer by state."""
        ...


class FleetHistory(Protocol):
    """What is known of many customers at once, for their page. It only reads."""

    def records(
        self, names: Collection[DestinationName], nights_since: datetime, requests_since: datetime
    ) -> FleetRecords:
        """One consistent view of these customers; of nights and requests, those since then."""
        ...


class Pages(Protocol):
    """The HTML pages of the deployment; each is whole or not there."""

    def write_run(self, page: RunPage) -> Path: ...

    def write_fleet(self, page: FleetPage) -> Path: ...

    def link(self, customer_id: str, run_id: str) -> str | None:
        """From the fleet's page to that of a run; None where there is none."""
        ...

    def run_page(self, customer_id: str, run_id: str) -> StoredPage | None:
        """The page that was written last; None without one."""
        ...

    def pages(self, customer_id: str) -> Sequence[StoredPage]:
        """Whatever is kept of the customer, unfinished work included."""
        ...

    def remove(self, pages: Iterable[StoredPage]) -> None:
        """Remove these; one that is gone already is no error."""
        ...


class Breakers(Protocol):
    """Pauses, and failures in a row."""

    def breaker(self, customer_id: str) -> Breaker: ...

    def pause(self, customer_id: str, reason: str, actor: str, until: datetime | None = None) -> None: ...


class Platforms(Protocol):
    """Platforms that fail for several customers in a row; a platform is named by host and path of its API."""

    def hold_back(self, platform: str, customer_id: str) -> PlatformState | None:
        """What keeps this customer from asking the platform now; None when they may, perhaps as the one who tries."""
        ...

    def answered(self, platform: str) -> None:
        """Somebody got what they asked for: nothing is wrong with it."""
        ...

    def failed(self, platform: str, customer_id: str, trouble: Trouble) -> PlatformState | None:
        """A customer got no useful answer after several tries; answers its state once it counts as down."""
        ...

    def down(self) -> dict[str, PlatformState]:
        """Those that count as down."""
        ...


class LeaseKeeper(Protocol):
    """A lease that is kept alive while the stage works."""

    @property
    def lease(self) -> Lease: ...

    def require(self, seconds: float) -> None:
        """Refuse to start something that may take `seconds` unless the lease outlives it.

        Raises:
            BusyError: it does not, or somebody else has the lease.
        """
        ...


class Notifier(Protocol):
    """Where messages to people go."""

    def post(self, notice: Notice, channel: str, text: str) -> Posting:
        """Try once; raises nothing that the receiver or the network does."""
        ...

    def has(self, notice: Notice) -> bool | None:
        """Whether a notice without an answer has arrived after all; None when nobody can tell."""
        ...


class LastResort(Protocol):
    """Says what the first channel did not take."""

    def say(self, notice: Notice, reason: str) -> None: ...


class AlertBook(Protocol):
    """Alerts that are open, changes that are to be told, and the messages that tell them."""

    def record(self, seen: Seen) -> Sequence[Change]:
        """Note what one look at the fleet saw; answers what changed, which is to be told now."""
        ...

    def untold(self) -> Sequence[StoredChange]:
        """Changes that no notice tells yet, oldest first."""
        ...

    def last_told(self) -> Mapping[tuple[str, str], datetime]:
        """When each (channel, topic) had its last notice, as far back as that matters."""
        ...

    def tell(self, channel: str, topic: str, text: str, change_ids: Sequence[int]) -> None:
        """A notice that tells these changes, and no other one ever will."""
        ...

    def due(self) -> Sequence[Notice]:
        """Notices whose time has come, oldest first, and those whose sender is gone."""
        ...

    def begin_sending(self, notice: Notice) -> bool:
        """Say that it may have left; False when somebody else sends it."""
        ...

    def sent(self, notice: Notice) -> None: ...

    def try_again(self, notice: Notice, at: datetime, reason: str) -> None: ...

    def spoken(self, notice: Notice) -> None:
        """The second channel said it."""
        ...


class DayBook(Protocol):
    """What a fleet did lately, in numbers."""

    def totals(self, since: datetime) -> DayTotals:
        """What the runs that ended after that did together."""
        ...

    def new_since(self, moment: datetime) -> Mapping[str, int]:
        """Dead letters and reviews by customer that were none at that moment."""
        ...

    def requests_of_last_nights(self) -> Mapping[str, int]:
        """Requests to Virtuous that each customer's newest finished night took."""
        ...


class ObjectivesBook(Protocol):
    """What the objectives of thirty days are held against."""

    def past(self, customer_ids: Sequence[str] | None = None) -> Mapping[str, Past]:
        """Of these customers, or of all; of who has never run there is none."""
        ...


class RegionalStore(Protocol):
    """A store that keeps the data of one region, and knows of which."""

    def region(self) -> str | None:
        """The region it was given to, None while it was given to none."""
        ...

    def customers(self) -> Collection[str]:
        """Whose data is in it."""
        ...

    def give_to(self, region: str) -> None:
        """For good; does nothing when it was given to a region already."""
        ...
