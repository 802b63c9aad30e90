"""A document as a reader follows it: files are written, commands are typed, and what they print is compared."""

import json
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import httpx
import pytest

from sync_pipeline_tests.cli.conftest import Printed

BLOCK = re.compile(r"```(yaml|console)\n(.*?)```", re.DOTALL)
FILE = re.compile(r"# (\S+\.yaml)\n")
FRAMES = re.compile(r"[\u2500-\u257f\s]+")
ELIDED = "…"
HEAD_LINES = 2


def blocks(text: str) -> list[tuple[str, str]]:
    """The language and the content of every block, also of those that belong to an item of a list."""
    return [(language, dedent(block)) for language, block in BLOCK.findall(text)]


def file_name(block: str) -> str | None:
    """The file that a YAML block is; None for a fragment."""
    named = FILE.match(block)
    return named and named[1]


@dataclass
class Reader:
    """Follows a document in the current folder."""

    sync_pipeline: Callable[..., Printed]
    environment: pytest.MonkeyPatch
    codes: list[int] = field(default_factory=list)

    def follow(self, text: str) -> None:
        for language, block in blocks(text):
            if language == "yaml" and (name := file_name(block)):
                path = Path(name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block, encoding="utf-8")
            if language == "console":
                self.follow_block(block)

    def follow_block(self, block: str) -> None:
        """Type every command of a console block; each prints what is shown below it."""
        for line, shown in commands(block):
            assert_shown(line, self.type(line), shown)

    def type(self, line: str) -> str:
        """What a command line prints, standard error last."""
        words = shlex.split(line)
        match words:
            case ["sync-pipeline", *arguments]:
                printed = self.sync_pipeline(*arguments)
                self.codes.append(printed.code)
                return printed.out + printed.err
            case ["echo", "$?"]:
                return str(self.codes[-1])
            case ["export", assignment]:
                name, _, value = assignment.partition("=")
                self.environment.setenv(name, value)
                return ""
            case ["sed", "-i.bak", expression, name]:
                _, old, new, _ = expression.split("/")
                file = Path(name)
                text = file.read_text(encoding="utf-8")
                assert old in text
                file.write_text(text.replace(old, new), encoding="utf-8")
                return ""
            case ["curl", "-s", "-H", header, address, *pipe]:
                name, _, value = header.partition(": ")
                answer = httpx.get(address, headers={name: value}).raise_for_status()
                return json.dumps(answer.json(), indent=4) if pipe else answer.text
            case _:
                raise AssertionError(f"nobody taught the reader to type: {line}")


def commands(block: str) -> Iterator[tuple[str, list[str]]]:
    """Every command of a console block and the lines it is said to print."""
    for part in block.removeprefix("$ ").split("\n$ "):
        line, *shown = part.rstrip("\n").split("\n")
        yield line, shown


def assert_shown(line: str, printed: str, shown: Sequence[str]) -> None:
    """The lines are printed in this order; between them only where a line of its own says that something is left out.

    Frames and the widths of columns do not count.
    """
    left = [plain(found) for found in printed.splitlines() if plain(found)]
    skipping = False
    for wanted in filter(None, map(plain, shown)):
        if wanted == ELIDED:
            skipping = True
            continue
        pattern = re.compile(re.escape(wanted).replace(ELIDED, ".*"))
        places = [place for place, found in enumerate(left) if pattern.fullmatch(found)]
        assert places, f"`{line}` does not print `{wanted}` next, but {left}"
        assert skipping or places[0] == 0 or is_heading(left[: places[0]]), f"`{line}` prints more before `{wanted}`"
        left, skipping = left[places[0] + 1 :], False


def is_heading(lines: Sequence[str]) -> bool:
    """The head of a table, its title and the names of its columns, may be left out silently."""
    return len(lines) <= HEAD_LINES


def plain(line: str) -> str:
    return FRAMES.sub(" ", line).strip()
