"""Backups: everything that is kept, as one SQLite file, whichever database it comes from or goes to."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine, func, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DatabaseError

from adapters.sql.engine import for_reading, for_writing, open_engine, place
from adapters.sql.schema import migrate, require, revision
from adapters.sql.tables import budgets, calls, feed, metadata, series
from adapters.sql.transaction import translated
from domain.errors import InvalidInput

_BATCH = 500
Progress = Callable[[int, int], object]


def back_up(engine: Engine, file: Path, progress: Progress) -> int:
    """
    Copy one consistent state into a new file while others go on writing; the file appears when it is whole.

    Args:
        progress: is told of rows copied and rows in all.

    Raises:
        InvalidInput: the file is there already, or cannot be written.
        StoreUnavailable, SchemaMismatch: the database cannot be read.

    """
    if file.exists():
        raise InvalidInput(f"{file} exists already.", field="file", hint="Name a new file; no backup is overwritten.")
    if not file.absolute().parent.is_dir():
        raise InvalidInput(f"The folder of {file} does not exist.", field="file", hint="Make it, or name another file.")
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    target = open_engine(f"sqlite:///{part}", schema="")
    try:
        migrate(target)
        with translated(engine), for_reading(engine) as source, for_writing(target) as connection, connection.begin():
            require(revision(source), engine)
            rows = _copy(source, connection, progress)
    finally:
        target.dispose()
    _into_one_file(part)
    part.rename(file)
    return rows


def restore(engine: Engine, file: Path, progress: Progress) -> int:
    """
    Copy a backup into an empty store, all of it or nothing.

    Raises:
        InvalidInput: the file is no backup, or the store is not empty.
        StoreUnavailable, SchemaMismatch: the database cannot be used, or the backup has another schema.

    """
    if not _is_database(file):
        raise _no_backup(file)
    if not _is_whole(file):
        raise _damaged(file)
    source = open_engine(f"sqlite:///{file}", schema="")
    try:
        migrate(engine)
        with translated(engine), for_reading(source) as origin, for_writing(engine) as connection, connection.begin():
            found = revision(origin)
            if found is None:
                raise _no_backup(file)
            require(found, source)
            if connection.execute(select(func.count()).select_from(series)).scalar_one():
                raise InvalidInput(f"The database {place(engine)} is not empty.", field="database_url", hint="Restore into a new one.")
            rows = _copy(origin, connection, progress)
            if connection.dialect.name == "postgresql":
                _go_on_counting(connection)
    except DatabaseError as error:
        raise _damaged(file) from error
    finally:
        source.dispose()
    return rows


def _copy(source: Connection, target: Connection, progress: Progress) -> int:
    # What providers allow is of the moment, and the store it is restored into has its own.
    tables = [table for table in metadata.sorted_tables if table not in (feed, budgets, calls)]
    total = sum(source.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)
    copied = 0
    for table in tables:
        for batch in source.execute(select(table), execution_options={"stream_results": True}).mappings().partitions(_BATCH):
            target.execute(insert(table), [dict(row) for row in batch])
            copied += len(batch)
            progress(copied, total)
    target.execute(update(feed).values(position=source.execute(select(feed.c.position)).scalar_one()))
    return copied


def _go_on_counting(connection: Connection) -> None:
    schema = connection.get_execution_options()["schema_translate_map"][None]
    highest = connection.execute(select(func.max(series.c.number))).scalar()
    if highest:
        sequence = func.pg_get_serial_sequence(f'"{schema}".series', "number")
        connection.execute(select(func.setval(sequence, highest)))


def _into_one_file(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _no_backup(file: Path) -> InvalidInput:
    return InvalidInput(f"{file} is not a backup of lanner.", field="file", hint="Name a file that `lanner backup` wrote.")


def _damaged(file: Path) -> InvalidInput:
    return InvalidInput(f"{file} is damaged; nothing of it was restored.", field="file", hint="Take an older backup.")


def _is_whole(file: Path) -> bool:
    try:
        with closing(sqlite3.connect(file)) as connection:
            return bool(connection.execute("PRAGMA quick_check").fetchone()[0] == "ok")
    except sqlite3.DatabaseError:
        return False


def _is_database(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(16) == b"SQLite format 3\0"
    except OSError:
        return False
