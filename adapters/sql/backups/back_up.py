"""Write a backup: all data in one SQLite file, from SQLite or Postgres."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Engine, func, insert, select, update
from sqlalchemy.engine import Connection

from adapters.sql.backups.file import contents, copied_tables
from adapters.sql.driver_errors import wrap_driver_errors
from adapters.sql.engine import for_reading, for_writing, open_file
from adapters.sql.schema import migrate
from adapters.sql.tables import feed
from adapters.sql.versions import require, revision
from domain.errors import InvalidInput, StoreUnavailable

_BATCH = 500
Progress = Callable[[int, int], object]


def back_up(engine: Engine, file: Path, progress: Progress) -> int:
    """
    Copy one consistent snapshot into a new file while others write; the file appears once it is complete and verified.

    Args:
        progress: called with the numbers of rows copied and of all rows.

    Raises:
        InvalidInput: the file exists already, or cannot be written.
        StoreUnavailable, SchemaMismatch: the database cannot be read.

    """
    if os.path.lexists(file):
        raise InvalidInput(f"{file} exists already.", field="file", hint="Name a new file; backups are never overwritten.")
    if not file.absolute().parent.is_dir():
        raise InvalidInput(f"The folder of {file} does not exist.", field="file", hint="Create it, or name another file.")
    try:
        with _part_of(file) as part:
            counts = _fill(part, engine, progress)
            _verify(part, file, counts)
            part.rename(file)
    except OSError as error:
        raise InvalidInput(
            f"{file} cannot be written: {error.strerror}.", field="file", hint="Name a file in a folder that you can write to."
        ) from error
    return sum(counts.values())


@contextmanager
def _part_of(file: Path) -> Iterator[Path]:
    # In the same folder, since renaming works only within a file system.
    with tempfile.TemporaryDirectory(prefix=".lanner-", dir=file.absolute().parent) as folder:
        yield Path(folder) / "part"


def _fill(part: Path, engine: Engine, progress: Progress) -> dict[str, int]:
    target = open_file(part)
    try:
        migrate(target)
        with wrap_driver_errors(engine), for_reading(engine) as source, for_writing(target) as connection, connection.begin():
            require(revision(source), engine, exactly=True)
            counts = _copy(source, connection, progress)
    finally:
        target.dispose()
    with closing(sqlite3.connect(part)) as raw:
        raw.execute("PRAGMA journal_mode=DELETE")
    return counts


def _copy(source: Connection, target: Connection, progress: Progress) -> dict[str, int]:
    counts = {table.name: int(source.execute(select(func.count()).select_from(table)).scalar_one()) for table in copied_tables()}
    copied, total = 0, sum(counts.values())
    for table in copied_tables():
        for batch in source.execute(select(table), execution_options={"stream_results": True}).mappings().partitions(_BATCH):
            with wrap_driver_errors(target.engine):
                target.execute(insert(table), [dict(row) for row in batch])
            copied += len(batch)
            progress(copied, total)
    target.execute(update(feed).values(position=source.execute(select(feed.c.position)).scalar_one()))
    return counts


def _verify(part: Path, file: Path, counts: dict[str, int]) -> None:
    if contents(part) != counts:
        raise StoreUnavailable(f"{file} did not hold what was written to it, and was removed.", hint="Check the disk.")
