"""A YAML 1.2 document as plain values, with the line of every key and all mistakes of the syntax at once."""

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from sync_pipeline.adapters.configuration.syntax import explain_syntax_error
from sync_pipeline.domain.configuration.finding import Finding, KeyPath

OLD_VERSION = re.compile(r"^%YAML\s+(?!1\.2\s*$)", re.MULTILINE)
TAG = "tag:yaml.org,2002:"
CORE_TAGS = ("map", "seq", "str", "null", "bool", "int", "float", "timestamp", "value", "merge")
TRUE = "true"
# Aliases let a file of a few lines expand to billions of values; the largest sensible customer has some hundred.
MOST_VALUES = 20_000


@dataclass(frozen=True, slots=True)
class Document:
    """The values of a file, the line (1-based) of every key and list item, and the mistakes found while reading.

    A file that is not readable has no values, only the mistake that says why.
    """

    values: Mapping[str, object]
    lines: Mapping[KeyPath, int]
    mistakes: tuple[tuple[Finding, int], ...]
    readable: bool = True

    def line_of(self, path: KeyPath) -> int:
        """The line of `path`; for something that is missing, the line of the nearest parent."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)


@lru_cache(maxsize=512)
def parse(text: str) -> Document:
    """Read one document; what is wrong with it is in `mistakes`, nothing is raised."""
    old_version = OLD_VERSION.search(text)
    if old_version is not None:
        line = text.count("\n", 0, old_version.start()) + 1
        return unreadable("the file asks for another version of YAML", "Remove the %YAML line; files are 1.2.", line)
    try:
        return read_root(compose(text))
    except MarkedYAMLError as error:
        return unreadable(*explain_syntax_error(error, text))
    except YAMLError:
        return unreadable("the file contains a control character", "Remove characters that cannot be seen.", 1)
    except (TooManyValuesError, RecursionError):
        return unreadable("the file is nested too deeply, or an alias repeats too much", "Write the values out.", 1)


def compose(text: str) -> Node | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReusedAnchorWarning)  # allowed by YAML 1.2: the latest anchor counts
        return YAML(typ="safe", pure=True).compose(text)


def read_root(root: Node | None) -> Document:
    if root is None:
        return unreadable("the file is empty", "Write the keys of docs/configuration.md.", 1)
    if not isinstance(root, MappingNode):
        return unreadable("the file is not a mapping", "Write `key: value` lines.", root.start_mark.line + 1)
    reading = Reading({(): root.start_mark.line + 1})
    return Document(reading.mapping(root, ()), reading.lines, tuple(reading.mistakes))


def unreadable(message: str, remedy: str, line: int) -> Document:
    return Document({}, {(): line}, ((Finding((), message, remedy), line),), readable=False)


class TooManyValuesError(Exception):
    """An alias expands without end, or nearly so."""


@dataclass
class Reading:
    """Turns composed nodes into values; collects the mistakes a YAML library would stop at or swallow."""

    lines: dict[KeyPath, int]
    mistakes: list[tuple[Finding, int]] = field(default_factory=list)
    values_read: int = 0

    def value(self, node: Node, path: KeyPath) -> object:
        self.values_read += 1
        if self.values_read > MOST_VALUES:
            raise TooManyValuesError
        if core_tag(node) not in CORE_TAGS:
            self.mistake(path, "a YAML tag (a word after !) is not supported", "Remove it.", node.start_mark.line + 1)
        if isinstance(node, MappingNode):
            return self.mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.item(item, (*path, position)) for position, item in enumerate(node.value)]
        return scalar(node)

    def item(self, node: Node, path: KeyPath) -> object:
        self.lines[path] = node.start_mark.line + 1
        return self.value(node, path)

    def mapping(self, node: MappingNode, path: KeyPath) -> dict[str, object]:
        values: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = scalar(key_node) if isinstance(key_node, ScalarNode) else None
            if not isinstance(key, str):
                self.mistake(path, "a key must be text", "Put quotes around the key.", line)
                continue
            if key in values:
                first = self.lines[(*path, key)]
                message = f"the key `{key}` is written twice, first in line {first}"
                self.mistake((*path, key), message, "Remove one of them.", line)
                continue
            self.lines[(*path, key)] = line
            values[key] = self.value(value_node, (*path, key))
        return values

    def mistake(self, path: KeyPath, message: str, remedy: str, line: int) -> None:
        self.mistakes.append((Finding(path, message, remedy), line))


def core_tag(node: Node) -> str:
    return str(node.tag).removeprefix(TAG)


def scalar(node: Node) -> object:
    text: str = node.value
    match core_tag(node):
        case "null":
            return None
        case "bool":
            return text.lower() == TRUE
        case "int":
            return whole_number(text)
        case "float":
            return fraction(text)
        case _:
            return text


def whole_number(text: str) -> object:
    """YAML 1.2 numbers; what Python cannot read stays text, for the model to refuse."""
    digits = text.replace("_", "")
    base = {"0x": 16, "0o": 8, "0b": 2}.get(digits.lstrip("+-")[:2].lower(), 10)
    try:
        return int(digits, base)
    except ValueError:
        return text


def fraction(text: str) -> object:
    try:
        return float(text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        return text
