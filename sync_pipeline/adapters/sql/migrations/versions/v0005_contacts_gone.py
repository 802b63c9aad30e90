"""Contacts that staff archived: nothing more is written to them."""

import sqlalchemy as sa
from alembic import op

from sync_pipeline.adapters.sql.types import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("crm_ids", sa.Column("archived_at", UtcDateTime()))
