"""Migration of the configured database's schema."""

from __future__ import annotations

from adapters.sql.engine import place
from adapters.sql.schema import copy_before_migrating, migrate
from adapters.sql.tables import REVISION
from config.container import Container


def migrate_database(container: Container) -> str:
    """Copy the database if it is a file, migrate it and return a sentence about it; raises as ``adapters.sql.schema.migrate``."""
    engine = container.engine()
    copy = copy_before_migrating(engine) if engine.dialect.name == "sqlite" else None
    before = migrate(engine)
    if before == REVISION:
        return f"The schema of {place(engine)} is up to date: {REVISION}."
    kept = f" What was there is kept in {copy}." if copy else ""
    return f"The schema of {place(engine)}: {before or 'none'} → {REVISION}.{kept}"
