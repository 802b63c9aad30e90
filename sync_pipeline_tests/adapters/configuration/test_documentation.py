"""The configuration reference: its examples are valid, and it names every key."""

import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from sync_pipeline.adapters.configuration import load_fleet
from sync_pipeline.adapters.configuration.model_keys import flatten, is_model
from sync_pipeline.domain.configuration import Connector, Customer, Recipe
from sync_pipeline.domain.contact import CONTACT_FIELDS

REFERENCE = Path(__file__).parents[3] / "docs/configuration.md"
TEXT = REFERENCE.read_text(encoding="utf-8")
EXAMPLE = re.compile(r"```yaml\n# (\S+)\n(.*?)```", re.DOTALL)


def test_the_examples_are_valid(tmp_path: Path) -> None:
    for name, text in EXAMPLE.findall(TEXT):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    customer = tmp_path / "customers/riverside-food-bank.yaml"
    own_parts = customer.read_text(encoding="utf-8").replace("riverside-food-bank", "own-parts")
    own_parts = own_parts.replace("connector: vomo", "connector: ../connectors/people-api.yaml")
    own_parts = own_parts.replace("recipe: vomo_users_to_contacts", "recipe: ../recipes/people-to-contacts.yaml")
    own_parts = own_parts.replace("    source: vomo", "    source: vomo\n    stream: people")
    (tmp_path / "customers/own-parts.yaml").write_text(own_parts, encoding="utf-8")
    fleet = load_fleet(tmp_path / "customers")
    assert (sorted(fleet.customers), fleet.problems) == (["own-parts", "riverside-food-bank"], [])


def test_every_key_and_every_contact_field_is_named() -> None:
    names = {name for model in (Customer, Connector, Recipe) for name in keys(model)} | set(CONTACT_FIELDS)
    assert [name for name in sorted(names) if not re.search(rf"\b{name}\b", TEXT)] == []


def keys(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield name
        shapes = [shape for outer in flatten([field.annotation]) for shape in (outer, *getattr(outer, "__args__", ()))]
        for inner in filter(is_model, flatten(shapes)):
            yield from keys(inner)
