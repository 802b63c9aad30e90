"""The commands of docs/deployment.md that back up and restore, run as they are written, without their containers."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, select

from sync_pipeline.adapters.sql.tables import metadata
from sync_pipeline.domain.run import Layer
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.deploy.files import ROOT
from sync_pipeline_tests.end_to_end.deployment import VIRTUOUS, VOMO, Deployment, deployed
from sync_pipeline_tests.end_to_end.expectations import assert_delivered
from sync_pipeline_tests.postgres import PostgresServer

GUIDE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
IN_POSTGRES = re.compile(r"^\$ docker compose … exec -T postgres (pg_\w+) (.+) sync [<>] sync\.dump$", re.MULTILINE)
IN_DEBIAN = re.compile(r"^\$ docker run .*/data(?::ro)? debian:\S+ (.+?)(?: [<>] data\.tgz)$", re.MULTILINE)


@pytest.fixture
def deployment(tmp_path: Path, postgres_server: PostgresServer, postgres_database: str) -> Iterator[Deployment]:
    name = postgres_server.create_database(postgres_database)
    with deployed(tmp_path, postgres_server.url(name)) as made:
        yield made
    postgres_server.drop_database(name)


def test_what_was_backed_up_is_restored_and_nothing_is_sent_twice(
    deployment: Deployment, postgres_server: PostgresServer
) -> None:
    database = make_url(deployment.workplace.settings.database_url).database
    assert database is not None
    (dump, dump_words), (restore, restore_words) = IN_POSTGRES.findall(GUIDE)
    pack, unpack = IN_DEBIAN.findall(GUIDE)

    assert deployment.night().code == 0
    backed_up = rows_of(deployment.workplace)
    saved = postgres_server.client(dump, *dump_words.split(), database)
    files = in_shell(pack, deployment)

    deployment.world.edit_vomo_user(VOMO, 3, phone="(555) 555-0142")
    deployment.world.change_vomo(VOMO, share=0, add=2)
    assert deployment.night().code == 0
    deployment.workplace.close()
    postgres_server.client(restore, *restore_words.split(), database, given=saved)
    in_shell(unpack, deployment, files)

    deployment.workplace = type(deployment.workplace)(deployment.workplace.settings, deployment.clock)
    assert rows_of(deployment.workplace) == backed_up
    assert deployment.night(Layer.INITIAL).code == 0
    assert_delivered(deployment.world, VIRTUOUS, VOMO)
    assert deployment.books()["duplicates"] == 0


def rows_of(workplace: Workplace) -> dict[str, list[Any]]:
    with workplace.state.database.read() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).mappings()))
            for table in metadata.sorted_tables
        }


def in_shell(command: str, deployment: Deployment, given: bytes = b"") -> bytes:
    """The command in the container of the guide; its `/data` is the data folder."""
    words = command.replace("/data", str(deployment.workplace.settings.data_folder))
    return subprocess.run(["/bin/sh", "-c", words], input=given, stdout=subprocess.PIPE, check=True).stdout
