"""A breaker that stays open until a person has looked, and runs by their slot."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("breakers", sa.Column("needs_person", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(op.f("ix_runs_slot_customer_id"), "runs", ["slot", "customer_id"])
