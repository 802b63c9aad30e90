"""Guarding: is a change set one that a person has to see first?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from sync_pipeline.domain.change import Change, ChangeKind
from sync_pipeline.domain.guard import WINDOW, GuardRule, Pair, why_held
from sync_pipeline.domain.positions import CutRow, CutState
from sync_pipeline.domain.run import Layer
from sync_pipeline.stages.context import ReadContext

DifferentSince = Callable[[str, str, datetime], Mapping[str, ChangeKind]]
"""Of a customer's stream: the keys planned since then, as `ports.HeldChanges.different_since`."""


@dataclass(slots=True)
class Measured:
    """The changes of a cut that nobody approved; `approved` are the pairs that somebody did."""

    approved: frozenset[Pair] = frozenset()
    different: dict[str, ChangeKind] = field(default_factory=dict)

    def add(self, change: Change) -> None:
        if pair_of(change) not in self.approved:
            self.different[change.key] = change.kind


@dataclass(frozen=True, slots=True)
class Verdict:
    """`held` says why a change set waits; `approved_by` who let one go that would have waited."""

    held: str | None = None
    approved_by: str | None = None


def measured(context: ReadContext, cut: CutRow) -> Measured:
    """What is to be measured of this cut, before any change of it is known."""
    pairs = (pair for approved in _approved(context, cut) for pair in _pairs(context, approved))
    return Measured(frozenset(pairs))


def verdict(
    context: ReadContext, cut: CutRow, rows: int, changes: Measured, different_since: DifferentSince
) -> Verdict:
    """Whether the cut may be planned. A first sync changes everything, and is never held."""
    if context.run.layer == Layer.INITIAL:
        return Verdict()
    guard = context.customer.limits.guard
    rule = GuardRule(deletes=guard.deletes, changes=guard.changes)
    earlier = different_since(context.customer.id, cut.stream, context.clock.now() - WINDOW)
    held = why_held(rule, rows, {**earlier, **changes.different}) if changes.different else None
    approvers = [approved.approved_by for approved in _approved(context, cut)]
    return Verdict(held, approvers[-1] if approvers and held is None else None)


def pair_of(change: Change) -> Pair:
    return change.key, msgspec.json.encode(change.fingerprints, order="sorted").decode()


def _approved(context: ReadContext, cut: CutRow) -> list[CutRow]:
    approved = context.cuts.cuts(context.customer.id, [CutState.APPROVED])
    return [one for one in approved if one.stream == cut.stream]


def _pairs(context: ReadContext, cut: CutRow) -> list[Pair]:
    frames = context.snapshots.change_set(context.stream_name(cut.stream), cut.cut)
    return [pair_of(Change.from_row(row)) for frame in frames for row in frame.iter_rows(named=True)]
