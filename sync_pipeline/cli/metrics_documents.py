"""What `metrics` serves and prints."""

import sys
import time
from contextlib import closing

from sync_pipeline.adapters.logs import configure_logs
from sync_pipeline.adapters.otlp import pushing, require_extra
from sync_pipeline.adapters.prometheus import KeptMeasures, bound, exposition, server
from sync_pipeline.cli.output import write_lines
from sync_pipeline.domain import metrics
from sync_pipeline.domain.due import slot_names
from sync_pipeline.domain.measuring import measured
from sync_pipeline.domain.metrics import Measured
from sync_pipeline.stages.context import destination_name, quota_rule
from sync_pipeline.workplace import Workplace


def measure(workplace: Workplace) -> Measured:
    """The metrics of now.

    Raises:
        ConfigurationError: the customers' folder cannot be read.
    """
    began = time.perf_counter()
    fleet, state, now = workplace.fleet(), workplace.state, workplace.clock.now()
    rules = {name: quota_rule(customer) for name, customer in fleet.customers.items()}
    names = {name: (destination_name(customer), rules[name]) for name, customer in fleet.customers.items()}
    facts = state.fleet.facts(slot_names(now))
    result = measured(fleet.customers, len(fleet.broken), rules, facts, state.measures.read(names), now)
    result.add(metrics.COLLECTION_SECONDS, round(time.perf_counter() - began, 4))
    return result


def metrics_text() -> str:
    """The exposition, once.

    Raises:
        ConfigurationError: the state store or the customers' folder cannot be opened.
    """
    with closing(Workplace()) as workplace:
        return exposition(measure(workplace))


def serve_metrics(host: str, port: int) -> None:
    """Serve until told to stop. The first values are computed before anybody can ask for them.

    Raises:
        ConfigurationError: as `metrics_text`, or the port cannot be used, or the extra `otel` is missing.
    """
    configure_logs()
    with bound(host, port) as listening, closing(Workplace()) as workplace:
        endpoint = workplace.settings.otlp_endpoint
        require_extra(endpoint)
        measures = KeptMeasures(lambda: measure(workplace), workplace.clock)
        measures.newest()
        url = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}/metrics"
        write_lines([f"Metrics at {url}. Ctrl-C ends it."], sys.stderr)
        with pushing(endpoint, measures.newest):
            server(measures).run(sockets=[listening])
