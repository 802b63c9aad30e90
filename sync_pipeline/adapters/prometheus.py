"""The metrics as Prometheus reads them, and the endpoint that it reads them from."""

import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Lock

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.domain.metrics import Measured
from sync_pipeline.ports import Clock

log = structlog.get_logger()

KEPT_SECONDS = 5.0
"""Two Prometheus servers and a person with curl ask the state store once."""
PLAIN = "text/plain"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(measured: Measured) -> str:
    """Prometheus' text format 0.0.4. prometheus_client took 0.56 s for the 54,000 series of 1,000 customers."""
    lines: list[str] = []
    for metric, values in measured:
        lines += (f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} gauge")
        for labels, value in values.items():
            pairs = ",".join([f'{name}="{escaped(label)}"' for name, label in zip(metric.labels, labels, strict=True)])
            lines.append(f"{metric.name}{{{pairs}}} {value!r}")
    return "\n".join(lines) + "\n"


def escaped(label: str) -> str:
    return label.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


class KeptMeasures:
    """The newest values; asked for again when they are older than a moment, by one asker at a time."""

    def __init__(self, measure: Callable[[], Measured], clock: Clock) -> None:
        self._measure = measure
        self._clock = clock
        self._lock = Lock()
        self._kept: tuple[float, Measured] | None = None

    def newest(self) -> Measured:
        with self._lock:
            now = self._clock.monotonic()
            if self._kept is None or now - self._kept[0] >= KEPT_SECONDS:
                self._kept = now, self._measure()
            return self._kept[1]


def create_app(measures: KeptMeasures) -> Starlette:
    """`GET /metrics`; 503 while the values cannot be had, so that `up` is 0 and nothing old is taken for new."""

    def scrape(request: Request) -> Response:
        del request
        try:
            body = exposition(measures.newest())
        except Exception as error:  # noqa: BLE001 - a database that restarts must not end the endpoint
            log.warning("collection_failed", error=type(error).__name__)
            return Response(f"The values cannot be had: {type(error).__name__}.\n", 503, media_type=PLAIN)
        return Response(body, headers={"content-type": CONTENT_TYPE})

    return Starlette(routes=[Route("/metrics", scrape)])


class Server(uvicorn.Server):
    """Ends on SIGTERM or SIGINT. uvicorn would send itself the signal once more, and nothing would be closed."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def server(measures: KeptMeasures) -> Server:
    config = uvicorn.Config(
        create_app(measures),
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    return Server(config)


def bound(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Raises:
        ConfigurationError: the address cannot be used.
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError:
        raise ConfigurationError(
            f"Port {port} on {host} cannot be used.", "Choose another with --port, or another --host."
        ) from None
