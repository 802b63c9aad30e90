"""Pages that real runs leave: a first night, many nights with all kinds of trouble, a parked, a failed, a held run."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sync_pipeline.domain.configuration import Customer
from sync_pipeline.stages.fleet_page import fleet_page
from sync_pipeline_tests.browser.crowd import crowd, first
from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, VOMO, Deployment, Night
from sync_pipeline_tests.end_to_end.kinds import every_kind, morning

NIGHTS = 32
SMALL_FLEET, LARGE_FLEET = 12, 300
TICK_SECONDS = 0.02
"""By which the clock goes on whenever somebody looks at it: a night takes some seconds of it."""


@dataclass(frozen=True)
class Site:
    """The pages by what their runs were like, and the fleet's."""

    pages: dict[str, Path]
    deployment: Deployment


@contextmanager
def visited_site(folder: Path, database_url: str) -> Iterator[Site]:
    with every_kind(folder, database_url) as deployment:
        deployment.clock.tick = TICK_SECONDS
        nights = {"first": deployment.night()}
        for number in range(NIGHTS):
            busy_day(deployment, number)
            nights["troubled"] = deployment.night()
        nights["parked"] = parked(deployment)
        nights["failed"] = failed(deployment)
        nights["held"] = held(deployment)
        nights["reconciled"] = deployment.reconciliation(full=True)
        pages = {name: page_of(deployment, night) for name, night in nights.items()}
        everybody = crowd(deployment, LARGE_FLEET)
        for size in (SMALL_FLEET, LARGE_FLEET):
            pages[f"fleet of {size}"] = page_of_fleet(deployment, first(everybody, size))
        yield Site(pages, deployment)


def page_of(deployment: Deployment, night: Night) -> Path:
    page = deployment.workplace.pages.run_page(CUSTOMER, night.report.run_id)
    assert page is not None, "the run left no page"
    return page.path


def page_of_fleet(deployment: Deployment, customers: Mapping[str, Customer]) -> Path:
    """A file of its own beside the other's, so that the links of both work."""
    workplace = deployment.workplace
    page = fleet_page(
        customers, (), workplace.state.fleet_history, workplace.state.platforms, workplace.pages, workplace.clock.now()
    )
    path = workplace.pages.write_fleet(page)
    return path.rename(path.with_name(f"fleet-of-{len(customers)}.html"))


def busy_day(deployment: Deployment, number: int) -> None:
    """People change, come and go; every fifth day some of them lack a name; the import runs most mornings."""
    world = deployment.world
    world.change_vomo(VOMO, share=0.1 + number % 7 / 20, add=number % 4)
    if number % 5 == NIGHTS % 5 - 1:
        for user in world.vomo_users(VOMO)[: number // 5]:
            world.edit_vomo_user(VOMO, user["id"], last_name="")
    if number % 6:
        morning(deployment)


def parked(deployment: Deployment) -> Night:
    deployment.world.change_vomo(VOMO, share=0.4)
    deployment.world.add_fault(side="virtuous", kind="rate_limited", path="/api/Contact", retry_after=7200, times=1)
    return deployment.night()


def failed(deployment: Deployment) -> Night:
    deployment.world.add_fault(side="vomo", kind="status_before", status=403, path="/vomo/v1/projects")
    night = deployment.night()
    deployment.world.clear_faults()
    return night


def held(deployment: Deployment) -> Night:
    deployment.configure(limits={"guard": {"changes": 0.2}})
    deployment.world.change_vomo(VOMO, share=0.9)
    return deployment.night()
