"""Reading VOMO lists as a client does, and an organization whose volunteers have somewhere to serve."""

from typing import Any
from urllib.parse import urlencode

from sync_pipeline_tests.sandbox.support import VOMO, SandboxClient

Row = dict[str, Any]
ROOT = "/vomo/v1"


def read_all(sandbox: SandboxClient, path: str, **filters: str) -> list[Row]:
    """The rows of every page, by following the links."""
    url: str | None = f"{ROOT}/{path}?{urlencode(filters)}"
    rows: list[Row] = []
    while url and url != "null":
        page = sandbox.get(url, VOMO).json()
        rows += page["data"]
        url = page["links"]["next"]
    return rows


def read_one(sandbox: SandboxClient, path: str) -> Any:
    answer = sandbox.get(f"{ROOT}/{path}", VOMO)
    assert answer.is_success, answer.text
    return answer.json()["data"]


def ids(rows: list[Row]) -> list[int]:
    return [int(row["id"]) for row in rows]


def serving_world(sandbox: SandboxClient, *, oddities: bool = False, **sizes: Any) -> None:
    """Thirty users, four projects with ten dates each, six participations a date; more by the names of `Sizes`."""
    usual: dict[str, Any] = {"users": 30, "projects": 4, "dates_per_project": 10, "participations_per_date": 6}
    sandbox.world.add_vomo_organization(VOMO, oddities=oddities, **(usual | sizes))
