"""What `demo` does: starts Dagster, plays the nights, shows them, and answers the exit code."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from sync_pipeline.adapters.clock import SystemClock
from sync_pipeline.cli.demo_document import demo_document
from sync_pipeline.cli.demo_watching import Onlooker, Silence
from sync_pipeline.cli.output import EXIT_FAILED, console, write_json
from sync_pipeline.demo.demonstration import demonstrate
from sync_pipeline.sandbox.world import World
from sync_pipeline.settings import load_settings

INTERRUPTED = "DagsterExecutionInterruptedError"


def show(world: World, ports: Sequence[int], *, as_json: bool) -> int:
    """Play the demonstration on `world`, on the first free one of `ports`; answers the exit code.

    Raises:
        ConfigurationError: as `demonstrate`.
    """
    clock = SystemClock()
    began = clock.monotonic()
    settings = load_settings()
    watcher = Silence() if as_json else Onlooker(console(sys.stdout), settings)
    with watcher.preparing():
        from sync_pipeline.cli.run_documents import run_to_the_end  # noqa: PLC0415 - dagster takes 2.5 s to import

    def run_customer(customer_id: str) -> tuple[Mapping[str, Any], int]:
        document, code = run_to_the_end(customer_id, None, wait=False)
        # Dagster makes a failed run of a Ctrl-C that arrives inside one, and nothing of it reaches us but this name.
        if INTERRUPTED in document.get("error", {}).get("message", ""):
            raise KeyboardInterrupt
        return document, code

    try:
        shown = demonstrate(world, ports, settings.home, run_customer, watcher)
    finally:
        watcher.stops_watching()
    seconds = round(clock.monotonic() - began, 1)
    watcher.ends(shown, seconds)
    if as_json:
        write_json(demo_document(shown, seconds))
    return EXIT_FAILED if shown.differences else 0
