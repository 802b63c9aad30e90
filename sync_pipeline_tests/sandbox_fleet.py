"""A sandbox and a one-customer fleet that points at it, in an environment of its own. conftest files import these."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_pipeline.sandbox.server import running_sandbox
from sync_pipeline.sandbox.world import World

CUSTOMER = "maple-street-library"


@pytest.fixture
def world() -> World:
    world = World()
    world.add_organization("virtuous-token", name="Maple Street Library")
    world.add_vomo_organization("vomo-token", users=20, seed=3)
    return world


@pytest.fixture
def fleet(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a fleet with one customer, synced against a sandbox."""
    folder = tmp_path / "customers"
    folder.mkdir()
    monkeypatch.setenv("SYNC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home" / "dagster"))
    monkeypatch.setenv("SYNC_CUSTOMERS", str(folder))
    monkeypatch.setenv("VIRTUOUS_TOKEN", "virtuous-token")
    monkeypatch.setenv("VOMO_TOKEN", "vomo-token")
    with running_sandbox(world) as url:
        write_customer(folder, CUSTOMER, url)
        yield folder


def write_customer(folder: Path, customer_id: str, url: str, region: str = "us") -> None:
    (folder / f"{customer_id}.yaml").write_text(
        f"""
id: {customer_id}
name: Maple Street Library
region: {region}
destination: {{base_url: "{url}", token: env:VIRTUOUS_TOKEN}}
sources:
  vomo: {{connector: vomo, base_url: "{url}/vomo/v1", token: env:VOMO_TOKEN, reference_source: VOMO}}
streams:
  users: {{source: vomo, recipe: vomo_users_to_contacts}}
""",
        encoding="utf-8",
    )
