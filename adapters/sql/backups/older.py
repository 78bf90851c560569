"""Backups of older schemas: copied, without executing anything in them, and the copy migrated."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from adapters.sql.backups.file import BackupFile, damaged, read_backup
from adapters.sql.engine import open_file
from adapters.sql.schema import create, migrate
from adapters.sql.versions import VERSION_TABLE, is_older
from domain.errors import StoreUnavailable

#: The tables of the full-text index, which triggers fill.
_INDEX = "series_words"
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


@contextmanager
def as_of_today(backup: BackupFile, folder: Path | None) -> Iterator[BackupFile]:
    """
    Check a backup's schema, and return one of today's schema: the backup itself, or a copy for as long as it is used.

    Args:
        folder: for the copy, which needs as much space as the backup; by default the system's temporary one.

    Raises:
        InvalidInput: the backup is damaged.
        SchemaMismatch: it was written by a newer version of lanner.
        StoreUnavailable: the copy cannot be written.

    """
    revision = backup.require_schema()
    if not is_older(revision):
        yield backup
        return
    with tempfile.TemporaryDirectory(prefix=".lanner-", dir=folder) as name:
        copy = Path(name) / "copy"
        _copy(backup, revision, copy)
        _migrate(backup, copy)
        with read_backup(copy, named=backup.path) as migrated:
            yield migrated


def _copy(backup: BackupFile, revision: str, copy: Path) -> None:
    engine = open_file(copy)
    create(engine, revision)
    engine.dispose()
    with closing(sqlite3.connect(copy, isolation_level=None)) as target:
        tables = [table for (table,) in target.execute(_TABLES) if table != VERSION_TABLE and not table.startswith(_INDEX)]
        backup.require_soundness(tables)
        with _writing(backup):
            target.execute("BEGIN")
        for table in tables:
            _copy_table(backup, target, table)
        with _writing(backup):
            target.execute("COMMIT")


def _copy_table(backup: BackupFile, target: sqlite3.Connection, table: str) -> None:
    columns = [row[1] for row in target.execute(f"PRAGMA table_info({table})")]
    named, places = ", ".join(f'"{column}"' for column in columns), ", ".join("?" * len(columns))
    with _writing(backup):
        # A migration may have filled it.
        target.execute(f'DELETE FROM "{table}"')  # noqa: S608 - the tables of our own schema, as below
    for batch in backup.batches(f'SELECT {named} FROM "{table}"'):  # noqa: S608
        with _writing(backup):
            target.executemany(f'INSERT INTO "{table}" ({named}) VALUES ({places})', batch)  # noqa: S608


@contextmanager
def _writing(backup: BackupFile) -> Iterator[None]:
    try:
        yield
    except (sqlite3.IntegrityError, UnicodeEncodeError) as error:
        raise damaged(backup.path, str(error)) from error
    except sqlite3.Error as error:
        message = f"A copy of {backup.path}, whose schema is older, cannot be written: {error}."
        raise StoreUnavailable(message, hint="Make space in LANNER_DATA_DIR, or name another folder there.") from error


def _migrate(backup: BackupFile, copy: Path) -> None:
    engine = open_file(copy)
    try:
        migrate(engine)
        with closing(engine.raw_connection()) as raw:
            raw.cursor().execute("PRAGMA journal_mode=DELETE")
    except StoreUnavailable:
        raise
    except Exception as error:
        # Whatever a migration makes of values that lanner never wrote.
        raise damaged(backup.path, f"it cannot be migrated: {error}") from error
    finally:
        engine.dispose()
