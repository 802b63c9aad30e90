"""The metrics as Prometheus reads them, and the endpoint that it reads them from."""

import signal
import socket
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from threading import Lock

import structlog
import uvicorn
from prometheus_client import Metric as Family
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
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


class Families:
    """Stands for prometheus_client's registry: the families of one moment."""

    def __init__(self, measured: Measured) -> None:
        self._measured = measured

    def collect(self) -> Iterator[Family]:
        for metric, values in self._measured:
            family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
            for labels, value in values.items():
                family.add_metric(labels, value)
            yield family


def exposition(measured: Measured, accept: str = "") -> tuple[bytes, str]:
    """The text, and its content type: as `accept` wants it, Prometheus' own format or OpenMetrics."""
    encode, content_type = choose_encoder(accept)
    return encode(Families(measured)), content_type


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
        try:
            body, content_type = exposition(measures.newest(), request.headers.get("accept", ""))
        except Exception as error:  # noqa: BLE001 - a database that restarts must not end the endpoint
            log.warning("collection_failed", error=type(error).__name__)
            return Response(f"The values cannot be had: {type(error).__name__}.\n", 503, media_type=PLAIN)
        return Response(body, headers={"content-type": content_type})

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
