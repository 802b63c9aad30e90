"""Customers whose slot came a minute ago, and what our own books and Dagster's say of their nights."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from sqlalchemy import and_, func, not_, select

from sync_pipeline.adapters.sql.tables import leases, runs, slices
from sync_pipeline.domain.run import Layer, RunStatus
from sync_pipeline.orchestration.home import prepare_dagster_home
from sync_pipeline.orchestration.partitions import register
from sync_pipeline.orchestration.run_queue import UNFINISHED
from sync_pipeline.settings import load_settings
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.chaos.restart.organizations import name_of, tokens
from sync_pipeline_tests.end_to_end.deployment import secret, vomo_source, write_yaml

NIGHTS = (Layer.INITIAL.value, Layer.NIGHTLY.value)
POLLING = and_(runs.c.layer == Layer.POLL.value, runs.c.status == RunStatus.RUNNING.value)
ROWS_OF_A_REQUEST = 5


@dataclass(frozen=True)
class Fleet:
    """`environment` is what those who sync are started with."""

    names: Sequence[str]
    environment: dict[str, str]
    workplace: Workplace
    instance: dg.DagsterInstance

    def nights(self) -> dict[str, list[str]]:
        """Of each customer, how its nights ended, or where they are."""
        known: dict[str, list[str]] = {name: [] for name in self.names}
        with self.workplace.state.database.read() as connection:
            for row in connection.execute(select(runs).where(runs.c.layer.in_(NIGHTS))):
                known[row.customer_id].append(row.status)
        return known

    def unfinished(self) -> list[str]:
        """Customers with a run that is parked or looks as if it were at work, but for polls that were cut off."""
        going_on = runs.c.status.in_([RunStatus.RUNNING.value, RunStatus.PARKED.value])
        with self.workplace.state.database.read() as connection:
            return list(connection.execute(select(runs.c.customer_id).where(going_on, not_(POLLING))).scalars())

    def polls_cut_off(self) -> int:
        """The next poll closes them, which is not waited for; whether somebody is at work on one, the leases tell."""
        with self.workplace.state.database.read() as connection:
            return connection.execute(select(func.count()).select_from(runs).where(POLLING)).scalar_one()

    def slices(self) -> dict[str, int]:
        """Dagster runs that began to work on each customer."""
        counted = select(slices.c.customer_id, func.count().label("begun")).group_by(slices.c.customer_id)
        with self.workplace.state.database.read() as connection:
            return {row.customer_id: row.begun for row in connection.execute(counted)}

    def writers(self) -> set[int]:
        """The ids of the processes that hold a customer."""
        with self.workplace.state.database.read() as connection:
            return set(connection.execute(select(leases.c.pid).where(leases.c.holder.is_not(None))).scalars())

    def in_flight(self) -> list[dg.DagsterRun]:
        return list(self.instance.get_runs(dg.RunsFilter(statuses=list(UNFINISHED))))

    def is_over(self) -> bool:
        return all(RunStatus.DONE.value in statuses for statuses in self.nights().values()) and not self.in_flight()


@contextmanager
def fleet(folder: Path, url: str, customers: int, *, registered: bool = False) -> Iterator[Fleet]:
    """So many customers in this folder, and nobody at work yet. Points this process's Dagster at its home.

    `registered`: Dagster knows them already, otherwise the first look of a sensor tells it.
    """
    home = folder / "home"
    environment = {
        "SYNC_HOME": str(home),
        "DAGSTER_HOME": str(home / "dagster"),
        "SYNC_CUSTOMERS": str(folder / "customers"),
    }
    names = [name_of(number) for number in range(customers)]
    (folder / "customers").mkdir()
    slot = datetime.now(UTC) - timedelta(minutes=1)
    for name in names:
        write_yaml(folder / "customers" / f"{name}.yaml", document(folder, url, name, slot))
    prepare_dagster_home(home / "dagster")
    workplace = Workplace(load_settings(environment))
    try:
        with dg.DagsterInstance.from_config(environment["DAGSTER_HOME"]) as instance:
            if registered:
                register(instance, names)
            yield Fleet(names, environment, workplace, instance)
    finally:
        workplace.close()


def document(folder: Path, url: str, name: str, slot: datetime) -> dict[str, Any]:
    virtuous, vomo = tokens(name)
    return {
        "id": name,
        "name": name,
        "timezone": "UTC",
        "destination": {
            "base_url": url,
            "token": secret(folder, virtuous),
            "batch": {"max": ROWS_OF_A_REQUEST},
        },
        "sources": {"vomo": vomo_source(folder, url, vomo, "VOMO")},
        "streams": {
            "users": {"source": "vomo", "recipe": "vomo_users_to_contacts"},
            "projects": {"source": "vomo", "recipe": "vomo_projects_to_opportunities"},
        },
        "schedule": {
            "nightly": f"{slot:%H:%M}",
            "window": [f"{slot:%H:%M}", f"{slot + timedelta(hours=8):%H:%M}"],
            "poll_minutes": 1440,
            "reconcile": {"daily": False, "weekly": None},
        },
    }
