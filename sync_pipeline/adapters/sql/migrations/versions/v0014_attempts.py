"""Every attempt: which requests an operation left in, with their batch, trace and answer."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ledger", sa.Column("permits", sa.Text()))
    op.add_column("quota_events", sa.Column("batch_id", sa.Text()))
    op.add_column("quota_events", sa.Column("trace_id", sa.Text()))
    op.add_column("quota_events", sa.Column("outcome", sa.Text()))
    op.add_column("quota_events", sa.Column("status", sa.Integer()))
    op.execute("UPDATE quota_events SET outcome = 'throttled', status = 429 WHERE throttled")
    op.drop_column("quota_events", "throttled")
    is_question = sa.text("batch_id IS NULL")
    op.create_index(
        "ix_quota_events_questions",
        "quota_events",
        ["customer_id", "at"],
        sqlite_where=is_question,
        postgresql_where=is_question,
    )
