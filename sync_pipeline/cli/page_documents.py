"""The pages that `report` names, writes and opens."""

from collections.abc import Callable
from pathlib import Path

from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.domain.pages.facts import StoredRun
from sync_pipeline.stages.fleet_page import fleet_page
from sync_pipeline.stages.run_page import PageSources, run_page
from sync_pipeline.workplace import Workplace


def known_page(workplace: Workplace, customer_id: str, run_id: str) -> Path | None:
    """The page that a run left; None when it is not there any more."""
    page = workplace.pages.run_page(customer_id, run_id)
    return None if page is None else page.path


def fresh_page(workplace: Workplace, customer: Customer, run: StoredRun) -> Path:
    """The page of a run. One that is as new as its report stays: it may show requests that are not kept any more.

    Raises:
        ConfigurationError: it cannot be written.
    """
    page = workplace.pages.run_page(customer.id, run.run.run_id)
    if page is not None and page.as_of >= run.reported_at:
        return page.path
    state = workplace.state
    sources = PageSources(state.history, state.cuts, state.quota, state.breakers)
    made = run_page(customer, run, sources, workplace.clock.now())
    return _written(lambda: workplace.pages.write_run(made))


def new_fleet_page() -> Path:
    """The page of the fleet as it is now.

    Raises:
        ConfigurationError: the customers' folder cannot be read, or the page not be written.
    """
    workplace = Workplace()
    try:
        fleet, state = workplace.fleet(), workplace.state
        page = fleet_page(
            fleet.customers,
            sorted(fleet.broken),
            state.fleet_history,
            state.platforms,
            workplace.pages,
            workplace.clock.now(),
        )
        return _written(lambda: workplace.pages.write_fleet(page))
    finally:
        workplace.close()


def _written(write: Callable[[], Path]) -> Path:
    try:
        return write()
    except OSError as error:
        raise ConfigurationError(
            f"The page cannot be written: {error.strerror}.",
            "Let SYNC_DATA_URL (or SYNC_HOME) name a place with room that this user may write to.",
        ) from None
