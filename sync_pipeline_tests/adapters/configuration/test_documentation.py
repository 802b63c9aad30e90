"""The configuration reference: its examples are valid, and it names every key and every field."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from sync_pipeline.adapters.configuration import load_fleet
from sync_pipeline.adapters.configuration.component import SHIPPED, shipped_files
from sync_pipeline.adapters.configuration.model_keys import flatten, is_model
from sync_pipeline.domain.configuration import Connector, Customer, Recipe
from sync_pipeline.domain.records import KINDS

REFERENCE = Path(__file__).parents[3] / "docs/configuration.md"
TEXT = REFERENCE.read_text(encoding="utf-8")
EXAMPLE = re.compile(r"```yaml\n# (\S+)\n(.*?)```", re.DOTALL)
SECTIONS = {
    "contact": "Contacts",
    "gift": "Gifts",
    "note": "Notes",
    "attendance": "Attendance",
    "opportunity": "Opportunities",
}


def test_the_examples_are_valid(tmp_path: Path) -> None:
    names = [name for name, _ in EXAMPLE.findall(TEXT)]
    for name, text in EXAMPLE.findall(TEXT):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    customer = tmp_path / "customers/riverside-food-bank.yaml"
    own_parts = customer.read_text(encoding="utf-8").replace("riverside-food-bank", "own-parts")
    own_parts = own_parts.replace("connector: vomo", "connector: ../connectors/people-api.yaml")
    own_parts = own_parts.replace("recipe: vomo_users_to_contacts", "recipe: ../recipes/people-to-contacts.yaml")
    own_parts = own_parts.replace("    source: vomo", "    source: vomo\n    stream: people")
    recipes = [name for name in names if name.startswith("recipes/") and "people-to" not in name]
    more = [
        f"  s{number}: {{source: vomo, stream: people, recipe: ../{name}}}\n" for number, name in enumerate(recipes)
    ]
    own_parts = own_parts.replace("streams:\n", f"streams:\n{''.join(more)}")
    (tmp_path / "customers/own-parts.yaml").write_text(own_parts, encoding="utf-8")
    fleet = load_fleet(tmp_path / "customers")
    assert fleet.problems == []
    assert sorted(fleet.customers) == ["own-parts", "riverside-food-bank"]
    assert {stream.recipe.writes for stream in fleet.customers["own-parts"].streams.values()} == KINDS.keys()


def test_every_key_is_named() -> None:
    names = {name for model in (Customer, Connector, Recipe) for name in keys(model)}
    assert [name for name in sorted(names) if not re.search(rf"\b{name}\b", TEXT)] == []


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_field_of_a_kind_is_named_in_its_section(kind: str) -> None:
    """A gift's `contact.email` is told as `email` below `contact.`."""
    section = TEXT.split(f"\n### {SECTIONS[kind]}\n")[1].split("\n### ")[0]
    words = {part for name in KINDS[kind].fields for part in name.split(".")}
    assert [word for word in sorted(words) if not re.search(rf"`(\w+\.)?{word}[.`]", section)] == []


def test_every_shipped_connector_and_recipe_is_named() -> None:
    shipped = [*shipped_files(SHIPPED / "connectors"), *shipped_files(SHIPPED / "recipes")]
    assert [name for name in shipped if f"`{name}`" not in TEXT] == []


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_way_to_delete_is_named_with_its_kind(kind: str) -> None:
    (row,) = [
        line for line in TEXT.splitlines() if line.startswith("| `") and f"`{kind}`" in line and "`ignore`" in line
    ]
    assert [way for way in KINDS[kind].deletions if f"`{way}`" not in row] == []


def keys(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield name
        shapes = [shape for outer in flatten([field.annotation]) for shape in (outer, *getattr(outer, "__args__", ()))]
        for inner in filter(is_model, flatten(shapes)):
            yield from keys(inner)
