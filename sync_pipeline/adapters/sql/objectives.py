"""What became of everybody's last thirty days; and since when whose data is too old, as long as it is."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.fleet import NIGHTS
from sync_pipeline.adapters.sql.parts import parts
from sync_pipeline.adapters.sql.tables import audit_log, positions, runs, stale_spells
from sync_pipeline.domain.objectives import PERIOD, Past, Span
from sync_pipeline.domain.pause import MACHINES
from sync_pipeline.ports import Clock

A_DAY = timedelta(days=1)


class SqlObjectives:
    """Spells of staleness are noted when somebody looks; everything else is read from what is there anyway."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def note(self, stale: Mapping[str, datetime]) -> None:
        """Note who is stale now, and since when; for who is not any more a spell ends now."""
        with self._database.read() as connection:
            known = _open_spells(connection)
        begun = {customer_id: since for customer_id, since in stale.items() if customer_id not in known}
        over = [customer_id for customer_id in known if customer_id not in stale]
        if not begun and not over:
            return
        with self._database.write() as connection:
            known, ended = _open_spells(connection), _last_ends(connection, list(begun))
            rows = [
                # Resumed after a pause and stale as before: what is counted already is not counted again.
                {"customer_id": customer_id, "began_at": max(since, ended.get(customer_id, since))}
                for customer_id, since in begun.items()
                if customer_id not in known
            ]
            if rows:
                connection.execute(insert(stale_spells), rows)
            for some in parts(over):
                theirs = and_(stale_spells.c.customer_id.in_(some), stale_spells.c.ended_at.is_(None))
                connection.execute(update(stale_spells).where(theirs).values(ended_at=self._clock.now()))

    def past(self, customer_ids: Sequence[str] | None = None) -> dict[str, Past]:
        """Of these customers, or of all; of who has never run there is none."""
        now = self._clock.now()
        since = now - PERIOD
        slots = [(since - A_DAY + A_DAY * day).date().isoformat() for day in range(PERIOD.days + 4)]
        with self._database.read() as connection:
            began = _began(connection, customer_ids)
            nights = _nights(connection, list(began), slots)
            spells: dict[str, list[Span]] = {}
            lasted = or_(stale_spells.c.ended_at.is_(None), stale_spells.c.ended_at > since)
            for row in connection.execute(select(stale_spells).where(lasted).order_by(stale_spells.c.began_at)):
                spells.setdefault(row.customer_id, []).append((row.began_at, row.ended_at))
            pauses = _pauses(connection)
        return {
            customer_id: Past(
                began_at, nights.get(customer_id, {}), pauses.get(customer_id, ()), spells.get(customer_id, ())
            )
            for customer_id, began_at in began.items()
        }


def _open_spells(connection: Connection) -> set[str]:
    there = select(stale_spells.c.customer_id).where(stale_spells.c.ended_at.is_(None))
    return set(connection.execute(there).scalars())


def _last_ends(connection: Connection, customer_ids: Sequence[str]) -> dict[str, datetime]:
    newest = select(stale_spells.c.customer_id, func.max(stale_spells.c.ended_at).label("at"))
    statement = newest.where(stale_spells.c.ended_at.is_not(None)).group_by(stale_spells.c.customer_id)
    each = _each(statement, stale_spells.c.customer_id, customer_ids)
    return {row.customer_id: row.at for one in each for row in connection.execute(one)}


def _began(connection: Connection, customer_ids: Sequence[str] | None) -> dict[str, Any]:
    """When everybody's first run began: one look into an index each, however many runs there are."""
    everybody = select(positions.c.customer_id).distinct().subquery()
    first = select(func.min(runs.c.started_at)).where(runs.c.customer_id == everybody.c.customer_id).scalar_subquery()
    statement = select(everybody.c.customer_id, first.label("at"))
    wanted = [statement] if customer_ids is None else _each(statement, everybody.c.customer_id, customer_ids)
    return {row.customer_id: row.at for one in wanted for row in connection.execute(one) if row.at is not None}


def _each(statement: Any, column: Any, customer_ids: Sequence[str]) -> Iterable[Any]:
    return (statement.where(column.in_(some)) for some in parts(customer_ids))


def _nights(
    connection: Connection, customer_ids: Sequence[str], slots: Sequence[str]
) -> dict[str, dict[str, set[str]]]:
    columns = (runs.c.customer_id, runs.c.slot, runs.c.status)
    statement = select(*columns).where(runs.c.slot.in_(slots), runs.c.layer.in_(NIGHTS))
    found: dict[str, dict[str, set[str]]] = {}
    for one in _each(statement, runs.c.customer_id, customer_ids):
        for row in connection.execute(one):
            found.setdefault(row.customer_id, {}).setdefault(row.slot, set()).add(row.status)
    return found


def _pauses(connection: Connection) -> Mapping[str, list[Span]]:
    """When who was stopped by somebody that knew what they did."""
    columns = (audit_log.c.customer_id, audit_log.c.at, audit_log.c.action, audit_log.c.actor)
    statement = select(*columns).where(audit_log.c.action.in_(("pause", "resume"))).order_by(audit_log.c.entry_id)
    found: dict[str, list[Span]] = {}
    for row in connection.execute(statement):
        spans = found.setdefault(row.customer_id, [])
        is_paused = bool(spans) and spans[-1][1] is None
        if row.action == "resume" and is_paused:
            spans[-1] = (spans[-1][0], row.at)
        elif row.action == "pause" and not is_paused and row.actor not in MACHINES:
            spans.append((row.at, None))
    return found
