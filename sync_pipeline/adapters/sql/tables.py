"""The tables of the state store (DESIGN section 6). The customer comes first in every key.

Changed here means changed in a migration too: `test_migrations.py` compares both.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from sync_pipeline.adapters.sql.types import Json, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

RowId = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER PRIMARY KEY counts up by itself on SQLite

NEEDS_A_PERSON = "state IN ('dead', 'review')"
"""The condition of an index over few rows; a query that is to use it says the same, with values and not parameters."""

PERSONAL = {"personal": True}
"""The mark of a column that may hold values of records; `test_privacy.py` searches every other one for them."""

deployment = Table(  # the only table about the store itself
    "deployment",
    metadata,
    Column("fact", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

positions = Table(
    "positions",
    metadata,
    Column("customer_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("read_position", UtcDateTime),
    Column("checkpoint", UtcDateTime),
    Column("checkpoint_cut", BigInteger),
    Column("accounted_at", UtcDateTime),
    Column("snapshot_cut", BigInteger),
    Column("acknowledged_cut", BigInteger),
    Column("mapping_hash", Text),
    Column("last_run_id", Text),
    Column("last_run_completed_at", UtcDateTime),
    Column("changes_token", Text),
    Column("columns", Json),
    Column("short_reads", Integer, nullable=False, server_default="0"),
    Column("polled_at", UtcDateTime),
    PrimaryKeyConstraint("customer_id", "source", "stream", "direction"),
)

change_sets = Table(
    "change_sets",
    metadata,
    Column("customer_id", Text, nullable=False),
    Column("cut", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("strategy", Text, nullable=False),
    Column("since", UtcDateTime),
    Column("proven", Boolean, nullable=False),
    Column("rows", BigInteger),
    Column("pages", BigInteger),
    Column("total", BigInteger),
    Column("source_requests", Integer, nullable=False),
    Column("source_pauses", Integer, nullable=False),
    Column("snapshot_cut", BigInteger),
    Column("newest_modified", UtcDateTime),
    Column("read_started_at", UtcDateTime, nullable=False),
    Column("read_completed_at", UtcDateTime),
    Column("creates", BigInteger),
    Column("updates", BigInteger),
    Column("deletes", BigInteger),
    Column("unchanged", BigInteger),
    Column("reason", Text),
    Column("changes_token", Text),
    Column("columns", Json),
    Column("schema_changes", Json),
    Column("held", Text),
    Column("approved_by", Text),
    Column("pruned_at", UtcDateTime),
    Column("compared_at", UtcDateTime),
    PrimaryKeyConstraint("customer_id", "cut"),
    Index(None, "customer_id", "run_id"),
    Index(None, "customer_id", "stream", "state"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("operation_id", RowId, primary_key=True, autoincrement=True),
    Column("customer_id", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reference_source", Text, nullable=False),
    Column("reference_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("payload", Json, info=PERSONAL),
    Column("attempts", Integer, nullable=False),
    Column("batch_id", Text),
    Column("attempted_at", UtcDateTime),
    Column("unanswered_at", UtcDateTime),
    Column("deferrals", Integer, nullable=False),
    Column("deferred_dates", Json),
    Column("accepted_at", UtcDateTime),
    Column("confirmed_at", UtcDateTime),
    Column("finished_in", Text),
    Column("reason", Text),
    Column("evidence", Text),
    Column("planned_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("action", Text, nullable=False, server_default="save"),
    Column("waits_for", Text),
    Column("request", Json, info=PERSONAL),
    Column("endpoint", Text),
    Column("permits", Text),
    Index(None, "customer_id", "state", "priority", "operation_id"),
    Index(None, "customer_id", "reference_source", "reference_id"),
    Index(None, "customer_id", "run_id"),
    Index(None, "customer_id", "batch_id"),
    Index(None, "customer_id", "finished_in"),
    Index(
        "ix_ledger_needs_a_person",
        *("customer_id", "state", "updated_at"),
        postgresql_where=text(NEEDS_A_PERSON),
        sqlite_where=text(NEEDS_A_PERSON),
    ),
)

ledger_changes = Table(
    "ledger_changes",
    metadata,
    Column("customer_id", Text, nullable=False),
    Column("operation_id", BigInteger, nullable=False),
    Column("stream", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("field_group", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("row_hash", Text, nullable=False),
    Column("cut", BigInteger, nullable=False),
    Column("run_id", Text, nullable=False),
    PrimaryKeyConstraint("customer_id", "operation_id", "stream", "key", "field_group"),
    UniqueConstraint("customer_id", "stream", "key", "field_group", "cut"),
    Index(None, "customer_id", "run_id"),
)

crm_ids = Table(
    "crm_ids",
    metadata,
    Column("customer_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reference_source", Text, nullable=False),
    Column("reference_id", Text, nullable=False),
    Column("crm_id", BigInteger, nullable=False),
    Column("part_id", BigInteger),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("archived_at", UtcDateTime),
    PrimaryKeyConstraint("customer_id", "kind", "reference_source", "reference_id"),
    Index(None, "customer_id", "kind", "crm_id"),
)

acknowledged = Table(
    "acknowledged",
    metadata,
    Column("customer_id", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("field_group", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("row_hash", Text, nullable=False),
    Column("operation_id", BigInteger, nullable=False),
    Column("acknowledged_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("customer_id", "stream", "key", "field_group"),
)

runs = Table(
    "runs",
    metadata,
    Column("customer_id", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("layer", Text, nullable=False),
    Column("slot", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
    Column("resume_at", UtcDateTime),
    Column("report", Json),
    Column("parked_in", Text),
    Column("foretold", Json),
    PrimaryKeyConstraint("customer_id", "run_id"),
    Index(None, "customer_id", "started_at"),
    Index(None, "status", "resume_at"),
    Index(None, "slot", "customer_id"),
    Index(None, "completed_at"),
)

slices = Table(
    "slices",
    metadata,
    Column("customer_id", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("slice", Integer, nullable=False),
    Column("dagster_run_id", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("status", Text),
    Column("failures", Json),
    Column("before", Json),
    Column("advanced", Boolean),
    Column("organization_id", BigInteger),
    PrimaryKeyConstraint("customer_id", "run_id", "slice"),
)

destinations = Table(
    "destinations",
    metadata,
    Column("customer_id", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("organization_id", BigInteger),
    Column("organization_name", Text),
    Column("rate_limit", Integer),
    Column("rate_remaining", Integer),
    Column("rate_resets_at", UtcDateTime),
    Column("rate_read_at", UtcDateTime),
    Column("blocked_until", UtcDateTime),
    PrimaryKeyConstraint("customer_id", "host"),
    Index(None, "host", "organization_id"),
)

quota_events = Table(
    "quota_events",
    metadata,
    Column("event_id", RowId, primary_key=True, autoincrement=True),
    Column("customer_id", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("batch_id", Text),
    Column("trace_id", Text),
    Column("outcome", Text),
    Column("status", Integer),
    Index(None, "destination", "at"),
    Index(None, "customer_id", "run_id"),
)
Index(
    "ix_quota_events_questions",
    quota_events.c.customer_id,
    quota_events.c.at,
    sqlite_where=quota_events.c.batch_id.is_(None),
    postgresql_where=quota_events.c.batch_id.is_(None),
)

breakers = Table(
    "breakers",
    metadata,
    Column("customer_id", Text, primary_key=True),
    Column("consecutive_failures", Integer, nullable=False),
    Column("paused_until", UtcDateTime),
    Column("reason", Text),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("needs_person", Boolean, nullable=False, server_default=false()),
)

leases = Table(
    "leases",
    metadata,
    Column("customer_id", Text, primary_key=True),
    Column("token", BigInteger, nullable=False),
    Column("holder", Text),
    Column("host", Text),
    Column("boot_id", Text),
    Column("pid", Integer),
    Column("process_started", Text),
    Column("expires_at", UtcDateTime),
    Column("taken_over_at", UtcDateTime),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("entry_id", RowId, primary_key=True, autoincrement=True),
    Column("customer_id", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("reason", Text),
    Index(None, "customer_id", "at"),
)

source_paces = Table(
    "source_paces",
    metadata,
    Column("customer_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("record", Json, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("customer_id", "source"),
)

platforms = Table(
    "platforms",
    metadata,
    Column("platform", Text, nullable=False),
    Column("record", Json, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("platform"),
)

alerts = Table(  # problems that people know of, or are about to
    "alerts",
    metadata,
    Column("customer_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("problem", Json, nullable=False),
    PrimaryKeyConstraint("customer_id", "name", "part"),
)

alert_changes = Table(  # each told once, in the notice it names
    "alert_changes",
    metadata,
    Column("change_id", RowId, primary_key=True, autoincrement=True),
    Column("customer_id", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("change", Json, nullable=False),
    Column("notice_id", BigInteger),
    Index(None, "customer_id", "at"),
    Index(None, "notice_id"),
)

notices = Table(  # messages to people, from the moment they are written until they have arrived
    "notices",
    metadata,
    Column("notice_id", RowId, primary_key=True, autoincrement=True),
    Column("channel", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("once", Text, unique=True),
    Column("state", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("attempted_at", UtcDateTime),
    Column("next_try_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("spoken_at", UtcDateTime),
    Column("reason", Text),
    Index(None, "state", "next_try_at"),
    Index(None, "channel", "topic", "created_at"),
)

stale_spells = Table(  # from the moment whose data became too old until it was renewed
    "stale_spells",
    metadata,
    Column("customer_id", Text, nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    PrimaryKeyConstraint("customer_id", "began_at"),
    Index(None, "ended_at"),
)


def is_personal(column: Column[Any]) -> bool:
    return column.info == PERSONAL
