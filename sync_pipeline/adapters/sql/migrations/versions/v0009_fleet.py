"""What a fleet is run by: breakers that a person closes, runs by their slot, and when each stream was polled."""

import sqlalchemy as sa
from alembic import op

from sync_pipeline.adapters.sql.types import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("breakers", sa.Column("needs_person", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("positions", sa.Column("polled_at", UtcDateTime()))
    op.create_index(op.f("ix_runs_slot_customer_id"), "runs", ["slot", "customer_id"])
