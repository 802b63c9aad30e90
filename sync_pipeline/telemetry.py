"""Where in a run something happens: bound to every log line meanwhile, and a span when traces are on.

Facts are ids, counts and names of ours, never a value of a record.
"""

from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from structlog.contextvars import bound_contextvars

from sync_pipeline.domain.run import Run
from sync_pipeline.domain.trace import trace_id_of

Fact = str | int | float | bool | None


class Span(Protocol):
    """A piece of work that takes time."""

    def note(self, **facts: Fact) -> None:
        """What is known only at its end."""
        ...


class SliceSpan(Protocol):
    """The span of a whole slice: its stages happen inside it, one after the other, and time may pass between them."""

    def inside(self) -> AbstractContextManager[object]: ...

    def end(self) -> None: ...


class Tracer(Protocol):
    """Takes spans. It must never make the work itself slower, or fail."""

    def slice(self, trace: str, facts: Mapping[str, Fact]) -> SliceSpan: ...

    def span(self, name: str, facts: Mapping[str, Fact]) -> AbstractContextManager[Span]: ...


class NoSpan:
    """Implements Span and SliceSpan for as long as traces are off."""

    def note(self, **facts: Fact) -> None: ...

    def inside(self) -> AbstractContextManager[object]:
        return nullcontext()

    def end(self) -> None: ...


class NoTracer:
    """Implements Tracer."""

    def slice(self, trace: str, facts: Mapping[str, Fact]) -> SliceSpan:
        del trace, facts
        return NOTHING

    def span(self, name: str, facts: Mapping[str, Fact]) -> AbstractContextManager[Span]:
        del name, facts
        return nullcontext(NOTHING)


NOTHING = NoSpan()
_tracer: Tracer = NoTracer()


@contextmanager
def traced_by(tracer: Tracer) -> Generator[None]:
    """Every span of this process goes to `tracer` for the length of the block."""
    global _tracer  # noqa: PLW0603 - like the logs, spans are the process's: handing a tracer to every client says nothing
    before, _tracer = _tracer, tracer
    try:
        yield
    finally:
        _tracer = before


def facts_of(run: Run, dagster_run_id: str) -> dict[str, Fact]:
    """What every log line and every span of a slice says."""
    trace = trace_id_of(dagster_run_id)
    return {"customer": run.customer_id, "run": run.run_id, "layer": run.layer.value, "trace": trace}


def begin_slice(run: Run, dagster_run_id: str) -> SliceSpan:
    return _tracer.slice(trace_id_of(dagster_run_id), facts_of(run, dagster_run_id))


@contextmanager
def inside(slice_span: SliceSpan, run: Run, dagster_run_id: str) -> Generator[None]:
    """What happens in the block belongs to this slice."""
    with bound_contextvars(**facts_of(run, dagster_run_id)), slice_span.inside():
        yield


@contextmanager
def span(name: str, **facts: Fact) -> Generator[Span]:
    """What happens in the block is this piece of work; facts that are None are left out."""
    known = {fact: value for fact, value in facts.items() if value is not None}
    with bound_contextvars(**known), _tracer.span(name, known) as opened:
        yield opened
