"""The playbook: whoever is in the situation of a page and types what it says is out of it at the end."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync_pipeline.domain.alerts.pages import PAGES, page_of
from sync_pipeline_tests.cli.conftest import Printed
from sync_pipeline_tests.docs.place import Place
from sync_pipeline_tests.docs.playbook_reader import OnCall
from sync_pipeline_tests.docs.playbook_situations import SITUATIONS
from sync_pipeline_tests.docs.tutorial import blocks

Command = Callable[..., Printed]
REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
PLAYBOOK = DOCS / "operations"
INDEX = PLAYBOOK / "README.md"
PAGE_FILES = sorted(path for path in PLAYBOOK.glob("*.md") if path != INDEX)
ALERTING = [
    *("domain/alerts/of_fleet.py", "domain/alerts/of_runs.py", "domain/checks.py", "domain/fleet_checks.py"),
    *("orchestration/dagster_trouble.py", "orchestration/watching.py"),
]
NAMED = re.compile(r'^[A-Z_]+ = "([a-z_]+)"$|(?:Verdict|_nothing_to_compare)\(\s*"([a-z_]+)"', re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SECTIONS = [
    "What you see",
    "What it means",
    "How urgent",
    "What to do",
    "How you know that it is over",
    "Who else is told",
]


def console_blocks(page: Path) -> list[str]:
    found = blocks(page.read_text(encoding="utf-8"))
    assert {language for language, _ in found} == {"console"}
    return [block for _, block in found]


@pytest.mark.parametrize("name", sorted(SITUATIONS))
def test_whoever_follows_a_page_is_out_of_its_situation(
    name: str, place: Place, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The situation goes on before each block; what others do (a key, a repair) happens there."""
    reader = OnCall(command, monkeypatch)
    situation = SITUATIONS[name](place, reader, command)
    for number, block in enumerate(console_blocks(PLAYBOOK / f"{name}.md"), 1):
        assert next(situation, "over") is None, f"{name}: nobody brings about what block {number} is about"
        reader.follow_block(block)
    assert next(situation, "over") == "over", f"{name} ends before its situation does"


def test_every_page_has_a_situation_and_the_shape_of_all_pages() -> None:
    assert [path.stem for path in PAGE_FILES] == sorted(SITUATIONS)
    for page in PAGE_FILES:
        text = page.read_text(encoding="utf-8")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS, page.name
        assert console_blocks(page), page.name


def test_every_kind_of_problem_leads_to_a_page_that_names_it() -> None:
    kinds = {
        first or second
        for file in ALERTING
        for first, second in NAMED.findall((REPOSITORY / "sync_pipeline" / file).read_text(encoding="utf-8"))
    }
    assert {"dead_letters", "run_failed", "work_left", "breakers_open", "dagster_trouble", "scheduler_away"} <= kinds
    assert kinds == PAGES.keys()
    for kind in sorted(kinds):
        assert f"`{kind}`" in (PLAYBOOK / f"{page_of(kind)}.md").read_text(encoding="utf-8"), kind
        assert f"`{kind}`" in INDEX.read_text(encoding="utf-8"), kind


def test_every_page_is_reached_from_the_index() -> None:
    linked = {target.partition("#")[0] for target in LINK.findall(INDEX.read_text(encoding="utf-8"))}
    assert {path.name for path in PAGE_FILES} <= linked


def test_every_alert_of_prometheus_names_a_page() -> None:
    rules = (REPOSITORY / "deploy/prometheus/rules.yml").read_text(encoding="utf-8")
    pages = re.findall(r"^ +page: docs/operations/(\S+)$", rules, re.MULTILINE)
    assert len(pages) == rules.count("- alert:")
    assert set(pages) <= {path.name for path in [*PAGE_FILES, INDEX]}


@pytest.mark.parametrize("page", sorted([*DOCS.rglob("*.md"), REPOSITORY / "README.md"]), ids=lambda path: path.name)
def test_every_relative_link_of_the_documents_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(file), f"{page.name} links to {target}"


def anchors(file: Path) -> Iterator[str]:
    """As GitHub makes them."""
    for heading in HEADING.findall(CODE.sub("", file.read_text(encoding="utf-8"))):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
