"""How far a read is that goes over several slices, and how fast each source may be asked."""

import sqlalchemy as sa
from alembic import op

from sync_pipeline.adapters.sql.types import Json, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("change_sets", sa.Column("pages", sa.BigInteger()))
    op.add_column("change_sets", sa.Column("total", sa.BigInteger()))
    op.create_table(
        "source_paces",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("record", Json, nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "source", name=op.f("pk_source_paces")),
    )
