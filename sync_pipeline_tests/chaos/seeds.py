"""One seed: troubled nights, then undisturbed ones until nothing is left, then the books."""

from pathlib import Path

from sync_pipeline.sandbox.server import running_sandbox
from sync_pipeline_tests.chaos.books import Ledger, compare_books
from sync_pipeline_tests.chaos.changing import ChangingSources
from sync_pipeline_tests.chaos.nursery import Nursery
from sync_pipeline_tests.chaos.place import Outcome, Place
from sync_pipeline_tests.chaos.scenario import EVERYTHING, Killed, Scenario, TroubledNight, draw
from sync_pipeline_tests.chaos.stores import Stores
from sync_pipeline_tests.chaos.swapping import Swap
from sync_pipeline_tests.end_to_end.deployment import VIRTUOUS

BETWEEN_NIGHTS_SECONDS = 20 * 3600.0
MOST_LAST_NIGHTS = 10


def play(
    folder: Path,
    stores: Stores,
    nursery: Nursery,
    seed: int,
    scenario: Scenario | None = None,
    swap: Swap | None = None,
) -> Outcome:
    """The scenario of the seed, or another one; with two steps of the protocol swapped, if asked for."""
    scenario = scenario or draw(seed)
    place = Place(folder, stores, nursery, scenario, seed, swap)
    sources = ChangingSources(place.world, scenario.random)
    with running_sandbox(place.world) as url:
        place.furnish(url)
        for night in scenario.nights:
            _troubled(place, sources, night)
            if swap is not None and place.outcome.findings.all:
                break  # it is caught
        place.world.clear_faults()
        if swap is None or not place.outcome.findings.all:
            _finish(place)
            _reconcile_what_is_right(place)
        compare_books(place.world, place.engine, scenario.streams, place.outcome.findings)
        place.outcome.unresolved = Ledger(place.engine).in_doubt()
    place.close()
    return place.outcome


def _troubled(place: Place, sources: ChangingSources, night: TroubledNight) -> None:
    sources.a_day(place.clock.now())
    for fault in night.faults:
        place.world.add_fault(**fault)
    for wish, ending in night.lives:
        place.live(ending, wish)
        sources.edit_users(1)
    place.world.clear_faults()
    if night.imports:
        place.world.run_import(VIRTUOUS)
    place.clock.leap(BETWEEN_NIGHTS_SECONDS)


def _finish(place: Place) -> None:
    """Undisturbed nights, each before an import, until two in a row leave the ledger as it was."""
    before = None
    for _ in range(MOST_LAST_NIGHTS):
        place.world.run_import(VIRTUOUS)
        place.clock.leap(BETWEEN_NIGHTS_SECONDS)
        code = place.live(Killed())
        after = Ledger(place.engine).left_over()
        if code == 0 and (not after or after == before):
            break
        before = after
    place.world.run_import(VIRTUOUS)


def _reconcile_what_is_right(place: Place) -> None:
    """Everything is read and compared, and nothing differs: a correction would be a write that nobody asked for."""
    before = Ledger(place.engine).newest()
    place.live(Killed(), EVERYTHING)
    added = Ledger(place.engine).newest() - before
    if added:
        place.outcome.findings.unsound.append(f"a reconciliation found {added} operations where nothing differed")
