"""Migration of the configured database's schema."""

from __future__ import annotations

from adapters.sql.driver_errors import wrap_driver_errors
from adapters.sql.engine import for_writing, place
from adapters.sql.schema import copy_before_migrating, migrate
from adapters.sql.tables import REVISION
from adapters.sql.versions import is_older, revision
from config.container import Container


def migrate_database(container: Container) -> str:
    """Copy the database if it is a file, migrate it and return a sentence about it; raises as ``adapters.sql.schema.migrate``."""
    engine = container.engine()
    copy = copy_before_migrating(engine) if engine.dialect.name == "sqlite" else None
    before = migrate(engine)
    if before == REVISION:
        return f"The schema of {place(engine)} is up to date: {REVISION}."
    if before and not is_older(before):
        return f"The schema of {place(engine)} is newer, {before}; this version of lanner works with it."
    kept = f" What was there is kept in {copy}." if copy else ""
    return f"The schema of {place(engine)}: {before or 'none'} → {REVISION}.{kept}"


def create_database(container: Container) -> None:
    """Create the schema in a database file that has none yet; leave servers, and files of any schema, as they are."""
    engine = container.engine()
    if engine.dialect.name != "sqlite":
        return
    with wrap_driver_errors(engine), for_writing(engine) as connection, connection.begin():
        is_new = revision(connection) is None
    if is_new:
        migrate(engine)
