"""Reads in a row in which the source kept back records that it counts."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("positions", sa.Column("short_reads", sa.Integer(), nullable=False, server_default="0"))
