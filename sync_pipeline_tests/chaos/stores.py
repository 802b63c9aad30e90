"""A migrated state store of its own for each seed, on either kind of database."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline_tests.postgres import PostgresServer


class Stores(Protocol):
    def url(self, folder: Path) -> str:
        """Address of a state store without a row."""
        ...

    def restart(self) -> None:
        """The database server dies and comes back; nothing where there is none."""
        ...


class SqliteStores:
    """Copies of a migrated file: fifty times as quick as a migration."""

    def __init__(self, migrated: Path) -> None:
        self._migrated = migrated

    def url(self, folder: Path) -> str:
        return f"sqlite:///{shutil.copy(self._migrated, folder / 'state.db')}"

    def restart(self) -> None:
        """SQLite is no server."""


class PostgresStores:
    """Copies of a migrated database on a server of our own, which keeps what it said was committed."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._migrated = server.create_database()
        Database(server.url(self._migrated)).close()

    def url(self, folder: Path) -> str:
        del folder
        return self._server.url(self._server.create_database(self._migrated, synchronous_commit="on"))

    def restart(self) -> None:
        self._server.crash_and_restart()


@contextmanager
def opened_stores(kind: str, base: Path) -> Iterator[Stores]:
    if kind == "sqlite":
        migrated = base / "migrated.db"
        Database(f"sqlite:///{migrated}").close()
        yield SqliteStores(migrated)
        return
    with PostgresServer() as server:
        yield PostgresStores(server)
