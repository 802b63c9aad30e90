"""One engine, two kinds of transaction, and migrations applied on opening."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError

from sync_pipeline.domain.errors import ConfigurationError

BUSY_TIMEOUT_SECONDS = 30
SWITCH_RETRY_SECONDS = 0.01
LOCK_RETRY_SECONDS = 0.001
HEAD_REVISION = "0016"
MIGRATION_LOCK = 7_406_123_011  # any number, the same in every process: PostgreSQL's advisory lock of our migrations


class Joined(threading.local):
    """The transaction that a thread's writes are part of, while it writes together."""

    connection: Connection | None = None


class Database:
    """The state store's connection. Short transactions only: SQLite has one writer at a time."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine_for(url)
        self._joined = Joined()
        self._migrate()

    @contextmanager
    def write(self) -> Generator[Connection]:
        """A transaction that may change things; on SQLite it takes the write lock at once."""
        if self._joined.connection is not None:
            yield self._joined.connection
            return
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def together(self) -> Generator[None]:
        """What this thread writes in the block is one transaction. Nothing may be awaited in it."""
        around = self._joined.connection
        with self.write() as connection:
            self._joined.connection = connection
            try:
                yield
            finally:
                self._joined.connection = around

    @contextmanager
    def read(self) -> Generator[Connection]:
        """A consistent view; never waits for a writer."""
        with self.engine.connect().execution_options(sync_read_only=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        self.engine.dispose()

    def _migrate(self) -> None:
        try:
            with self.read() as connection:
                revision = current_revision(connection)
            if revision is not None and not revision.isdecimal():
                raise ConfigurationError(
                    f"The database at {without_password(self.engine.url)} holds the tables of another program.",
                    "Let SYNC_DATABASE_URL name a database of its own; Dagster's storage needs one too.",
                )
            if revision is None or revision < HEAD_REVISION:
                upgrade(self.engine)
        except DatabaseError as error:
            raise ConfigurationError(
                f"The state store at {without_password(self.engine.url)} cannot be opened: "
                f"{type(error.orig).__name__}.",
                "Check SYNC_DATABASE_URL: the server must be reachable, the file an SQLite database, and the user "
                "allowed to write and to make tables.",
            ) from None
        if revision is not None and revision > HEAD_REVISION:
            raise ConfigurationError(
                f"The state store at {without_password(self.engine.url)} was made by a newer release "
                f"(schema {revision}, this one knows {HEAD_REVISION}).",
                "Install that release again, or let SYNC_DATABASE_URL name another state store.",
            )


def create_engine_for(url: str) -> Engine:
    """An engine for an SQLAlchemy URL; bare `postgresql://` means psycopg2, the driver Dagster brings along.

    Parameters are payloads: no error and no log of SQLAlchemy tells them.
    """
    try:
        parsed = make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg2")
        if parsed.get_backend_name() == "sqlite":
            return create_sqlite_engine(parsed)
        return create_engine(parsed, pool_size=2, max_overflow=8, pool_pre_ping=True, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, ValueError):
        raise ConfigurationError(
            "SYNC_DATABASE_URL is not a database address that is understood.",
            "Write sqlite:////absolute/path/state.db or postgresql://user:password@host/database.",
        ) from None


def create_sqlite_engine(url: URL) -> Engine:
    if url.database in (None, "", ":memory:"):
        raise ArgumentError("every connection would have a state store of its own")
    file = Path(url.database)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(file, error.strerror) from None
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise unwritable(file, "it may only be read")
    # Kept open: opening the file, and the checkpoint at closing it, took a fifth of the time of every transaction.
    engine = create_engine(
        url, pool_size=2, max_overflow=8, connect_args={"timeout": BUSY_TIMEOUT_SECONDS}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        write_ahead(connection)
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A deferred transaction that turns into a writer fails at once when another one wrote: no busy timeout helps.
        if connection.get_execution_options().get("sync_read_only", False):
            connection.exec_driver_sql("BEGIN")
        else:
            begin_writing(connection)

    return engine


def begin_writing(connection: Connection) -> None:
    """Take SQLite's write lock. Its own waiting backs off to 100 ms, and who holds the lock is done in one or two."""
    connection.exec_driver_sql("PRAGMA busy_timeout=0")
    try:
        when_free(lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"), LOCK_RETRY_SECONDS)
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_TIMEOUT_SECONDS * 1000}")


def write_ahead(connection: sqlite3.Connection) -> None:
    """Keep a write-ahead log. No busy timeout covers the first switch: who loses a race for it gets refused at once."""
    when_free(lambda: connection.execute("PRAGMA journal_mode=WAL"), SWITCH_RETRY_SECONDS)


def when_free(attempt: Callable[[], object], every_seconds: float) -> None:
    """Try as long as somebody else holds the file's lock, and no longer than any busy timeout of ours."""
    give_up_at = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            attempt()
        except (sqlite3.OperationalError, OperationalError) as error:
            if not is_busy(error) or time.monotonic() >= give_up_at:
                raise
            time.sleep(every_seconds)
        else:
            return


def is_busy(error: sqlite3.OperationalError | OperationalError) -> bool:
    refusal = error.orig if isinstance(error, OperationalError) else error
    return isinstance(refusal, sqlite3.OperationalError) and refusal.sqlite_errorcode == sqlite3.SQLITE_BUSY


def unwritable(file: Path, reason: str | None) -> ConfigurationError:
    return ConfigurationError(
        f"The state store {file} cannot be written: {reason}.",
        "Let SYNC_DATABASE_URL (or SYNC_HOME) name a place this user may write to.",
    )


def without_password(url: URL) -> str:
    """The address for a person's eyes; libpq takes passwords in the query as well."""
    return url.difference_update_query(["password", "sslpassword"]).render_as_string(hide_password=True)


def current_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(engine: Engine) -> None:
    """Bring the schema to the newest revision; processes that start together take turns."""
    from alembic import command  # noqa: PLC0415  imported only when behind: it costs a fifth of a second at every start
    from alembic.config import Config  # noqa: PLC0415  as above

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
