"""Two steps of the protocol swapped: the earlier one happens right after the later one, with a boundary in between."""

import asyncio
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread
from typing import Any

from sync_pipeline.adapters.parquet.change_set_writer import ParquetChangeSetWriter
from sync_pipeline.adapters.sql import acknowledging, sending
from sync_pipeline.adapters.sql.cuts import SqlCuts
from sync_pipeline.adapters.sql.planning import SqlPlanning
from sync_pipeline.adapters.sql.positions import SqlPositions
from sync_pipeline.adapters.sql.sending import SqlSending
from sync_pipeline.domain.answer import Answer, Outcome
from sync_pipeline.domain.operation import NoPermit, Permit
from sync_pipeline.domain.request import Reply
from sync_pipeline.stages.applied_ledger import delivering, doubt
from sync_pipeline.stages.applied_ledger import stage as applying
from sync_pipeline.stages.applied_ledger.doubt import DoubtResolution
from sync_pipeline.stages.applied_ledger.looking import Looking
from sync_pipeline.stages.applied_ledger.slice import SliceState
from sync_pipeline_tests.chaos.boundaries import Passed
from sync_pipeline_tests.end_to_end.deployment import PatientKeeper

BETWEEN = "between the swapped steps"
NOT_YET = Permit(0, "not yet")
STEPS = (
    "seal change set",
    "finish cut",
    "plan",
    "finish planning",
    "settle doubt",
    "take permit",
    "mark sending",
    "check lease",
    "send",
    "record answer",
    "acknowledge",
    "move checkpoint",
)
Swap = tuple[str, str]
ENDS: dict[str, tuple[tuple[Any, str], ...]] = {
    "seal change set": ((ParquetChangeSetWriter, "seal"),),
    "finish cut": ((SqlCuts, "finish_diff"),),
    "plan": ((SqlPlanning, "plan"),),
    "finish planning": ((SqlCuts, "finish_planning"),),
    "settle doubt": ((DoubtResolution, "run"),),
    "take permit": ((SqlSending, "claim"), (SqlSending, "claim_again")),
    "mark sending": ((SqlSending, "claim"), (SqlSending, "claim_again")),
    "check lease": ((PatientKeeper, "require"),),
    "send": ((delivering, "send"), (doubt, "send")),
    "record answer": ((SqlSending, "accepted"),),
    "acknowledge": ((SqlSending, "accepted"),),
    "move checkpoint": ((SqlPositions, "move_checkpoints"),),
}
"""After which calls a step is over. A permit and its mark are one transaction, and so are an answer and its values."""


class Postponed:
    """What should have happened before, in the order in which it should have."""

    def __init__(self, passed: Passed) -> None:
        self._passed = passed
        self._acts: list[Callable[[], object]] = []

    def add(self, act: Callable[[], object]) -> None:
        self._acts.append(act)

    def happen(self) -> None:
        if self._acts:
            self._passed(BETWEEN)
        while self._acts:
            self._acts.pop(0)()


@contextmanager
def swapped(swap: Swap, passed: Passed) -> Iterator[None]:
    """For the rest of this process: patches are not taken back, as nothing comes after its night."""
    earlier, later = swap
    postponed = Postponed(passed)
    for owner, name in ENDS[later]:
        _then(owner, name, postponed.happen)
    if earlier == "settle doubt" and later != "move checkpoint":
        setattr(applying, "DoubtResolution", _late_doubt())  # noqa: B010 - a class for everybody else
    else:
        POSTPONE[earlier](postponed)
    # One request at a time: what is not marked yet would be claimed once more by the next claim of its round.
    setattr(delivering, "CONCURRENT_REQUESTS", 1)  # noqa: B010 - a constant for everybody else
    yield
    postponed.happen()


def _then(owner: Any, name: str, act: Callable[[], None]) -> None:
    original = getattr(owner, name)
    if asyncio.iscoroutinefunction(original):

        @functools.wraps(original)
        async def asked(*arguments: Any, **words: Any) -> Any:
            answer = await original(*arguments, **words)
            act()
            return answer

        setattr(owner, name, asked)
        return

    @functools.wraps(original)
    def called(*arguments: Any, **words: Any) -> Any:
        answer = original(*arguments, **words)
        act()
        return answer

    setattr(owner, name, called)


def _whole(owner: Any, name: str) -> Callable[[Postponed], None]:
    """Postpone a call whose answer nobody needs."""

    def postpone(postponed: Postponed) -> None:
        original = getattr(owner, name)

        def later(*arguments: Any, **words: Any) -> None:
            postponed.add(functools.partial(original, *arguments, **words))

        setattr(owner, name, later)

    return postpone


