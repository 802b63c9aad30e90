"""A customer with two sources, whose giving connector and recipe are files of its own: to be broken by tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sync_pipeline.sandbox.server import running_sandbox
from sync_pipeline.sandbox.world import World

CUSTOMER = "maple-street-library"
VIRTUOUS, VOMO, GIVING = "virtuous-token", "vomo-token", "giving-token"
FILES = {
    "parts/giving.yaml": """\
connector: own-giving
base_url: URL/giving/v1
auth: {kind: header, name: X-Api-Key}
defaults:
  records: data
  pagination: {kind: cursor, path: next_cursor, parameter: cursor, more: has_more}
  parameters: {limit: 20}
streams:
  donations:
    path: /donations
    key: [id]
    modified: {field: updated_at, parameter: updated_since}
""",
    "parts/gifts.yaml": """\
recipe: own-gifts
writes: gift
reference: id
when: status = 'succeeded'
fields:
  giftDate: substr(donated_at, 1, 10)
  giftType: "'Credit'"
  amount: amount
  contact.referenceId: '"donor.id"'
  contact.lastname: '"donor.last_name"'
  contact.email: lower("donor.email")
designations: {column: allocations, amount: amount, code: fund_code}
""",
    f"{CUSTOMER}.yaml": f"""\
id: {CUSTOMER}
name: Maple Street Library
destination: {{base_url: "URL", token: env:VIRTUOUS_TOKEN}}
sources:
  vomo: {{connector: vomo, base_url: "URL/vomo/v1", token: env:VOMO_TOKEN, reference_source: VOMO}}
  giving: {{connector: parts/giving.yaml, token: env:GIVING_TOKEN, reference_source: GIVING}}
streams:
  users: {{source: vomo, recipe: vomo_users_to_contacts}}
  donations: {{source: giving, recipe: parts/gifts.yaml, on_delete: reverse}}
""",
}
CONNECTOR, RECIPE, FILE = FILES


@dataclass(frozen=True)
class GivingFleet:
    """The folder of the fleet, and where everything that a run keeps would be."""

    folder: Path
    home: Path

    def change(self, name: str, old: str, new: str) -> None:
        file = self.folder / name
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def giving(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GivingFleet]:
    """30 donations and 20 users that nothing was ever synced of."""
    world.add_giving_organization(GIVING, donations=30, seed=5)
    made = GivingFleet(tmp_path / "customers", tmp_path / "home")
    monkeypatch.setenv("SYNC_HOME", str(made.home))
    monkeypatch.setenv("SYNC_CUSTOMERS", str(made.folder))
    for name, token in (("VIRTUOUS_TOKEN", VIRTUOUS), ("VOMO_TOKEN", VOMO), ("GIVING_TOKEN", GIVING)):
        monkeypatch.setenv(name, token)
    with running_sandbox(world) as url:
        for name, text in FILES.items():
            file = made.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text.replace("URL", url), encoding="utf-8")
        yield made
