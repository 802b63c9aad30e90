"""The metrics as observable gauges that one long-lived process sends. A run is over before anybody could read it."""

from collections.abc import Callable, Iterator

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

from sync_pipeline.adapters.otlp.spans import PACKAGE, named_resource, quiet
from sync_pipeline.domain.metrics import CATALOGUE, Measured, Metric

EVERY_SECONDS = 60.0

Callback = Callable[[CallbackOptions], Iterator[Observation]]


def pushed_gauges(endpoint: str, seconds: float, newest: Callable[[], Measured]) -> MeterProvider:
    """Sends every metric of the catalogue each minute, and once more when it is shut down."""
    quiet()
    exporter = OTLPMetricExporter(endpoint=endpoint, timeout=seconds)
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=EVERY_SECONDS * 1_000)
    provider = MeterProvider([reader], named_resource(), shutdown_on_exit=False)
    meter = provider.get_meter(PACKAGE)
    for metric in CATALOGUE:
        meter.create_observable_gauge(metric.name, [_callback(metric, newest)], description=metric.help)
    return provider


def _callback(metric: Metric, newest: Callable[[], Measured]) -> Callback:
    def observe(options: CallbackOptions) -> Iterator[Observation]:
        del options
        for labels, value in newest().values[metric].items():
            yield Observation(value, dict(zip(metric.labels, labels, strict=True)))

    return observe
