"""What the guard held, and who approved it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("change_sets", sa.Column("held", sa.Text()))
    op.add_column("change_sets", sa.Column("approved_by", sa.Text()))