def _seal(postponed: Postponed) -> None:
    """What is discarded before it is sealed would be lost: that comes later, too."""
    for name in ("seal", "discard"):
        _whole(ParquetChangeSetWriter, name)(postponed)


def _permit(postponed: Postponed) -> None:
    take, send = sending.take_permit, SqlSending.__dict__["_send"]
    database: list[Any] = []

    def remembering(self: Any, *arguments: Any) -> Any:
        database[:] = [self._database]
        return send(self, *arguments)

    def later(_connection: Any, *arguments: Any) -> Permit:
        opened = database[0]

        def act() -> None:
            with opened.write() as connection:
                take(connection, *arguments)

        postponed.add(act)
        return NOT_YET

    setattr(SqlSending, "_send", remembering)  # noqa: B010 - private, and the only place that knows both
    setattr(sending, "take_permit", later)  # noqa: B010 - as above


def _mark(postponed: Postponed) -> None:
    take, send = sending.take_permit, SqlSending.__dict__["_send"]

    def marking(self: Any, connection: Any, rows: Any, routes: Any) -> Any:
        """The permit now; the mark, made and taken back, once more later."""
        asked: list[Any] = []

        def ask(_connection: Any, *arguments: Any) -> Permit:
            asked[:] = arguments
            return NOT_YET

        setattr(sending, "take_permit", ask)  # noqa: B010 - as above
        taken_back = connection.begin_nested()
        batch = send(self, connection, rows, routes)
        taken_back.rollback()
        permit = take(connection, *asked)
        if isinstance(permit, NoPermit):
            return permit

        def act() -> None:
            with self._database.write() as later:
                sending.require_lease(later, self._lease)
                send(self, later, rows, routes)

        postponed.add(act)
        return replace(batch, permit=permit)

    setattr(SqlSending, "_send", marking)  # noqa: B010 - as above


def _send(postponed: Postponed) -> None:
    """Whoever waits for the answer gets the best one."""
    for module in (delivering, doubt):
        original = module.send

        async def later(context: Any, _destination: Any, batch: Any, original: Any = original) -> Reply:
            async def sent() -> None:
                async with context.open_destination() as destination:
                    await original(context, destination, batch)

            postponed.add(lambda: _elsewhere(sent()))
            return Reply(Answer(Outcome.ACCEPTED, 200))

        setattr(module, "send", later)  # noqa: B010 - as above


def _acknowledge(postponed: Postponed) -> None:
    original = acknowledging.__dict__["_acknowledge"]

    def later(connection: Any, *arguments: Any) -> None:
        def act() -> None:
            with connection.engine.begin() as another:
                original(another, *arguments)

        postponed.add(act)

    setattr(acknowledging, "_acknowledge", later)  # noqa: B010 - as above


def _late_doubt() -> type[DoubtResolution]:
    """The doubt of the night before is settled with that of this one, after delivering."""

    class LateDoubt(DoubtResolution):
        is_first = True

        async def run(self) -> None:
            if not self.is_first:
                await super().run()
            self.is_first = False

    return LateDoubt


def _doubt(postponed: Postponed) -> None:
    """Where it comes after the checkpoint, nobody settles anything before."""

    async def later(self: Any) -> None:
        self.unsettled_until = None
        context = self._context

        async def settled() -> None:
            async with context.open_destination() as destination:
                state, looking = SliceState(context), Looking(context, destination)
                await run(DoubtResolution(context, destination, state, looking))

        postponed.add(lambda: _elsewhere(settled()))

    run = DoubtResolution.run
    setattr(DoubtResolution, "run", later)  # noqa: B010 - as above


def _elsewhere(work: Any) -> None:
    """To its end, while the loop that this is called in stands still."""
    thread = Thread(target=asyncio.run, args=(work,))
    thread.start()
    thread.join()


POSTPONE: dict[str, Callable[[Postponed], None]] = {
    "seal change set": _seal,
    "finish cut": _whole(SqlCuts, "finish_diff"),
    "plan": _whole(SqlPlanning, "plan"),
    "finish planning": _whole(SqlCuts, "finish_planning"),
    "settle doubt": _doubt,
    "take permit": _permit,
    "mark sending": _mark,
    "check lease": _whole(PatientKeeper, "require"),
    "send": _send,
    "record answer": _whole(SqlSending, "accepted"),
    "acknowledge": _acknowledge,
}
