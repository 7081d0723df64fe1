"""Alembic's entry: runs the revisions on the connection that netquota.storage.upgrade holds, in its transaction."""

from alembic import context

from netquota.storage.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
    compare_server_default=True,
    transactional_ddl=True,  # an interrupted migration leaves nothing behind
)
context.run_migrations()
