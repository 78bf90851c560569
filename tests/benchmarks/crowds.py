"""Large databases, made by bulk statements: a million series, and many series that grew side by side."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Connection

from adapters.sql.engine import for_writing
from adapters.sql.tables import metadata, vintages
from domain.codes import DatasetCode
from tests.benchmarks.databases import Database

CROWD = 1_000_000
PLACES = (0, CROWD // 2, CROWD - 1_000)

# Of each thousand series the first hundred have a description, a vintage and a fetch: whole pages of them, all over the list.
_STATEMENTS = """
INSERT INTO {series} (number, id, provider, database_code, dataset_code, alias, status, words, created_at, checked_at,
    description, vintage, "fetch")
    {numbers} SELECT n, {id}, 'quandl', 'DB' || (n % 100), 'CODE' || n, 'DB' || (n % 100) || '/CODE' || n, 'success',
    'db' || (n % 100) || ' code' || n || ' daily prices of a company town' || (n % 20011), {now}, {now},
    CASE WHEN (n - 1) % 1000 < 100 THEN 1 END, CASE WHEN (n - 1) % 1000 < 100 THEN 1 END, CASE WHEN (n - 1) % 1000 < 100 THEN {id} END
    FROM {n};
INSERT INTO {descriptions} (series, number, known_at, body) SELECT number, 1, {now},
    '{{"name": "Prices", "frequency": "daily", "column_units": []}}' FROM {series} WHERE (number - 1) % 1000 < 100;
INSERT INTO {vintages} (series, number, position, known_at, fetched_at, "rows", "first", "last", added, changed, deleted, digest, cause,
    "fetch", request, response_sha256, adapter_version, step, path, codec, checksum, payload)
    SELECT number, 1, number, {now}, {now}, 3, '2024-01-01', '2024-01-03', 3, 0, 0, {bytes}, 'publication', id,
    'quandl:DB/CODE', {bytes}, 1, 0, '', 1, {bytes}, {bytes} FROM {series} WHERE (number - 1) % 1000 < 100;
INSERT INTO {fetches} (id, series, status, created_at, not_before, attempts, crashes, finished_at, vintages_added, vintage,
    allow_shrink, request_id)
    SELECT id, number, 'success', {now}, {now}, 1, 0, {now}, 1, 1, {no}, '' FROM {series} WHERE (number - 1) % 1000 < 100
"""
_POSTGRES = {
    "numbers": "",
    "n": f"generate_series(1, {CROWD}) AS n",
    "id": "md5(n::text)::uuid",
    "now": "now()",
    "bytes": "'x'::bytea",
    "no": "false",
}
_SQLITE = {
    "numbers": f"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {CROWD})",
    "n": "n",
    "id": "printf('%032x', n)",
    "now": "1717200000000000",
    "bytes": "x'78'",
    "no": "0",
}


def a_million_series(database: Database) -> None:
    """Fill the list of series."""
    names = {name: database.table(name) for name in metadata.tables}
    words = _POSTGRES if database.schema else _SQLITE
    with database.engine.begin() as connection:
        for statement in _STATEMENTS.format(**names, **words).split(";"):
            _run(connection, statement)
    if database.schema:
        database.size()


def code_of(number: int) -> DatasetCode:
    """Return the code of a series of the million."""
    return DatasetCode(f"DB{number % 100}", f"CODE{number}")


def side_by_side(database: Database, series_id: UUID, others: int) -> None:
    """Copy the history of this series to so many others, the rows lying in the order of days; only this one is readable."""
    table, series = database.table("vintages"), database.table("series")
    columns = [column.name for column in vintages.columns if column.name not in ("series", "position")]
    named = ", ".join(f'"{name}"' for name in columns)
    copied = ", ".join(f'h."{name}"' for name in columns)
    with database.store.writing() as uow:
        for n in range(others):
            uow.series.add("quandl", DatasetCode("CROWD", str(n)))
        uow.commit()
    with for_writing(database.engine) as connection, connection.begin():
        _run(connection, f"CREATE TEMP TABLE history ON COMMIT DROP AS SELECT * FROM {table}")
        _run(connection, f"TRUNCATE {table}")
        _run(
            connection,
            f"INSERT INTO {table} (series, position, {named}) SELECT s.number, row_number() OVER (), {copied} "
            f"FROM history h CROSS JOIN {series} s ORDER BY h.number, s.number",
        )


def pages_read(database: Database) -> int:
    """Count the pages of the vintages' rows and payloads that were touched since the server began to count."""
    counted = text(
        "SELECT heap_blks_read + heap_blks_hit + coalesce(toast_blks_read + toast_blks_hit, 0) FROM pg_statio_all_tables "
        "WHERE schemaname = :schema AND relname = 'vintages'"
    )
    with database.engine.connect() as connection:
        return int(connection.execute(counted, {"schema": database.schema}).scalar_one())


def _run(connection: Connection, statement: str) -> None:
    raw = connection.connection.cursor()
    raw.execute(statement)
    raw.close()
