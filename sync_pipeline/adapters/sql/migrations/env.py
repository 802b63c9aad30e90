"""Alembic's entry: runs the migrations on the connection that `database.upgrade` holds."""

from alembic import context

from sync_pipeline.adapters.sql.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
