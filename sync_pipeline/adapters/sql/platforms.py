"""Platforms that fail for several customers in a row: no row for those that answer."""

import msgspec
import structlog
from sqlalchemy import Connection, bindparam, delete, select

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.tables import platforms
from sync_pipeline.adapters.sql.upsert import upsert
from sync_pipeline.domain.platforms import PlatformState, Trouble, first_failure
from sync_pipeline.ports import Clock

log = structlog.get_logger()

KNOWN = select(platforms.c.platform).where(platforms.c.platform == bindparam("name"))


class SqlPlatforms:
    """Implements ports.Platforms."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def hold_back(self, platform: str, customer_id: str) -> PlatformState | None:
        if not self._is_known(platform):
            return None
        with self._database.write() as connection:
            state, now = _read(connection, platform), self._clock.now()
            if state is None or not state.is_down:
                return None
            if state.held_until(now) is not None and state.prober != customer_id:
                return state
            self._write(connection, platform, state.probed_by(customer_id, now))
            return None

    def answered(self, platform: str) -> None:
        if not self._is_known(platform):
            return
        with self._database.write() as connection:
            state = _read(connection, platform)
            connection.execute(delete(platforms).where(platforms.c.platform == platform))
        if state is not None and state.is_down:
            log.warning("platform_came_back", platform=platform, trouble=state.trouble.value)

    def failed(self, platform: str, customer_id: str, trouble: Trouble) -> PlatformState | None:
        with self._database.write() as connection:
            before, now = _read(connection, platform), self._clock.now()
            first = before is None
            after = first_failure(customer_id, trouble, now) if first else before.after(customer_id, trouble, now)
            self._write(connection, platform, after)
        if not after.is_down:
            return None
        if first or not before.is_down:
            log.error("platform_went_down", platform=platform, trouble=trouble.value, customers=after.failing)
        return after

    def down(self) -> dict[str, PlatformState]:
        with self._database.read() as connection:
            rows = connection.execute(select(platforms.c.platform, platforms.c.record)).all()
        states = {row.platform: msgspec.convert(row.record, PlatformState) for row in rows}
        return {name: state for name, state in states.items() if state.is_down}

    def _is_known(self, platform: str) -> bool:
        with self._database.read() as connection:
            return connection.execute(KNOWN, {"name": platform}).first() is not None

    def _write(self, connection: Connection, platform: str, state: PlatformState) -> None:
        row = {"platform": platform, "record": msgspec.to_builtins(state), "updated_at": self._clock.now()}
        upsert(connection, platforms, [row])


def _read(connection: Connection, platform: str) -> PlatformState | None:
    """The state, locked until this transaction ends where another process could change it meanwhile."""
    record = connection.execute(
        select(platforms.c.record).where(platforms.c.platform == platform).with_for_update()
    ).scalar()
    return None if record is None else msgspec.convert(record, PlatformState)
