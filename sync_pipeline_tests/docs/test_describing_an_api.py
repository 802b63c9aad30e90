"""The tutorial: whoever types what it says sees what it shows; its fragments are valid and its errors are real."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from ruamel.yaml import YAML

from sync_pipeline.domain.configuration import Connector
from sync_pipeline.domain.configuration.connector import Auth
from sync_pipeline.domain.configuration.pagination import Pagination
from sync_pipeline.sandbox.server import running_sandbox
from sync_pipeline_tests.cli.conftest import Printed
from sync_pipeline_tests.cli.giving_fleet import CONNECTOR, CUSTOMER, FILE, RECIPE, GivingFleet
from sync_pipeline_tests.docs.tutorial import Reader, blocks, file_name

Command = Callable[..., Printed]
TUTORIAL = Path(__file__).parents[2] / "docs/describing-an-api.md"
TEXT = TUTORIAL.read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8765"
ROW = re.compile(r"^\| (`.+?) \|", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")
VOMO = [
    ("URL/giving/v1", "URL/vomo/v1"),
    ("{kind: header, name: X-Api-Key}", "{kind: bearer}"),
    ("/donations", "/users"),
    ("{kind: cursor, path: next_cursor, parameter: cursor, more: has_more}", "{kind: none}"),
]
MISTAKES: dict[str, list[tuple[str, str]]] = {
    "no-list": [("records: data", "records: items")],
    "object": [*VOMO, ("records: data", "records: meta")],
    "wrong-auth": [("name: X-Api-Key", "name: X-Key")],
    "path": [("path: /donations", "path: /gifts")],
    "more": [("more: has_more", "more: more")],
    "one-page": [*VOMO, ("records: data", "records: data\n  total: meta.total")],
    "key": [("key: [id]", "key: [number]")],
    "repeated-key": [("key: [id]", "key: [currency]")],
    "modified": [("field: updated_at", "field: changed_at")],
    "no-time": [("field: updated_at", "field: status")],
    "lost": [("updated_since}", "updated_since, format: '%Y-%m-%dT%H:59:59Z'}")],
    "refused": [("updated_since}", "updated_since, format: '%d.%m.%Y'}")],
    "same-page": [("parameter: cursor", "parameter: after")],
    "column": [("donor.last_name", "donor.lastname")],
    "fails": [("amount: amount\n", "amount: cast(currency as double)\n")],
    "dead": [("amount: amount, code", "amount: sum, code")],
    "reference": [("reference: id", "reference: currency")],
    "token": [],
}


def test_whoever_types_the_tutorial_sees_what_it_shows(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    reader = Reader(command, monkeypatch)
    with running_sandbox() as url:
        reader.follow(TEXT.replace(ADDRESS, url))
    assert reader.codes == [0, 0, 0, 1, 0, 0]
    assert not (tmp_path / ".sync-first-try").exists()


def test_every_kind_of_next_page_and_of_token_is_shown_by_a_valid_fragment() -> None:
    shown = {kind for block in fragments() for kind in kinds(connector(block))}
    assert shown == {*known_kinds(Auth), *known_kinds(Pagination)}


def test_every_error_of_the_table_is_one_that_a_mistake_gives(
    giving: GivingFleet, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UNSET_TOKEN", raising=False)
    make_mistakes(giving)
    document = command("sources", "check", CUSTOMER, "--json").document
    told = {
        name: [remark["message"] for remark in [*entry["problems"], *([entry["error"]] if "error" in entry else [])]]
        for name, entry in document["streams"].items()
    }
    assert {name: bool(messages) for name, messages in told.items()} == dict.fromkeys(MISTAKES, True)
    rows = [CODE.findall(row) for row in ROW.findall(TEXT[TEXT.index("## What an error means") :])]
    assert len(rows) == len(MISTAKES)
    messages = [message for found in told.values() for message in found]
    assert [row for row in rows if not any(all(words in message for words in row) for message in messages)] == []


def make_mistakes(giving: GivingFleet) -> None:
    """A source and a stream for every mistake."""
    connector_text, recipe_text = ((giving.folder / name).read_text(encoding="utf-8") for name in (CONNECTOR, RECIPE))
    url = re.search(r"base_url: (\S+)/giving", connector_text)
    assert url is not None
    sources: dict[str, Any] = {}
    streams: dict[str, Any] = {}
    for name, changes in MISTAKES.items():
        for kind, text in (("connector", connector_text.replace(url[1], "URL")), ("recipe", recipe_text)):
            changed = text
            for old, new in changes:
                changed = changed.replace(old, new)
            (giving.folder / f"parts/{name}-{kind}.yaml").write_text(changed.replace("URL", url[1]), encoding="utf-8")
        token = "UNSET_TOKEN" if name == "token" else "VOMO_TOKEN" if changes[:1] == VOMO[:1] else "GIVING_TOKEN"
        sources[name] = {
            "connector": f"parts/{name}-connector.yaml",
            "token": f"env:{token}",
            "reference_source": name,
        }
        streams[name] = {"source": name, "stream": "donations", "recipe": f"parts/{name}-recipe.yaml"}
    yaml = YAML(typ="safe")
    customer = yaml.load(giving.folder / FILE)
    yaml.dump({**customer, "sources": sources, "streams": streams}, giving.folder / FILE)


def fragments() -> Iterator[dict[str, Any]]:
    yaml = YAML(typ="safe")
    for language, block in blocks(TEXT):
        if language == "yaml" and file_name(block) is None:
            yield yaml.load(block)


def connector(fragment: dict[str, Any]) -> Connector:
    """A connector that holds the fragment where the text says that it belongs."""
    top = {"connector": "shown", "base_url": "https://api.example.org"}
    if "auth" in fragment:
        return Connector.model_validate({**top, **fragment, "streams": {"people": {"path": "/people", "key": ["id"]}}})
    if "pagination" in fragment:
        stream = {"path": "/people", "key": ["id"], **fragment}
        return Connector.model_validate({**top, "streams": {"people": stream}})
    return Connector.model_validate({**top, "streams": fragment})


def kinds(shown: Connector) -> set[str]:
    return {shown.auth.kind, *(paging.kind for stream in shown.streams.values() if (paging := stream.pagination))}


def known_kinds(union: Any) -> set[str]:
    models = get_args(get_args(union)[0])
    return {get_args(model.model_fields["kind"].annotation)[0] for model in models}
