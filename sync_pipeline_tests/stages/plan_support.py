"""Planning a test's deployment, and everything a plan must leave as it is."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import MetaData, create_engine, select

from sync_pipeline.cli.plan_documents import document_of, planned
from sync_pipeline.sandbox.world import World
from sync_pipeline.settings import Settings
from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, VIRTUOUS, Deployment, Night

GONE = "VOMO: removed"


def plan_of(deployment: Deployment, *, show_values: bool = False) -> dict[str, Any]:
    """The document of a plan made now; nothing of the deployment may be different afterwards."""
    settings = deployment.workplace.settings
    before = everything(settings, deployment.world)
    with TemporaryDirectory() as scratch:
        document = document_of(planned(deployment.workplace, CUSTOMER, Path(scratch)), show_values=show_values)
    assert everything(settings, deployment.world) == before
    return document


def everything(settings: Settings, world: World, token: str = VIRTUOUS) -> dict[str, Any]:
    """Every row of the state store, every file of the data folder, and what Virtuous was told."""
    folder = settings.data_folder
    return {
        "rows": rows_of(settings.database_url),
        "files": {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()},
        "folders": sorted(path for path in folder.rglob("*") if path.is_dir()),
        "home": sorted(settings.home.glob("*")),
        "virtuous": world.books(token),
    }


def rows_of(database_url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Table by table; nothing when there is no state store."""
    if database_url.startswith("sqlite") and not Path(database_url.removeprefix("sqlite:///")).exists():
        return {}
    engine = create_engine(database_url)
    tables = MetaData()
    with engine.connect() as connection:
        tables.reflect(connection)
        rows = {
            name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for name, table in tables.tables.items()
        }
    engine.dispose()
    return rows


def assert_foretold(document: dict[str, Any], night: Night, carried: int = 0) -> None:
    """The run did what the plan said, request for request."""
    report = night.report
    assert document["requests"] == report.requests
    assert document["source_requests"] == report.source_requests
    assert document["requests_total"] == report.requests_total
    assert document["changes"] == {
        "create": report.creates,
        "update": report.updates,
        "delete": report.deletes,
    }
    assert document["unchanged"] == report.unchanged
    assert (report.successes, report.carried) == (report.total_changes, carried)
