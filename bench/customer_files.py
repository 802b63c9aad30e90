"""The files of a benchmark's customers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML


def write_customer(folder: Path, document: Mapping[str, Any]) -> None:
    with (folder / f"{document['id']}.yaml").open("w") as file:
        YAML(typ="safe").dump(document, file)


def token(folder: Path, value: str) -> str:
    """A reference to a secret file with this value."""
    (folder / f"{value}.secret").write_text(value)
    return f"file:{folder / value}.secret"
