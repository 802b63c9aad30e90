"""Spans as OpenTelemetry sends them. A trace is a slice; ids, counts and our own names are all that a span says."""

import logging
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from importlib.metadata import version
from threading import Lock

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import SpanKind, Status, StatusCode
from structlog.contextvars import get_contextvars

from sync_pipeline.domain.errors import ParkedError, SyncError
from sync_pipeline.telemetry import NOTHING, Fact, SliceSpan, Span

PACKAGE = "sync-pipeline"
SUBJECTS = ("stage", "endpoint", "stream")
"""What a span is about, of the facts that may be part of its name: there are few of each."""
SILENT_SECONDS = 60.0
"""A collector that did not answer is left alone for so long: a slice has better things to do."""

_trace: ContextVar[int] = ContextVar("trace id of the slice that begins")


def named_resource() -> Resource:
    """Who we are, unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES say it otherwise."""
    ours = Resource({"service.name": PACKAGE, "service.version": version(PACKAGE)})
    return Resource.create().merge(ours).merge(OTELResourceDetector().detect())


def quiet() -> None:
    """What is not delivered is told by us, as a number: OpenTelemetry's own words hold the collector's address."""
    logger = logging.getLogger("opentelemetry")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


class SliceIds(RandomIdGenerator):
    """The trace id of a slice is known before its first span."""

    def generate_trace_id(self) -> int:
        return _trace.get()


class ImpatientExporter(SpanExporter):
    """Counts what was not delivered; a collector that fails once is left alone for a while."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._lock = Lock()
        self._silent_until = 0.0
        self.lost = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        with self._lock:
            result = SpanExportResult.FAILURE
            if time.monotonic() >= self._silent_until:
                result = self._exporter.export(spans)
            if result is SpanExportResult.FAILURE:
                self._silent_until = time.monotonic() + SILENT_SECONDS
                self.lost += len(spans)
            return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


class OtlpTracer:
    """Implements telemetry.Tracer. Spans wait in a queue and are sent by a thread: nobody waits for a collector."""

    def __init__(self, endpoint: str, seconds: float) -> None:
        quiet()
        self._exporter = ImpatientExporter(OTLPSpanExporter(endpoint=endpoint, timeout=seconds))
        self._provider = TracerProvider(
            resource=named_resource(),
            id_generator=SliceIds(),
            shutdown_on_exit=False,  # ours is bounded
        )
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer(PACKAGE)

    @property
    def lost(self) -> int:
        return self._exporter.lost

    def shutdown(self) -> None:
        self._provider.shutdown()

    def slice(self, trace: str, facts: Mapping[str, Fact]) -> SliceSpan:
        before = _trace.set(int(trace, 16))
        try:
            return OtlpSlice(self._tracer.start_span("slice", Context(), attributes=attributes(facts)))
        finally:
            _trace.reset(before)

    @contextmanager
    def span(self, name: str, facts: Mapping[str, Fact]) -> Generator[Span]:
        """Outside of a slice (a plan, a check of a source) nothing is traced."""
        if not trace.get_current_span().get_span_context().is_valid:
            yield NOTHING
            return
        kind = SpanKind.CLIENT if name == "request" else SpanKind.INTERNAL
        subject = next((str(facts[fact]) for fact in SUBJECTS if fact in facts), "")
        opened = self._tracer.start_span(
            f"{name} {subject}".strip(), kind=kind, attributes=attributes({**get_contextvars(), **facts})
        )
        try:
            with trace.use_span(opened, record_exception=False, set_status_on_exception=False):
                yield OtlpSpan(opened)
        except Exception as error:
            _note(opened, error)
            raise
        finally:
            opened.end()


class OtlpSlice:
    """Implements telemetry.SliceSpan."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def inside(self) -> AbstractContextManager[object]:
        return trace.use_span(self._span, record_exception=False, set_status_on_exception=False)

    def end(self) -> None:
        self._span.end()


class OtlpSpan:
    """Implements telemetry.Span."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def note(self, **facts: Fact) -> None:
        self._span.set_attributes(attributes(facts))


def attributes(facts: Mapping[str, Fact]) -> dict[str, str | int | float | bool]:
    return {f"sync.{name}": value for name, value in facts.items() if value is not None}


def _note(span: trace.Span, error: Exception) -> None:
    """What kind of error it was; its text may quote a record."""
    span.set_attribute("error.type", error.code if isinstance(error, SyncError) else type(error).__name__)
    if not isinstance(error, ParkedError):
        span.set_status(Status(StatusCode.ERROR))
