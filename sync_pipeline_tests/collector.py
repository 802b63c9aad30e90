"""A collector that takes OTLP over HTTP, on a real socket: what OpenTelemetry's own protobuf says is what was sent."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PATIENCE_SECONDS = 10


@dataclass(frozen=True)
class ReceivedSpan:
    """Ids are lowercase hex digits; `parent` is empty for the span of a slice."""

    name: str
    trace: str
    span: str
    parent: str
    attributes: dict[str, Any]
    failed: bool
    events: int


@dataclass
class Collector:
    """What has arrived so far."""

    spans: list[ReceivedSpan] = field(default_factory=list)
    gauges: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    services: set[str] = field(default_factory=set)
    raw: list[bytes] = field(default_factory=list)
    url: str = ""

    def named(self, name: str) -> list[ReceivedSpan]:
        return [span for span in self.spans if span.name == name]

    async def take_spans(self, request: Request) -> Response:
        self.raw.append(await request.body())
        message = ExportTraceServiceRequest.FromString(self.raw[-1])
        for resource in message.resource_spans:
            self.services.add(values(resource.resource.attributes)["service.name"])
            for scope in resource.scope_spans:
                self.spans += [received(span) for span in scope.spans]
        return Response(b"", media_type="application/x-protobuf")

    async def take_metrics(self, request: Request) -> Response:
        self.raw.append(await request.body())
        for resource in ExportMetricsServiceRequest.FromString(self.raw[-1]).resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    points = [
                        values(point.attributes) | {"value": point.as_double} for point in metric.gauge.data_points
                    ]
                    self.gauges[metric.name] = points
        return Response(b"", media_type="application/x-protobuf")


def received(span: Any) -> ReceivedSpan:
    return ReceivedSpan(
        name=span.name,
        trace=span.trace_id.hex(),
        span=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        attributes=values(span.attributes),
        failed=span.status.code == 2,  # STATUS_CODE_ERROR
        events=len(span.events),
    )


def values(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector()
    routes = [
        Route("/v1/traces", collector.take_spans, methods=["POST"]),
        Route("/v1/metrics", collector.take_metrics, methods=["POST"]),
    ]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        collector.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(Starlette(routes=routes), loop="asyncio", ws="none", lifespan="off", log_level="error")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield collector
        finally:
            server.should_exit = True
            thread.join(PATIENCE_SECONDS)


@contextmanager
def silent_collector() -> Iterator[str]:
    """Takes connections, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
