"""
The schema's revision: which one a database has, in which table that stands, and whether this code works with it.

A revision is ``0021``, or ``0021.1`` if it only adds to the one before: code of ``0021`` goes on with all ``0021.…`` of later versions.
"""

from __future__ import annotations

import re

from sqlalchemy import Engine, inspect, text
from sqlalchemy.engine import Connection

from adapters.sql.engine import place
from adapters.sql.tables import REVISION, feed
from domain.errors import SchemaMismatch

#: Alembic's name, and lanner's own where another program may keep its revision under that one.
VERSION_TABLE, _OWN = "alembic_version", "lanner_version"
_SHARED_SCHEMA = "public"
_REVISION = re.compile(r"[0-9]{4}(?:\.[0-9]+)?")


def schema_of(engine: Engine) -> str | None:
    """Return the schema of the tables on Postgres."""
    schema: str | None = engine.get_execution_options().get("schema_translate_map", {}).get(None)
    return schema


def find_revision(connection: Connection) -> tuple[str, str | None]:
    """
    Return the name of the table for lanner's revision, and the revision, or None before the first.

    Raises:
        SchemaMismatch: it is a file of another program.

    """
    schema = schema_of(connection.engine)
    tables = inspect(connection).get_table_names(schema=schema)
    if _OWN in tables:
        return _OWN, _read(connection, schema, _OWN)
    found = _read(connection, schema, VERSION_TABLE) if {VERSION_TABLE, feed.name} <= {*tables} else None
    if found and is_revision(found):
        return VERSION_TABLE, found
    if tables and schema is None:
        message = f"The database {place(connection.engine)} holds tables of another program."
        raise SchemaMismatch(message, hint="Name a file of lanner's own in LANNER_DATABASE_URL.")
    return _OWN if VERSION_TABLE in tables or schema == _SHARED_SCHEMA else VERSION_TABLE, None


def revision(connection: Connection) -> str | None:
    """Return the schema's revision, or None before the first."""
    return find_revision(connection)[1]


def is_revision(found: str) -> bool:
    """Return whether a text has the form of lanner's revisions."""
    return _REVISION.fullmatch(found) is not None


def is_older(found: str) -> bool:
    """Return whether a revision is older than the code's."""
    return _parts(found) < _parts(REVISION)


def require(found: str | None, engine: Engine, *, exactly: bool = False) -> None:
    """
    Raise SchemaMismatch unless this code works with a revision.

    Args:
        exactly: whether it has to know all that is stored, and not only what it uses.

    """
    where = f"The database {place(engine)} has"
    if found is None:
        raise SchemaMismatch(f"{where} no lanner schema yet.", hint="Run `lanner migrate`.")
    if is_older(found):
        message = f"{where} the older schema {found}; this version of lanner needs {REVISION}."
        raise SchemaMismatch(message, hint="Run `lanner migrate`.")
    is_newer = found != REVISION if exactly else _parts(found)[0] > _parts(REVISION)[0]
    if is_newer:
        hint = "Use the version of lanner that wrote it, or a newer one."
        raise SchemaMismatch(f"{where} the newer schema {found}; this version of lanner supports {REVISION}.", hint=hint)


def _read(connection: Connection, schema: str | None, table: str) -> str | None:
    name = f'"{schema}".{table}' if schema else table
    rows = connection.execute(text(f"SELECT version_num FROM {name}")).scalars().all()  # noqa: S608 - the configured schema
    return str(rows[0]) if len(rows) == 1 else None


def _parts(revision: str) -> tuple[int, ...]:
    return tuple(map(int, revision.split(".")))
