"""The schema: migrated by Alembic under a lock, without configuration files."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine, inspect, text
from sqlalchemy.engine import Connection

from adapters.sql.driver_errors import wrap_driver_errors
from adapters.sql.engine import for_writing, place
from adapters.sql.tables import REVISION
from domain.errors import SchemaMismatch, StoreUnavailable

_LOCK = 7_106_513_862
_LOCK_SECONDS = 60
_UNICODE = "UTF8"


def migrate(engine: Engine) -> str | None:
    """
    Migrate the schema; of concurrent processes one does it and the others wait.

    Returns:
        The revision before, or None if there was none.

    Raises:
        StoreUnavailable: the database cannot be reached, or cannot hold every text.
        SchemaMismatch: its schema is newer than this code.

    """
    schema = _schema(engine)
    with wrap_driver_errors(engine), for_writing(engine) as connection, connection.begin():
        if schema:
            _require_unicode(connection)
            connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            # Even IF NOT EXISTS, it takes a right that only its creation needs.
            if not inspect(connection).has_schema(schema):
                connection.execute(text(f'CREATE SCHEMA "{schema}"'))
            connection.execute(text(f'SET LOCAL search_path TO "{schema}"'))
        before = revision(connection)
        if before is None or before < REVISION:
            _upgrade(connection, schema)
        else:
            require(before, engine)
    return before


def require(found: str | None, engine: Engine) -> None:
    """Raise SchemaMismatch unless this is the code's revision."""
    if found is None:
        raise SchemaMismatch(f"The database {place(engine)} has no lanner schema yet.", hint="Run `lanner migrate`.")
    if found < REVISION:
        raise SchemaMismatch(
            f"The database {place(engine)} has the older schema {found}; this version of lanner needs {REVISION}.",
            hint="Run `lanner migrate`.",
        )
    if found > REVISION:
        hint = "Use the version of lanner that wrote it, or a newer one."
        raise SchemaMismatch(
            f"The database {place(engine)} has the newer schema {found}; this version of lanner supports {REVISION}.", hint=hint
        )


def revision(connection: Connection) -> str | None:
    """Return the schema's revision, or None before the first."""
    schema = _schema(connection.engine)
    if not inspect(connection).has_table("alembic_version", schema=schema):
        return None
    table = f'"{schema}".alembic_version' if schema else "alembic_version"
    found: str | None = connection.execute(text(f"SELECT version_num FROM {table}")).scalar_one_or_none()  # noqa: S608 - the configured schema
    return found


def copy_before_migrating(engine: Engine) -> Path | None:
    """Copy a SQLite database with an older schema into its folder; return the copy's path, or None if there was nothing to copy."""
    path = Path(engine.url.database or "")
    with wrap_driver_errors(engine), for_writing(engine) as connection, connection.begin():
        found = revision(connection)
    if found is None or found >= REVISION:
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


def _upgrade(connection: Connection, schema: str | None) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection, "schema": schema})
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    command.upgrade(config, "head")


def _schema(engine: Engine) -> str | None:
    schema: str | None = engine.get_execution_options().get("schema_translate_map", {}).get(None)
    return schema
