"""Passwords come from files, and reach neither addresses nor command lines."""

import os
import stat
import subprocess
from configparser import ConfigParser
from pathlib import Path

from sync_pipeline_tests.deploy.files import DEPLOY, services

PASSWORD = 'pa:ss\\w"rd'


def test_libpqs_password_file_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{PASSWORD}\n", encoding="utf-8")
    environment = {
        **os.environ,
        "POSTGRES_PASSWORD_FILE": str(tmp_path / "secret"),
        "PGPASSFILE": str(tmp_path / "pass"),
    }
    command = [DEPLOY / "with-password", "sh", "-c", "echo started with $0 and $1", "one", "two words"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout == "started with one and two words\n"
    assert (tmp_path / "pass").read_text(encoding="utf-8") == '*:*:*:*:pa\\:ss\\\\w"rd\n'
    assert stat.S_IMODE((tmp_path / "pass").stat().st_mode) == 0o600


def test_a_secret_that_is_not_there_is_exit_code_2_and_named(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "POSTGRES_PASSWORD_FILE": str(tmp_path / "secret"),
        "PGPASSFILE": str(tmp_path / "pass"),
    }
    ended = subprocess.run(
        [DEPLOY / "with-password", "true"], env=environment, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, str(tmp_path / "secret") in ended.stderr) == (2, True)


def test_without_a_secret_the_program_just_starts() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "POSTGRES_PASSWORD_FILE"}
    subprocess.run([DEPLOY / "with-password", "true"], env=environment, check=True)


def test_pgbouncer_gets_the_password_and_keeps_it_to_itself(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{PASSWORD}\n", encoding="utf-8")
    (tmp_path / "pgbouncer").write_text('#!/bin/sh\necho "pgbouncer $1"\n', encoding="utf-8")
    (tmp_path / "pgbouncer").chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "POSTGRES_PASSWORD_FILE": str(tmp_path / "secret"),
        "USERLIST": str(tmp_path / "userlist.txt"),
    }
    start = DEPLOY / "pgbouncer/start-pgbouncer"
    ended = subprocess.run([start], env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout == "pgbouncer /etc/pgbouncer/pgbouncer.ini\n"
    assert (tmp_path / "userlist.txt").read_text(encoding="utf-8") == '"sync" "pa:ss\\w""rd"\n'
    assert stat.S_IMODE((tmp_path / "userlist.txt").stat().st_mode) == 0o600


def test_pgbouncer_serves_both_databases_each_in_the_mode_it_can_bear() -> None:
    file = ConfigParser(delimiters=("=",), inline_comment_prefixes=None)
    file.read(DEPLOY / "pgbouncer/pgbouncer.ini")
    databases = {name: dict(word.split("=") for word in value.split()) for name, value in file["databases"].items()}
    assert {name: (one["dbname"], one["pool_mode"]) for name, one in databases.items()} == {
        "sync": ("sync", "transaction"),
        "dagster": ("dagster", "session"),
    }
    assert {one["host"] for one in databases.values()} == {"postgres"}
    assert file["pgbouncer"]["auth_file"] in (DEPLOY / "pgbouncer/start-pgbouncer").read_text(encoding="utf-8")
    most = 100  # PostgreSQL's own default of max_connections
    assert len(databases) * int(file["pgbouncer"]["default_pool_size"]) < most
    port = file["pgbouncer"]["listen_port"]
    environment = services()["code"]["environment"]
    assert environment["SYNC_DATABASE_URL"] == f"postgresql://sync@pgbouncer:{port}/sync"
    assert environment["DAGSTER_PG_URL"] == f"postgresql+psycopg2://sync@pgbouncer:{port}/dagster"
    script = (DEPLOY / "postgres/create-dagster-database.sql").read_text(encoding="utf-8")
    assert "CREATE DATABASE dagster OWNER sync;" in script
