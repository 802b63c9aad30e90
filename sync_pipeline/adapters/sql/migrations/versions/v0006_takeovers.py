"""When a lease was taken from a holder who may still live."""

import sqlalchemy as sa
from alembic import op

from sync_pipeline.adapters.sql.types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("leases", sa.Column("taken_over_at", UtcDateTime()))
