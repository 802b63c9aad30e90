"""Platforms that fail for several customers in a row."""

import sqlalchemy as sa
from alembic import op

from sync_pipeline.adapters.sql.types import Json, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "platforms",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("record", Json, nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("platform", name=op.f("pk_platforms")),
    )
