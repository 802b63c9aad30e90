"""The named boundaries of the protocol: before and after each step, and before each statement of a transaction."""

import functools
import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from sync_pipeline.adapters.parquet.change_set_writer import ParquetChangeSetWriter
from sync_pipeline.adapters.parquet.cut_writer import ParquetCutWriter
from sync_pipeline.adapters.parquet.journal import FileJournal
from sync_pipeline.adapters.parquet.store import ParquetStore
from sync_pipeline.adapters.sql.confirming import SqlConfirming
from sync_pipeline.adapters.sql.crm_ids import SqlCrmIds
from sync_pipeline.adapters.sql.cuts import SqlCuts
from sync_pipeline.adapters.sql.planning import SqlPlanning
from sync_pipeline.adapters.sql.positions import SqlPositions
from sync_pipeline.adapters.sql.quota import SqlQuota
from sync_pipeline.adapters.sql.runs import SqlRuns
from sync_pipeline.adapters.sql.sending import SqlSending
from sync_pipeline.adapters.sql.waiting import SqlWaiting
from sync_pipeline.adapters.virtuous import VirtuousClient
from sync_pipeline.stages.applied_ledger.delivering import Delivery

STEPS: dict[str, tuple[type, str]] = {
    "begin_slice": (SqlRuns, "begin_slice"),
    "begin_cut": (SqlCuts, "begin_cut"),
    "keep_page": (FileJournal, "add"),
    "adopt": (SqlCuts, "adopt"),
    "seal_cut": (ParquetCutWriter, "seal"),
    "replace_snapshot": (ParquetStore, "replace_snapshot"),
    "merge_delta": (ParquetStore, "merge_delta"),
    "finish_read": (SqlCuts, "finish_read"),
    "seal_change_set": (ParquetChangeSetWriter, "seal"),
    "fold_acknowledged": (ParquetStore, "fold_acknowledged"),
    "finish_diff": (SqlCuts, "finish_diff"),
    "plan": (SqlPlanning, "plan"),
    "finish_planning": (SqlCuts, "finish_planning"),
    "bind": (SqlWaiting, "bind"),
    "plan_sign_ups": (SqlWaiting, "plan_sign_ups"),
    "permit": (SqlQuota, "take"),
    "claim_round": (Delivery, "_claim_round"),
    "claim": (SqlSending, "claim"),
    "claim_again": (SqlSending, "claim_again"),
    "send": (VirtuousClient, "ask"),
    "settle_round": (Delivery, "_settle_accepted"),
    "accepted": (SqlSending, "accepted"),
    "planned_again": (SqlSending, "planned_again"),
    "dead": (SqlSending, "dead"),
    "remember": (SqlCrmIds, "remember"),
    "supersede_overtaken": (SqlConfirming, "supersede_overtaken"),
    "confirmed": (SqlConfirming, "confirmed"),
    "note_archived": (SqlConfirming, "note_archived"),
    "correct": (SqlPlanning, "correct"),
    "defer": (SqlSending, "defer_planned"),
    "move_checkpoints": (SqlPositions, "move_checkpoints"),
    "finish_slice": (SqlRuns, "finish_slice"),
}
STATEMENT, COMMIT = "statement", "commit"
BOUNDARIES = (*(f"{when} {step}" for step in STEPS for when in ("before", "after")), STATEMENT, COMMIT)
OFTEN = ("before send", "after send", "after claim_round", "before settle_round", "after settle_round")
"""Where a night spends its life, and where most can go wrong."""

CALM = (
    *(
        f"{when} {step}"
        for step in ("claim_round", "settle_round", "plan", "finish_planning", "bind")
        for when in ("before", "after")
    ),
    "before move_checkpoints",
    "after move_checkpoints",
)
"""No request of ours is under way there: who is stopped for longer than its lease sends nothing when it goes on.

Nor is a transaction, as between two claims of a round: nobody else could write meanwhile."""

Passed = Callable[[str], None]


def nth(boundary: str, number: int, act: Callable[[], None]) -> Passed:
    """Act when this boundary is passed for the so-manieth time."""
    seen: Counter[str] = Counter()

    def passed(name: str) -> None:
        seen[name] += 1
        if name == boundary and seen[name] == number:
            act()

    return passed


@contextmanager
def watched(passed: Passed) -> Iterator[None]:
    """Tell of every boundary that anything in this process passes."""
    originals = [(owner, name, owner.__dict__[name]) for owner, name in STEPS.values()]
    for step, (owner, name) in STEPS.items():
        setattr(owner, name, _told(owner.__dict__[name], step, passed))

    def statement(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        if text.lstrip()[:6].upper() in {"INSERT", "UPDATE", "DELETE"}:
            passed(STATEMENT)

    def commit(_connection: Any) -> None:
        passed(COMMIT)

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", commit)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", statement)
        event.remove(Engine, "commit", commit)
        for owner, name, original in originals:
            setattr(owner, name, original)


def _told(original: Callable[..., Any], step: str, passed: Passed) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def asked(*arguments: Any, **words: Any) -> Any:
            passed(f"before {step}")
            answer = await original(*arguments, **words)
            passed(f"after {step}")
            return answer

        return asked

    @functools.wraps(original)
    def called(*arguments: Any, **words: Any) -> Any:
        passed(f"before {step}")
        answer = original(*arguments, **words)
        passed(f"after {step}")
        return answer

    return called
