"""When the files of a cut were removed because nobody needs them any more."""

import sqlalchemy as sa
from alembic import op

from sync_pipeline.adapters.sql.types import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("change_sets", sa.Column("pruned_at", UtcDateTime()))
