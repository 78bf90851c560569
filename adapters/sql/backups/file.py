"""Read a backup: an untrusted file, so nothing in it is executed and everything is checked."""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Table

from adapters.sql.deadlines import StatementDeadline, is_over
from adapters.sql.engine import open_file
from adapters.sql.schema import create
from adapters.sql.tables import feed, metadata
from adapters.sql.versions import VERSION_TABLE, is_older, is_revision, require
from domain.errors import InvalidInput

_MAGIC = b"SQLite format 3\0"
_MOST_BYTES = 2**28
_SECONDS, _BYTES_A_SECOND = 60.0, 4 * 2**20
_CONFINED = ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON", "mmap_size=0")
_BATCH, _BATCH_BYTES = 100, 8 * 2**20
_MASTER = "SELECT type, name, tbl_name, sql FROM sqlite_master"

Entry = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class BackupFile:
    """
    An open backup.

    Attributes:
        deadline: of each statement on it; reading a damaged file may never end.

    """

    path: Path
    connection: sqlite3.Connection
    deadline: StatementDeadline

    def require_schema(self) -> str:
        """
        Check that it holds the tables of a version of lanner and nothing else: views and triggers would be foreign code.

        Returns:
            That version's revision: today's or an older one.

        Raises:
            InvalidInput: it holds something else.
            SchemaMismatch: it was written by a newer version of lanner.

        """
        found = {_entry(row) for row in self._all(_MASTER)}
        if not any(entry[:2] == ("table", VERSION_TABLE) for entry in found):
            raise no_backup(self.path)
        rows = self._all(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 - our own table's name
        revision = str(rows[0][0]) if len(rows) == 1 else ""
        if not is_revision(revision):
            raise no_backup(self.path)
        if not is_older(revision):
            require(revision, open_file(self.path), exactly=True)
        odd = sorted(_expected(self.path, revision) ^ found)
        if odd:
            raise damaged(self.path, f"its {odd[0][0]} {odd[0][1]} is not as lanner creates it")
        return revision

    def require_soundness(self, tables: Iterable[str] = tuple(metadata.tables)) -> None:
        """Check that tables and indexes agree, and that foreign keys refer to existing rows."""
        for table in tables:
            found = self._all(f"PRAGMA integrity_check({table})")
            if found != [("ok",)]:
                raise damaged(self.path, f"table {table}: {found[0][0]}")
            orphans = self._all(f"PRAGMA foreign_key_check({table})")
            if orphans:
                raise damaged(self.path, f"table {table}, row {orphans[0][1]} in the file: it refers to missing {orphans[0][2]}")

    def count(self, table: Table) -> int:
        """Count the rows of a table."""
        return int(self._all(f'SELECT count(*) FROM "{table.name}"')[0][0])  # noqa: S608 - our own table's name

    def rows(self, table: Table) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Return the stored rows of a table in key order, as ``batches`` does."""
        columns = ", ".join(f'"{column.name}"' for column in table.c)
        key = ", ".join(f'"{column.name}"' for column in table.primary_key) or "1"
        return self.batches(f'SELECT {columns} FROM "{table.name}" ORDER BY {key}')  # noqa: S608 - our own tables' names

    def batches(self, query: str) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Return the rows of a query, in batches that are smaller where rows are long."""
        batch: list[tuple[Any, ...]] = []
        length = 0
        self.deadline.begin()
        for row in self.connection.execute(query):
            batch.append(row)
            length += sum(len(value) for value in row if isinstance(value, (bytes, str)))
            if len(batch) >= _BATCH or length > _BATCH_BYTES:
                yield batch
                batch, length = [], 0
                self.deadline.begin()
        if batch:
            yield batch

    def _all(self, statement: str) -> list[tuple[Any, ...]]:
        self.deadline.begin()
        return self.connection.execute(statement).fetchall()


@contextmanager
def read_backup(path: Path, *, named: Path | None = None) -> Iterator[BackupFile]:
    """
    Open a backup read-only, so that no statement in it is executed.

    Args:
        named: what messages call it, if not by its path.

    Raises:
        InvalidInput: it is not a backup, or cannot be read.

    """
    if not _is_database(path):
        raise no_backup(path)
    if any(_size(Path(f"{path}{ending}")) for ending in ("-wal", "-journal")):
        raise damaged(path, "there is a journal beside it, so it is a database in use")
    deadline = StatementDeadline(_SECONDS + path.stat().st_size / _BYTES_A_SECOND)
    try:
        # The path is escaped for the URI, and the file is neither written nor locked.
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            connection.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_BYTES)
            connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            deadline.watch(connection)
            for pragma in _CONFINED:
                connection.execute(f"PRAGMA {pragma}")
            yield BackupFile(named or path, connection, deadline)
    except sqlite3.Error as error:
        raise damaged(named or path, "reading it takes too long" if is_over(error) else str(error)) from error


def contents(path: Path) -> dict[str, int]:
    """
    Check a whole backup of today's schema and return the number of rows of each table.

    Raises:
        InvalidInput, SchemaMismatch: it cannot be restored.

    """
    with read_backup(path) as backup:
        backup.require_schema()
        backup.require_soundness()
        return {table.name: backup.count(table) for table in copied_tables()}


def copied_tables() -> list[Table]:
    """Return the tables that a backup holds, each after those that it refers to, the feed's single row included."""
    # The state of limits and quotas is transient and belongs to one store.
    return [table for table in metadata.sorted_tables if table.name not in (feed.name, "budgets", "calls", "quotas")]


def no_backup(path: Path) -> InvalidInput:
    """Return the error that a file is not a backup."""
    return InvalidInput(f"{path} is not a backup of lanner.", field="file", hint="Name a file that `lanner backup` wrote.")


def damaged(path: Path, reason: str, *, hint: str = "Take another backup.") -> InvalidInput:
    """Return the error that a backup is damaged, with the reason's control characters escaped."""
    shown = "".join(sign if sign.isprintable() else "?" for sign in reason.rstrip("."))
    return InvalidInput(f"{path} is damaged: {shown}. Nothing of it was restored.", field="file", hint=hint)


def _is_database(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as opened:
            return opened.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _expected(path: Path, revision: str) -> set[Entry]:
    from alembic.util import CommandError

    with tempfile.TemporaryDirectory() as folder:
        engine = open_file(Path(folder) / "expected.db")
        try:
            create(engine, revision)
            with closing(engine.raw_connection()) as raw:
                rows = raw.cursor().execute(_MASTER).fetchall()
        except CommandError as error:
            raise no_backup(path) from error
        finally:
            engine.dispose()
    return {_entry(row) for row in rows}


def _entry(row: Sequence[Any]) -> Entry:
    # Versions of SQLite keep different whitespace.
    kind, name, table, statement = ("" if part is None else str(part) for part in row)
    return kind, name, table, re.sub(r"\s+", " ", statement)
