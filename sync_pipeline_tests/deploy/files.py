"""The files below deploy/, read as YAML 1.2."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
INTERPOLATION = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<text>[^}]*))?\}")


def read_yaml(path: Path) -> Any:
    return YAML(typ="safe").load(path)


def interpolated(value: Any, environment: Mapping[str, str]) -> Any:
    """As Compose does it: `${NAME:-default}` and `${NAME:?message}`."""
    if isinstance(value, dict):
        return {key: interpolated(inner, environment) for key, inner in value.items()}
    if isinstance(value, list):
        return [interpolated(inner, environment) for inner in value]
    return INTERPOLATION.sub(lambda found: _value(found, environment), value) if isinstance(value, str) else value


def _value(found: "re.Match[str]", environment: Mapping[str, str]) -> str:
    if set_to := environment.get(found["name"]):
        return set_to
    if found["kind"] == "?":
        raise KeyError(f"{found['name']}: {found['text']}")
    return found["text"] or ""


def services(**environment: str) -> dict[str, Any]:
    """The services of the compose file for this region's environment."""
    return interpolated(read_yaml(DEPLOY / "compose.yaml"), {"SYNC_REGION": "us", **environment})["services"]
