"""A dump is imported faster than COPY puts its rows into a table of thirteen columns; ``make bench`` prints thousands of rows a second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median
from uuid import uuid4

import psycopg2
import pytest

from adapters.provider_kit.file_imports import FileImportSource
from domain.importing import ImportRequest
from domain.use_cases.import_files import ImportFiles
from tests.benchmarks.databases import Database
from tests.benchmarks.table import Ratios, timed
from tests.dumps import NAMES, write_dump

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

TICKERS, DAYS = 1000, 2500
ROUNDS, LEAST = 3, 1.5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dump in both forms, and its rows as COPY takes them: the date and twelve numbers."""
    folder = tmp_path_factory.mktemp("dumps")
    for form in ("csv", "parquet"):
        write_dump(folder / f"wiki.{form}", TICKERS, DAYS)
    with (folder / "wiki.csv").open() as dump, (folder / "rows.csv").open("w") as rows:
        rows.writelines(line.partition(",")[2] for line in dump)
    return folder


def copied(url: str, rows: Path) -> float:
    """Return how many milliseconds COPY takes, the commit included."""
    connection = psycopg2.connect(url)
    table = f"copied_{uuid4().hex}"
    columns = ", ".join(f'"{name}" double precision' for name in NAMES)
    try:
        with connection.cursor() as cursor, rows.open() as file:
            cursor.execute(f"CREATE TABLE {table} (date date, {columns})")

            def copy() -> None:
                cursor.copy_expert(f"COPY {table} FROM STDIN CSV HEADER", file)
                connection.commit()

            took = timed(copy)
            cursor.execute(f"DROP TABLE {table}")
            connection.commit()
    finally:
        connection.close()
    return took


def imported(database: Database, path: Path) -> float:
    """Return how many milliseconds an import into new series takes."""
    request = ImportRequest(paths=[path], database=f"W{uuid4().hex[:20].upper()}", layout="by-ticker")
    use_case = ImportFiles(store=database.store, files=FileImportSource())

    def run() -> None:
        assert sum(each.rows for each in use_case(request)) == TICKERS * DAYS

    return timed(run)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_importing(database: Database, postgres_url: str, folder: Path, ratios: Ratios, form: str) -> None:
    """Measured in turn, so that a busy machine slows both."""
    measured: list[Callable[[], float]] = [
        lambda: imported(database, folder / f"wiki.{form}"),
        lambda: copied(postgres_url, folder / "rows.csv"),
    ]
    taken = [[measure() for measure in measured] for _ in range(ROUNDS)]
    ours, theirs = (TICKERS * DAYS / median(column) for column in zip(*taken, strict=True))
    least = LEAST if database.schema else 0
    ratios.add(f"import {form}, {TICKERS:,} tickers, {database.name} / COPY, kilorows/s", ours, theirs, least)
