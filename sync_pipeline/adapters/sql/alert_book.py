"""Alerts that are open, changes that are to be told, and the messages that tell them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, bindparam, delete, func, insert, or_, select, update

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.tables import alert_changes, alerts, deployment, notices
from sync_pipeline.adapters.sql.upsert import insert_ignoring, upsert
from sync_pipeline.domain.alerts import Change, ChangeKind, OpenAlert, Problem, Seen, Subject, changes
from sync_pipeline.domain.alerts.notices import GATHERED_FOR, Notice, NoticeState, StoredChange
from sync_pipeline.ports import Clock

UNTOLD = select(alert_changes).where(alert_changes.c.notice_id.is_(None)).order_by(alert_changes.c.change_id)
THIS_NOTICE = notices.c.notice_id == bindparam("notice")
MOVE = update(notices).where(THIS_NOTICE)
LOOKED_AT = "alerts_looked_at"
SILENT_FOR = timedelta(seconds=60)
"""Who sends a notice has an answer, or has given up, in a few seconds: after that their process is gone."""


class SqlAlertBook:
    """Implements ports.AlertBook. Every step is one transaction: whoever is killed between two tells nothing twice."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def record(self, seen: Seen) -> list[Change]:
        """Note what one look at the fleet saw; answers what changed, which is to be told now."""
        now = self._clock.now()
        with self._database.write() as connection:
            known = _open_alerts(connection)
            changed = changes(known, seen, now)
            ended = [change.problem.subject for change in changed if change.kind is ChangeKind.ENDED]
            for subject in ended:
                connection.execute(delete(alerts).where(_is(subject)))
            since = {subject: alert.since for subject, alert in known.items()}
            shown = [problem for problem in seen.problems if problem.subject not in seen.hidden]
            before = {subject: alert.problem for subject, alert in known.items()}
            different = [problem for problem in shown if before.get(problem.subject) != problem]
            upsert(connection, alerts, [_row(problem, since.get(problem.subject, now)) for problem in different])
            if changed:
                connection.execute(insert(alert_changes), [_change_row(change) for change in changed])
        return changed

    def look(self) -> datetime | None:
        """Note that somebody looks now; answers when the last look was."""
        now = self._clock.now()
        with self._database.write() as connection:
            last = connection.execute(select(deployment.c.value).where(deployment.c.fact == LOOKED_AT)).scalar()
            upsert(connection, deployment, [{"fact": LOOKED_AT, "value": now.isoformat()}])
        return None if last is None else datetime.fromisoformat(last)

    def last_look(self) -> datetime | None:
        with self._database.read() as connection:
            last = connection.execute(select(deployment.c.value).where(deployment.c.fact == LOOKED_AT)).scalar()
        return None if last is None else datetime.fromisoformat(last)

    def open_alerts(self) -> dict[Subject, OpenAlert]:
        with self._database.read() as connection:
            return _open_alerts(connection)

    def untold(self) -> list[StoredChange]:
        """Changes that no notice tells yet, oldest first."""
        with self._database.read() as connection:
            return [
                StoredChange(row.change_id, msgspec.convert(row.change, Change)) for row in connection.execute(UNTOLD)
            ]

    def last_told(self) -> dict[tuple[str, str], datetime]:
        """When each (channel, topic) had its last notice, as far back as that matters."""
        recent = select(notices.c.channel, notices.c.topic, func.max(notices.c.created_at).label("at")).where(
            notices.c.created_at > self._clock.now() - GATHERED_FOR
        )
        with self._database.read() as connection:
            rows = connection.execute(recent.group_by(notices.c.channel, notices.c.topic)).all()
        return {(row.channel, row.topic): row.at for row in rows}

    def tell(self, channel: str, topic: str, text: str, change_ids: Sequence[int]) -> None:
        """A notice that tells these changes, and no other one ever will."""
        with self._database.write() as connection:
            untold = select(alert_changes.c.change_id).where(
                alert_changes.c.change_id.in_(change_ids), alert_changes.c.notice_id.is_(None)
            )
            if len(connection.execute(untold).all()) < len(change_ids):
                return  # somebody else told some of them meanwhile; the next look tells the rest
            number = connection.execute(insert(notices), self._notice(channel, topic, text)).inserted_primary_key
            ids = alert_changes.c.change_id.in_(change_ids)
            connection.execute(update(alert_changes).where(ids).values(notice_id=None if number is None else number[0]))

    def tell_once(self, channel: str, topic: str, text: str, once: str) -> None:
        """A notice of its own, unless there was one of this name before."""
        with self._database.write() as connection:
            insert_ignoring(connection, notices, [self._notice(channel, topic, text) | {"once": once}])

    def was_told(self, once: str) -> bool:
        with self._database.read() as connection:
            return connection.execute(select(notices.c.notice_id).where(notices.c.once == once)).first() is not None

    def due(self) -> list[Notice]:
        """Notices whose time has come, in the order they were written, and those whose sender is gone."""
        now = self._clock.now()
        waits = and_(notices.c.state == NoticeState.QUEUED.value, notices.c.next_try_at <= now)
        left = and_(notices.c.state == NoticeState.SENDING.value, notices.c.attempted_at < now - SILENT_FOR)
        with self._database.read() as connection:
            rows = connection.execute(select(notices).where(or_(waits, left)).order_by(notices.c.notice_id)).all()
        return [_notice(row) for row in rows]

    def begin_sending(self, notice: Notice) -> bool:
        """Say that it may have left; False when somebody else sends it."""
        with self._database.write() as connection:
            unchanged = and_(
                THIS_NOTICE, notices.c.state == notice.state.value, notices.c.attempts == bindparam("attempts_seen")
            )
            begun = (
                update(notices)
                .where(unchanged)
                .values(
                    state=NoticeState.SENDING.value, attempts=notices.c.attempts + 1, attempted_at=self._clock.now()
                )
            )
            which = {"notice": notice.notice_id, "attempts_seen": notice.attempts}
            return connection.execute(begun, which).rowcount == 1

    def sent(self, notice: Notice) -> None:
        self._move(notice, {"state": NoticeState.SENT.value, "sent_at": self._clock.now(), "reason": None})

    def try_again(self, notice: Notice, at: datetime, reason: str) -> None:
        self._move(notice, {"state": NoticeState.QUEUED.value, "next_try_at": at, "reason": reason})

    def spoken(self, notice: Notice) -> None:
        """The second channel said it, while it waits for the first one."""
        self._move(notice, {"spoken_at": self._clock.now()})

    def unsent(self) -> int:
        """How many notices have not arrived."""
        with self._database.read() as connection:
            waits = notices.c.state != NoticeState.SENT.value
            return connection.execute(select(func.count()).select_from(notices).where(waits)).scalar_one()

    def _move(self, notice: Notice, values: Mapping[str, Any]) -> None:
        with self._database.write() as connection:
            connection.execute(update(notices).where(notices.c.notice_id == notice.notice_id).values(**values))

    def _notice(self, channel: str, topic: str, text: str) -> dict[str, Any]:
        now = self._clock.now()
        return {
            "channel": channel,
            "topic": topic,
            "text": text,
            "state": NoticeState.QUEUED.value,
            "created_at": now,
            "attempts": 0,
            "next_try_at": now,
        }


def _open_alerts(connection: Connection) -> dict[Subject, OpenAlert]:
    known = (OpenAlert(msgspec.convert(row.problem, Problem), row.since) for row in connection.execute(select(alerts)))
    return {alert.problem.subject: alert for alert in known}


def _is(subject: Subject) -> Any:
    return and_(
        alerts.c.customer_id == subject.customer_id, alerts.c.name == subject.name, alerts.c.part == subject.part
    )


def _row(problem: Problem, since: datetime) -> dict[str, Any]:
    subject = problem.subject
    return {
        "customer_id": subject.customer_id,
        "name": subject.name,
        "part": subject.part,
        "since": since,
        "problem": msgspec.to_builtins(problem),
    }


def _change_row(change: Change) -> dict[str, Any]:
    return {
        "customer_id": change.problem.subject.customer_id,
        "at": change.at,
        "change": msgspec.to_builtins(change),
    }


def _notice(row: Row) -> Notice:
    return Notice(
        notice_id=row.notice_id,
        channel=row.channel,
        text=row.text,
        state=NoticeState(row.state),
        attempts=row.attempts,
        attempted_at=row.attempted_at,
        is_spoken=row.spoken_at is not None,
    )
