"""How far a read is that goes over several slices."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("change_sets", sa.Column("pages", sa.BigInteger()))
    op.add_column("change_sets", sa.Column("total", sa.BigInteger()))
