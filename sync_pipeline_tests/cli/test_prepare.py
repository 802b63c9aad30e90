"""`prepare`: both stores are there and this deployment's, or a person learns which is not, before anything runs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sync_pipeline.adapters.sql.database import HEAD_REVISION
from sync_pipeline_tests.cli.conftest import Printed
from sync_pipeline_tests.postgres import PostgresServer

Command = Callable[..., Printed]


@pytest.mark.usefixtures("fleet")
def test_the_stores_are_made_and_told(command: Command, tmp_path: Path) -> None:
    printed = command("prepare", "--json")
    assert printed.code == 0
    assert printed.document == {
        "region": None,
        "customers": 1,
        "broken": [],
        "state_store": f"sqlite:///{tmp_path}/home/state.db",
        "schema": HEAD_REVISION,
        "data_folder": str(tmp_path / "home/data"),
        "dagster_home": str(tmp_path / "home/dagster"),
        "dagster_storage": "SqliteRunStorage",
    }
    assert (tmp_path / "home/state.db").is_file()
    assert "SqliteRunStorage" in command("prepare").out


def test_a_broken_customer_is_told_and_costs_nobody_else(command: Command, fleet: Path) -> None:
    (fleet / "broken.yaml").write_text("id: broken\n", encoding="utf-8")
    assert command("prepare", "--json").document["broken"] == ["broken"]


@pytest.mark.usefixtures("fleet")
def test_on_postgresql_both_stores_are_there(
    command: Command, postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home that was made for SQLite changes over: its file was ours and untouched."""
    assert command("prepare", "--json").document["dagster_storage"] == "SqliteRunStorage"
    state, dagster = (postgres_server.create_database() for _ in range(2))
    monkeypatch.setenv("SYNC_DATABASE_URL", postgres_server.url(state).replace("sync@", "sync:hunter2@"))
    monkeypatch.setenv("DAGSTER_PG_URL", postgres_server.url(dagster))
    printed = command("prepare", "--json")
    assert printed.document["dagster_storage"] == "PostgresRunStorage"
    assert "hunter2" not in printed.out
    assert "DAGSTER_PG_URL" in (tmp_path / "home/dagster/dagster.yaml").read_text(encoding="utf-8")
    assert command("prepare", "--json").document == printed.document
    monkeypatch.setenv("SYNC_DATABASE_URL", postgres_server.url(dagster))
    monkeypatch.setenv("DAGSTER_PG_URL", postgres_server.url(state))
    refused = command("prepare", "--json")
    assert (refused.code, "tables of another program" in refused.document["error"]["message"]) == (2, True)
    for name in (state, dagster):
        postgres_server.drop_database(name)


@pytest.mark.usefixtures("fleet")
def test_a_dagster_storage_that_cannot_be_opened_is_exit_code_2(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_PG_URL", "postgresql+psycopg2://dagster:hunter2@127.0.0.1:1/dagster")
    printed = command("prepare", "--json")
    assert (printed.code, printed.document["error"]["code"]) == (2, "configuration")
    assert "DAGSTER_PG_URL" in printed.document["error"]["remedy"]
    assert "hunter2" not in printed.out + printed.err


@pytest.mark.usefixtures("fleet")
def test_an_instance_file_that_dagster_refuses_is_named(command: Command, tmp_path: Path) -> None:
    home = tmp_path / "home/dagster"
    home.mkdir(parents=True)
    (home / "dagster.yaml").write_text("run_que: {}\n", encoding="utf-8")
    printed = command("prepare", "--json")
    assert printed.code == 2
    assert f"{home}/dagster.yaml is not accepted" in printed.document["error"]["message"]
    assert "run_que" in printed.document["error"]["message"]


def test_the_stores_of_another_region_are_refused(
    command: Command, fleet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNC_REGION", "us")
    assert command("prepare", "--json").code == 0
    monkeypatch.setenv("SYNC_REGION", "eu")
    assert fleet.is_dir()
    refused = command("prepare", "--json")
    assert (refused.code, refused.document["error"]["code"]) == (2, "configuration")
    assert "belongs to the region us" in refused.document["error"]["message"]
