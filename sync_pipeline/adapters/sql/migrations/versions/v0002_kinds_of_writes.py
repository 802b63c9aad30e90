"""Every kind of write: what an operation does, what it waits for, its bound request, and the ids that Virtuous gave.

Streams keep their `changes since` token and the columns they were last read with.
"""

import sqlalchemy as sa
from alembic import op

from sync_pipeline.adapters.sql.types import Json, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# As in 0001: what SQLite's planner assumes of the index, without which it reads the customer's whole table.
SHAPE = {
    ("crm_ids", "sqlite_autoindex_crm_ids_1"): "1000000 100000 20000 10000 1",
    ("crm_ids", "ix_crm_ids_customer_id_kind_crm_id"): "1000000 100000 20000 1",
}


def upgrade() -> None:
    op.add_column("ledger", sa.Column("action", sa.Text(), nullable=False, server_default="save"))
    op.add_column("ledger", sa.Column("waits_for", sa.Text(), nullable=True))
    op.add_column("ledger", sa.Column("request", Json, nullable=True))
    op.add_column("ledger", sa.Column("endpoint", sa.Text(), nullable=True))
    op.execute("UPDATE ledger SET endpoint = 'POST /api/Contact/Transaction'")  # 0001 knew no other
    op.add_column("positions", sa.Column("changes_token", sa.Text(), nullable=True))
    op.add_column("positions", sa.Column("columns", Json, nullable=True))
    op.add_column("change_sets", sa.Column("changes_token", sa.Text(), nullable=True))
    op.add_column("change_sets", sa.Column("columns", Json, nullable=True))
    op.add_column("change_sets", sa.Column("schema_changes", Json, nullable=True))
    op.create_table(
        "crm_ids",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference_source", sa.Text(), nullable=False),
        sa.Column("reference_id", sa.Text(), nullable=False),
        sa.Column("crm_id", sa.BigInteger(), nullable=False),
        sa.Column("part_id", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "kind", "reference_source", "reference_id", name=op.f("pk_crm_ids")),
    )
    op.create_index(op.f("ix_crm_ids_customer_id_kind_crm_id"), "crm_ids", ["customer_id", "kind", "crm_id"])
    if op.get_bind().dialect.name == "sqlite":
        for (table, index), shape in SHAPE.items():
            op.execute(f"INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('{table}', '{index}', '{shape}')")  # noqa: S608  our own names
