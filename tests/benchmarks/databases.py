"""Databases to measure: empty, migrated, and able to tell how large they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import Engine, insert, select, text

from adapters.sql.engine import open_engine
from adapters.sql.schema import migrate
from adapters.sql.store import SqlStore
from adapters.sql.tables import fetches, metadata, series
from domain.codes import DatasetCode
from domain.vintages import NewState
from tests.benchmarks.datasets import NOW
from tests.builders import append

MARGINAL = 20


@dataclass(frozen=True)
class Database:
    """
    A store and the database it lies in.

    Attributes:
        schema: empty for SQLite.

    """

    engine: Engine
    store: SqlStore
    schema: str

    @property
    def name(self) -> str:
        return "Postgres" if self.schema else "SQLite"

    def table(self, name: str) -> str:
        return f"{self.schema}.{name}" if self.schema else name

    def size(self) -> int:
        """Count the bytes of all tables and indexes, after VACUUM."""
        if not self.schema:
            with closing(self.engine.raw_connection()) as raw:
                cursor = raw.cursor()
                cursor.execute("VACUUM")
                cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
                return int(cursor.fetchone()[0])
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"VACUUM (ANALYZE) {', '.join(map(self.table, metadata.tables))}"))
            whole = "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace = to_regnamespace(:schema)"
            return int(connection.execute(text(whole), {"schema": self.schema}).scalar_one())

    def keep(self, arrivals: Sequence[NewState]) -> UUID:
        """Keep a new series with these states."""
        with self.store.writing() as uow:
            added = uow.series.add("quandl", DatasetCode("WIKI", uuid4().hex))
            append(uow, added.id, arrivals)
            uow.commit()
        return added.id

    def append(self, series_id: UUID, arrivals: Sequence[NewState]) -> None:
        """Append states to a series."""
        with self.store.writing() as uow:
            append(uow, series_id, arrivals)
            uow.commit()

    def add_fetches(self, series_id: UUID, count: int) -> None:
        """Add the rows that so many fetches leave which each brought a vintage."""
        with self.engine.begin() as connection:
            number = connection.execute(select(series.c.number).where(series.c.id == series_id)).scalar_one()
            row = {
                "series": number,
                "status": "success",
                "created_at": NOW,
                "not_before": NOW,
                "finished_at": NOW,
                "attempts": 1,
                "crashes": 0,
                "vintages_added": 1,
                "allow_shrink": False,
                "allow_values": False,
                "request_id": uuid4().hex,
            }
            connection.execute(insert(fetches), [row | {"id": uuid4(), "number": n + 1, "vintage": n + 1} for n in range(count)])


def marginal(database: Database, arrivals: Sequence[NewState], count: int = MARGINAL) -> float:
    """Return how many bytes each series beyond the first takes."""
    database.keep(arrivals)
    one = database.size()
    for _ in range(count):
        database.keep(arrivals)
    return (database.size() - one) / count


def per_append(database: Database, arrivals: Sequence[NewState]) -> float:
    """Return how many bytes each state beyond a series' first takes, its fetch's row included."""
    series_id = database.keep(arrivals[:1])
    one = database.size()
    database.append(series_id, arrivals[1:])
    database.add_fetches(series_id, len(arrivals) - 1)
    return (database.size() - one) / (len(arrivals) - 1)


@contextmanager
def sqlite(folder: Path) -> Iterator[Database]:
    """Open a new file."""
    yield from _opened(f"sqlite:///{folder / uuid4().hex}.db", "")


@contextmanager
def postgres(url: str) -> Iterator[Database]:
    """Open a new schema and drop it in the end."""
    yield from _opened(url, f"bench_{uuid4().hex}")


def _opened(url: str, schema: str) -> Iterator[Database]:
    engine = open_engine(url, schema=schema)
    migrate(engine)
    yield Database(engine, SqlStore(engine), schema)
    if schema:
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()
