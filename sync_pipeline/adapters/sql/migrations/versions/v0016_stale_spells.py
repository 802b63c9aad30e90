"""When whose data was too old, for the objectives of thirty days."""

import sqlalchemy as sa
from alembic import op

from sync_pipeline.adapters.sql.types import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stale_spells",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("customer_id", "began_at"),
    )
    op.create_index("ix_stale_spells_ended_at", "stale_spells", ["ended_at"])
