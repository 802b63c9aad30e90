"""The first schema: positions, change sets, ledger, quota, leases, runs."""

import sqlalchemy as sa
from alembic import op

from sync_pipeline.adapters.sql.types import Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

RowId = sa.BigInteger().with_variant(sa.Integer, "sqlite")

# What SQLite's planner assumes of each index: rows of the table, then rows that share its first column, its first two,
# and so on (https://www.sqlite.org/fileformat2.html#stat1tab). Without it an equal customer counts as ten rows, and
# claims and plans read the customer's whole ledger. Real statistics would not do: they average over the states, and
# nearly every operation is accepted, while the states that are asked for are rare.
SHAPE = {
    ("acknowledged", "sqlite_autoindex_acknowledged_1"): "1000000 100000 50000 2 1",
    ("change_sets", "ix_change_sets_customer_id_run_id"): "10000 1000 2",
    ("change_sets", "ix_change_sets_customer_id_stream_state"): "10000 1000 500 5",
    ("change_sets", "sqlite_autoindex_change_sets_1"): "10000 1000 1",
    ("ledger", "ix_ledger_customer_id_batch_id"): "1000000 100000 100",
    ("ledger", "ix_ledger_customer_id_finished_in"): "1000000 100000 1000",
    ("ledger", "ix_ledger_customer_id_reference_source_reference_id"): "1000000 100000 50000 5",
    ("ledger", "ix_ledger_customer_id_run_id"): "1000000 100000 1000",
    ("ledger", "ix_ledger_customer_id_state_priority_operation_id"): "1000000 100000 1000 500 1",
    ("ledger_changes", "ix_ledger_changes_customer_id_run_id"): "1000000 100000 1000",
    ("ledger_changes", "sqlite_autoindex_ledger_changes_1"): "1000000 100000 2 2 2 1",
    ("ledger_changes", "sqlite_autoindex_ledger_changes_2"): "1000000 100000 50000 5 3 1",
    ("quota_events", "ix_quota_events_customer_id_run_id"): "100000 2000 20",
    ("quota_events", "ix_quota_events_destination_at"): "100000 2000 1",
}


