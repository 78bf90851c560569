"""The schema: migrated by Alembic under a lock, without configuration files."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

from sqlalchemy import Engine, inspect, text
from sqlalchemy.engine import Connection

from adapters.sql.driver_errors import LockNotGranted, wrap_driver_errors
from adapters.sql.engine import for_writing, place
from adapters.sql.versions import VERSION_TABLE, find_revision, is_older, require, revision, schema_of
from domain.errors import StoreUnavailable

_LOCK = 7_106_513_862
_LOCK_SECONDS = 60
#: Behind a lock that is waited for, everybody else waits too: it is given up before their requests fail, and tried again.
_TRY_SECONDS, _PAUSE_SECONDS = 2, 1
_UNICODE = "UTF8"
_MIGRATIONS = Path(__file__).with_name("migrations")


def migrate(engine: Engine) -> str | None:
    """
    Migrate the schema; of concurrent processes one does it and the others wait.

    Returns:
        The revision before, or None if there was none.

    Raises:
        StoreUnavailable: the database cannot be reached, or cannot hold every text.
        SchemaMismatch: its schema is newer than this code.

    """
    end = monotonic() + _LOCK_SECONDS
    while True:
        try:
            return _migrate(engine)
        except LockNotGranted:
            if monotonic() > end:
                raise
        sleep(_PAUSE_SECONDS)


def _migrate(engine: Engine) -> str | None:
    schema = schema_of(engine)
    with wrap_driver_errors(engine), for_writing(engine) as connection, connection.begin():
        if schema:
            _require_unicode(connection)
            connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            connection.execute(text(f"SET LOCAL lock_timeout = '{_TRY_SECONDS}s'"))
            # Even IF NOT EXISTS, it takes a right that only its creation needs.
            if not inspect(connection).has_schema(schema):
                connection.execute(text(f'CREATE SCHEMA "{schema}"'))
            connection.execute(text(f'SET LOCAL search_path TO "{schema}"'))
        version_table, before = find_revision(connection)
        if before is None or is_older(before):
            upgrade(connection, version_table)
        else:
            require(before, engine)
    return before


def copy_before_migrating(engine: Engine) -> Path | None:
    """Copy a SQLite database with an older schema into its folder; return the copy's path, or None if there was nothing to copy."""
    path = Path(engine.url.database or "")
    with wrap_driver_errors(engine), for_writing(engine) as connection, connection.begin():
        found = revision(connection)
    if found is None or not is_older(found):
        return None
    copy = path.with_name(f"{path.name}.{found}")
    with wrap_driver_errors(engine), closing(engine.raw_connection()) as raw:
        copy.unlink(missing_ok=True)
        # SQLite would create it readable by everybody.
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        raw.cursor().execute("VACUUM INTO ?", (str(copy),))
    return copy


def _require_unicode(connection: Connection) -> None:
    encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != _UNICODE:
        raise StoreUnavailable(
            f"The database {place(connection.engine)} has the encoding {encoding}, which does not hold every text.",
            hint=f"Create it anew: CREATE DATABASE … ENCODING '{_UNICODE}' TEMPLATE template0.",
        )


def create(engine: Engine, revision: str) -> None:
    """Create the schema of a revision in a new SQLite file."""
    with wrap_driver_errors(engine), for_writing(engine) as connection, connection.begin():
        upgrade(connection, VERSION_TABLE, revision)


def upgrade(connection: Connection, version_table: str, to: str = "head") -> None:
    """Run the migrations up to a revision."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection, "schema": schema_of(connection.engine), "version_table": version_table})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, to)
