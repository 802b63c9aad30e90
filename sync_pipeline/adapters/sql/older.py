"""The older operations of an operation's record: for statements on `ledger` that depend on what came before."""

from sqlalchemy import and_

from sync_pipeline.adapters.sql.tables import ledger

older = ledger.alias("older")
same_record = and_(
    older.c.customer_id == ledger.c.customer_id,
    older.c.reference_source == ledger.c.reference_source,
    older.c.reference_id == ledger.c.reference_id,
    older.c.kind == ledger.c.kind,
)
came_before = and_(same_record, older.c.operation_id < ledger.c.operation_id)