def upgrade() -> None:
    op.create_table(
        "acknowledged",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("field_group", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("row_hash", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "stream", "key", "field_group", name=op.f("pk_acknowledged")),
    )
    op.create_table(
        "audit_log",
        sa.Column("entry_id", RowId, autoincrement=True, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit_log")),
    )
    op.create_index(op.f("ix_audit_log_customer_id_at"), "audit_log", ["customer_id", "at"], unique=False)
    op.create_table(
        "breakers",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("consecutive_failures", sa.Integer(), nullable=False),
        sa.Column("paused_until", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_breakers")),
    )
    op.create_table(
        "change_sets",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("cut", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=True),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("source_requests", sa.Integer(), nullable=False),
        sa.Column("source_pauses", sa.Integer(), nullable=False),
        sa.Column("snapshot_cut", sa.BigInteger(), nullable=True),
        sa.Column("newest_modified", UtcDateTime(), nullable=True),
        sa.Column("read_started_at", UtcDateTime(), nullable=False),
        sa.Column("read_completed_at", UtcDateTime(), nullable=True),
        sa.Column("creates", sa.BigInteger(), nullable=True),
        sa.Column("updates", sa.BigInteger(), nullable=True),
        sa.Column("deletes", sa.BigInteger(), nullable=True),
        sa.Column("unchanged", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id", "cut", name=op.f("pk_change_sets")),
    )
    op.create_index(op.f("ix_change_sets_customer_id_run_id"), "change_sets", ["customer_id", "run_id"], unique=False)
    op.create_index(
        op.f("ix_change_sets_customer_id_stream_state"), "change_sets", ["customer_id", "stream", "state"], unique=False
    )
    op.create_table(
        "destinations",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.BigInteger(), nullable=True),
        sa.Column("organization_name", sa.Text(), nullable=True),
        sa.Column("rate_limit", sa.Integer(), nullable=True),
        sa.Column("rate_remaining", sa.Integer(), nullable=True),
        sa.Column("rate_resets_at", UtcDateTime(), nullable=True),
        sa.Column("rate_read_at", UtcDateTime(), nullable=True),
        sa.Column("blocked_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id", "host", name=op.f("pk_destinations")),
    )
    op.create_index(
        op.f("ix_destinations_host_organization_id"), "destinations", ["host", "organization_id"], unique=False
    )
    op.create_table(
        "leases",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("boot_id", sa.Text(), nullable=True),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("process_started", sa.Text(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_leases")),
    )
    op.create_table(
        "ledger",
        sa.Column("operation_id", RowId, autoincrement=True, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference_source", sa.Text(), nullable=False),
        sa.Column("reference_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("payload", Json, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=True),
        sa.Column("attempted_at", UtcDateTime(), nullable=True),
        sa.Column("unanswered_at", UtcDateTime(), nullable=True),
        sa.Column("deferrals", sa.Integer(), nullable=False),
        sa.Column("deferred_dates", Json, nullable=True),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("finished_in", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("planned_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("operation_id", name=op.f("pk_ledger")),
    )
    op.create_index(op.f("ix_ledger_customer_id_batch_id"), "ledger", ["customer_id", "batch_id"], unique=False)
    op.create_index(op.f("ix_ledger_customer_id_finished_in"), "ledger", ["customer_id", "finished_in"], unique=False)
    op.create_index(
        op.f("ix_ledger_customer_id_reference_source_reference_id"),
        "ledger",
        ["customer_id", "reference_source", "reference_id"],
        unique=False,
    )
    op.create_index(op.f("ix_ledger_customer_id_run_id"), "ledger", ["customer_id", "run_id"], unique=False)
    op.create_index(
        op.f("ix_ledger_customer_id_state_priority_operation_id"),
        "ledger",
        ["customer_id", "state", "priority", "operation_id"],
        unique=False,
    )
    op.create_table(
        "ledger_changes",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.BigInteger(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("field_group", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("row_hash", sa.Text(), nullable=False),
        sa.Column("cut", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "customer_id", "operation_id", "stream", "key", "field_group", name=op.f("pk_ledger_changes")
        ),
        sa.UniqueConstraint(
            "customer_id",
            "stream",
            "key",
            "field_group",
            "cut",
            name=op.f("uq_ledger_changes_customer_id_stream_key_field_group_cut"),
        ),
    )
    op.create_index(
        op.f("ix_ledger_changes_customer_id_run_id"), "ledger_changes", ["customer_id", "run_id"], unique=False
    )
    op.create_table(
        "positions",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("read_position", UtcDateTime(), nullable=True),
        sa.Column("checkpoint", UtcDateTime(), nullable=True),
        sa.Column("checkpoint_cut", sa.BigInteger(), nullable=True),
        sa.Column("accounted_at", UtcDateTime(), nullable=True),
        sa.Column("snapshot_cut", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_cut", sa.BigInteger(), nullable=True),
        sa.Column("mapping_hash", sa.Text(), nullable=True),
        sa.Column("last_run_id", sa.Text(), nullable=True),
        sa.Column("last_run_completed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id", "source", "stream", "direction", name=op.f("pk_positions")),
    )
    op.create_table(
        "quota_events",
        sa.Column("event_id", RowId, autoincrement=True, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("throttled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_quota_events")),
    )
    op.create_index(op.f("ix_quota_events_customer_id_run_id"), "quota_events", ["customer_id", "run_id"], unique=False)
    op.create_index(op.f("ix_quota_events_destination_at"), "quota_events", ["destination", "at"], unique=False)
    op.create_table(
        "runs",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("completed_at", UtcDateTime(), nullable=True),
        sa.Column("resume_at", UtcDateTime(), nullable=True),
        sa.Column("report", Json, nullable=True),
        sa.PrimaryKeyConstraint("customer_id", "run_id", name=op.f("pk_runs")),
    )
    op.create_index(op.f("ix_runs_customer_id_started_at"), "runs", ["customer_id", "started_at"], unique=False)
    op.create_table(
        "slices",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("slice", sa.Integer(), nullable=False),
        sa.Column("dagster_run_id", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("failures", Json, nullable=True),
        sa.PrimaryKeyConstraint("customer_id", "run_id", "slice", name=op.f("pk_slices")),
    )
    if op.get_bind().dialect.name == "sqlite":
        tell_the_planner()


def tell_the_planner() -> None:
    op.execute("ANALYZE")  # makes the table of statistics
    for (table, index), numbers in SHAPE.items():
        op.execute(f"INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('{table}', '{index}', '{numbers}')")  # noqa: S608  our own names
