"""What Dagster does again for every connection on SQLite, done once for each database: a third of what a run costs here.

It makes an engine anew, which compiles every statement anew; these engines keep no connection (`NullPool`), so one that
is used again differs in nothing else. And it reads all its migrations to learn the newest, which no test adds to.
"""

from functools import lru_cache

from alembic.config import Config
from alembic.script import ScriptDirectory
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage
from sqlalchemy import Engine, NullPool, create_engine

DATABASES = 16
_read = ScriptDirectory.from_config
_scripts: dict[str, ScriptDirectory] = {}


def keep_engines() -> None:
    """For this process and those it forks."""
    for module in (sqlite_event_log, sqlite_run_storage, sqlite_schedule_storage):
        setattr(module, "create_engine", engine)  # noqa: B010 - not a name the module declares
    setattr(ScriptDirectory, "from_config", scripts)  # noqa: B010 - alembic's commands look it up there


def engine(url: str, poolclass: type[NullPool], connect_args: dict[str, float] | None = None) -> Engine:
    return _kept(url, poolclass, tuple((connect_args or {}).items()))


@lru_cache(DATABASES)
def _kept(url: str, poolclass: type[NullPool], arguments: tuple[tuple[str, float], ...]) -> Engine:
    return create_engine(url, poolclass=poolclass, connect_args=dict(arguments))


def scripts(config: Config) -> ScriptDirectory:
    location = config.get_main_option("script_location") or ""
    if location not in _scripts:
        _scripts[location] = _read(config)
    return _scripts[location]
