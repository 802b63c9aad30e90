"""What people were told and are to be told, and quick answers to what is asked of the whole fleet."""

import sqlalchemy as sa
from alembic import op

from sync_pipeline.adapters.sql.types import Json, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

RowId = sa.BigInteger().with_variant(sa.Integer, "sqlite")
NEEDS_A_PERSON = sa.text("state IN ('dead', 'review')")


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("problem", Json, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "name", "part", name=op.f("pk_alerts")),
    )
    op.create_table(
        "alert_changes",
        sa.Column("change_id", RowId, autoincrement=True, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("change", Json, nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_alert_changes")),
    )
    op.create_index(op.f("ix_alert_changes_customer_id_at"), "alert_changes", ["customer_id", "at"], unique=False)
    op.create_index(op.f("ix_alert_changes_notice_id"), "alert_changes", ["notice_id"], unique=False)
    op.create_table(
        "notices",
        sa.Column("notice_id", RowId, autoincrement=True, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("once", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("attempted_at", UtcDateTime(), nullable=True),
        sa.Column("next_try_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("spoken_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_notices")),
        sa.UniqueConstraint("once", name=op.f("uq_notices_once")),
    )
    op.create_index(op.f("ix_notices_state_next_try_at"), "notices", ["state", "next_try_at"], unique=False)
    op.create_index(op.f("ix_notices_channel_topic_created_at"), "notices", ["channel", "topic", "created_at"])
    op.create_index(op.f("ix_runs_completed_at"), "runs", ["completed_at"], unique=False)
    op.create_index(
        "ix_ledger_needs_a_person",
        "ledger",
        ["customer_id", "state", "updated_at"],
        postgresql_where=NEEDS_A_PERSON,
        sqlite_where=NEEDS_A_PERSON,
    )
