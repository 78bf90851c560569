"""What else could keep a series: its points as rows in Postgres, a JSON column in Postgres, or a Parquet file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
import psycopg2
import pyarrow as pa
import pyarrow.parquet as pq

from domain.observations import Observations

_TABLES = """
CREATE TEMP TABLE points (series int, date date, field smallint, value float8, PRIMARY KEY (series, date, field));
CREATE TEMP TABLE documents (series int PRIMARY KEY, body json);
"""


@dataclass
class Baselines:
    """
    One state kept in each of the other ways.

    Attributes:
        cursor: on a Postgres connection that commits by itself.

    """

    cursor: Any
    state: Observations
    kept: int = field(default=0)

    def write(self) -> tuple[Any, ...]:
        """Return what writes the state once more, in each way."""
        return self._write_points, self._write_document, self._to_parquet

    def read(self) -> tuple[Any, ...]:
        """Return what reads the state back, in each way."""
        self._write_points()
        self._write_document()
        file = self._to_parquet()
        return self._read_points, self._read_document, lambda: _from_parquet(file)

    def sizes(self) -> tuple[float, ...]:
        """Return the bytes a series takes, in each way."""
        for _ in range(3):
            self._write_points()
            self._write_document()
        return (*(self._size(table) / self.kept for table in ("points", "documents")), len(self._to_parquet()))

    def _size(self, table: str) -> int:
        self.cursor.execute(f"VACUUM {table}")
        self.cursor.execute("SELECT pg_total_relation_size(%s)", [table])
        return int(self.cursor.fetchone()[0])

    def _write_points(self) -> None:
        self.kept += 1
        days, values = self.state.texts(), self.state.values.tolist()
        rows = (f"{self.kept}\t{day}\t{n}\t{value}\n" for day, row in zip(days, values, strict=True) for n, value in enumerate(row))
        self.cursor.copy_expert("COPY points FROM STDIN", io.StringIO("".join(rows)))

    def _read_points(self) -> None:
        self.cursor.execute("SELECT date, value FROM points WHERE series = 1 ORDER BY date, field")
        dates, values = zip(*self.cursor.fetchall(), strict=True)
        width = len(self.state.columns)
        Observations.of(dates[::width], self.state.columns, np.array(values).reshape(-1, width))

    def _write_document(self) -> None:
        rows = [[day, *row] for day, row in zip(self.state.texts(), self.state.values.tolist(), strict=True)]
        self.cursor.execute("INSERT INTO documents SELECT count(*) + 1, %s FROM documents", [orjson.dumps(rows).decode()])

    def _read_document(self) -> None:
        self.cursor.execute("SELECT body::text FROM documents WHERE series = 1")
        rows = orjson.loads(self.cursor.fetchone()[0])
        Observations.of([row[0] for row in rows], self.state.columns, [row[1:] for row in rows])

    def _to_parquet(self) -> bytes:
        columns = {"Date": self.state.dates, **{name: self.state.values[:, n] for n, name in enumerate(self.state.columns)}}
        file = io.BytesIO()
        pq.write_table(pa.table(columns), file, compression="zstd")
        return file.getvalue()


@contextmanager
def kept_otherwise(postgres_url: str, state: Observations) -> Iterator[Baselines]:
    """Connect, and forget all of it in the end."""
    connection = psycopg2.connect(postgres_url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(_TABLES)
            yield Baselines(cursor, state)
    finally:
        connection.close()


def _from_parquet(file: bytes) -> None:
    table = pq.read_table(io.BytesIO(file))
    dates, *columns = (column.to_numpy() for column in table.columns)
    Observations.of(dates, table.column_names[1:], np.column_stack(columns))
