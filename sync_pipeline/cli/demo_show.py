"""What `demo` does: starts Dagster, plays the nights, shows them, and answers the document."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from sync_pipeline.adapters.clock import SystemClock
from sync_pipeline.cli.demo_document import demo_document
from sync_pipeline.cli.demo_watching import Onlooker, Silence
from sync_pipeline.cli.output import console
from sync_pipeline.demo.demonstration import demonstrate
from sync_pipeline.sandbox.world import World
from sync_pipeline.settings import load_settings


def show(world: World, ports: Sequence[int], *, quiet: bool) -> dict[str, Any]:
    """Play the demonstration on `world`; `quiet` shows nothing. Answers its document.

    Raises:
        ConfigurationError: as `demonstrate`.
    """
    clock = SystemClock()
    began = clock.monotonic()
    settings = load_settings()
    watcher = Silence() if quiet else Onlooker(console(sys.stdout), settings)
    with watcher.preparing():
        from sync_pipeline.cli.run_documents import run_to_the_end  # noqa: PLC0415 - dagster takes 2.5 s to import

    def run_customer(customer_id: str) -> tuple[Mapping[str, Any], int]:
        return run_to_the_end(customer_id, None, wait=False)

    shown = demonstrate(world, ports, settings.home, run_customer, watcher)
    seconds = round(clock.monotonic() - began, 1)
    watcher.ends(shown, seconds)
    return demo_document(shown, seconds)
