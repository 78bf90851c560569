"""Where Alembic begins: the connection and the schema are handed over by ``adapters.sql.schema``."""

from __future__ import annotations

from alembic import context

from adapters.sql.tables import metadata

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    target_metadata=metadata,
    version_table=attributes["version_table"],
    version_table_schema=attributes["schema"],
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
