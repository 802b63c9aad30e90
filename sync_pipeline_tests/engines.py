"""What Dagster does again for every statement on SQLite, done once for each database: half of what a run costs here.

It makes an engine and opens the file anew, which reads the schema and compiles the statement anew; here both are kept.
And it reads all its migrations to learn the newest, to which no test adds any.
"""

import os
from functools import lru_cache

from alembic.config import Config
from alembic.script import ScriptDirectory
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage
from sqlalchemy import Engine, Pool, QueuePool, create_engine

DATABASES = 16
_read = ScriptDirectory.from_config
_scripts: dict[str, ScriptDirectory] = {}


def keep_engines() -> None:
    """For this process, and for those it forks."""
    for module in (sqlite_event_log, sqlite_run_storage, sqlite_schedule_storage):
        setattr(module, "create_engine", engine)  # noqa: B010 - not a name the module declares
    setattr(ScriptDirectory, "from_config", scripts)  # noqa: B010 - alembic's commands look it up there


def engine(url: str, poolclass: type[Pool], connect_args: dict[str, float] | None = None) -> Engine:
    """Takes the place of SQLAlchemy's; whoever asks with `NullPool` gets connections that stay open."""
    del poolclass
    return _kept(url, os.getpid(), tuple((connect_args or {}).items()))


@lru_cache(DATABASES)
def _kept(url: str, process: int, arguments: tuple[tuple[str, float], ...]) -> Engine:
    del process  # SQLite's connections must not be carried over a fork
    kept = create_engine(url, poolclass=QueuePool, connect_args=dict(arguments))
    setattr(kept, "dispose", lambda: None)  # noqa: B010 - Dagster says it after every statement
    return kept


def scripts(config: Config) -> ScriptDirectory:
    location = config.get_main_option("script_location") or ""
    if location not in _scripts:
        _scripts[location] = _read(config)
    return _scripts[location]
