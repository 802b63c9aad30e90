"""OpenTelemetry, the extra `otel`: nothing of it is imported unless OTEL_EXPORTER_OTLP_ENDPOINT is set."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from threading import Thread

import structlog
from pydantic import HttpUrl

from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.domain.metrics import Measured
from sync_pipeline.telemetry import traced_by

log = structlog.get_logger()

EXPORT_SECONDS = 2.0
"""For one request to the collector, its repeats included."""
ENDING_SECONDS = 3.0
"""The most that a collector which is not there may cost the end of a process."""


def require_extra(endpoint: HttpUrl | None) -> None:
    """Before anything runs, say what is missing.

    Raises:
        ConfigurationError: an endpoint is set, and the extra is not installed.
    """
    if endpoint is not None and not _is_installed():
        raise ConfigurationError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, and OpenTelemetry is not installed.",
            "Run `pip install 'sync-pipeline[otel]'`, or unset OTEL_EXPORTER_OTLP_ENDPOINT.",
        )


@contextmanager
def tracing(endpoint: HttpUrl | None) -> Generator[None]:
    """Spans of the block go to the collector at `endpoint`; what it does not take is lost, and told as a number."""
    if endpoint is None:
        yield
        return
    if not _is_installed():  # `prepare` and `run` refuse that; a night must not fail for it
        log.warning("telemetry_unavailable")
        yield
        return
    from sync_pipeline.adapters.otlp.spans import OtlpTracer  # noqa: PLC0415 - the extra, and 100 ms

    tracer = OtlpTracer(f"{_base(endpoint)}/v1/traces", EXPORT_SECONDS)
    try:
        with traced_by(tracer):
            yield
    finally:
        end_soon(tracer.shutdown)
        if tracer.lost:
            log.warning("spans_lost", spans=tracer.lost)


@contextmanager
def pushing(endpoint: HttpUrl | None, newest: Callable[[], Measured]) -> Generator[None]:
    """The metrics that Prometheus would read go to the collector too, every minute."""
    if endpoint is None:
        yield
        return
    from sync_pipeline.adapters.otlp.gauges import pushed_gauges  # noqa: PLC0415 - the extra, and 100 ms

    provider = pushed_gauges(f"{_base(endpoint)}/v1/metrics", EXPORT_SECONDS, newest)
    try:
        yield
    finally:
        end_soon(provider.shutdown)


def end_soon(end: Callable[[], object]) -> None:
    """Looking up a name may take half a minute, and no timeout of OpenTelemetry covers that."""
    ending = Thread(target=end, name="otlp-ending", daemon=True)
    ending.start()
    ending.join(ENDING_SECONDS)


def _is_installed() -> bool:
    try:
        for needed in ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http"):
            import_module(needed)
    except ImportError:
        return False
    return True


def _base(endpoint: HttpUrl) -> str:
    return str(endpoint).rstrip("/")
