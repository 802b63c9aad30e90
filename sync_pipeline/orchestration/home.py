"""Dagster's home: created on first use, with the packaged instance configuration."""

import os
import shutil
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path

INSTANCE_FILE = "dagster.yaml"


def prepare_dagster_home(folder: Path) -> Path:
    """Make the folder ready for Dagster and point this process's Dagster at it; an existing file is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / INSTANCE_FILE
    if not target.exists():
        with as_file(packaged_instance_file()) as source:
            shutil.copyfile(source, target)
    os.environ["DAGSTER_HOME"] = str(folder)  # Dagster's own processes read it from there
    return folder


def packaged_instance_file() -> Traversable:
    """The wheel carries the repository's dagster.yaml inside the package; a checkout has it at its root."""
    inside = files("sync_pipeline.orchestration") / INSTANCE_FILE
    return inside if inside.is_file() else Path(__file__).parents[2] / INSTANCE_FILE
