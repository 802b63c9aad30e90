"""Where a run parked, what it was foretold to take, and how far each of its slices came."""

import sqlalchemy as sa
from alembic import op

from sync_pipeline.adapters.sql.types import Json

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("parked_in", sa.Text()))
    op.add_column("runs", sa.Column("foretold", Json))
    op.add_column("slices", sa.Column("before", Json))
    op.add_column("slices", sa.Column("advanced", sa.Boolean()))
    op.add_column("slices", sa.Column("organization_id", sa.BigInteger()))
    op.create_index("ix_runs_status_resume_at", "runs", ["status", "resume_at"])
