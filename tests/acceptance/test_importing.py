"""A dump is imported by the command: killed on the way it goes on, and its memory is bounded."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from adapters.sql.engine import open_engine
from adapters.sql.store import SqlStore
from domain.codes import DatasetCode
from domain.moments import AsOf
from tests.dumps import NAMES, prices, ticker, write_dump

LANNER = Path(sys.executable).parent / "lanner"
TICKERS, DAYS = 160, 2500
MOST_MEBIBYTES = 300
#: Of the sizes whose peaks are compared: the larger has ten times the rows.
SMALL, LARGE = 20, 200


def environment(data: Path) -> dict[str, str]:
    return {"LANNER_DATA_DIR": str(data), "HOME": str(data), "LANNER_LOG_LEVEL": "error"}


def imported(dump: Path) -> list[str | Path]:
    return [LANNER, "import", dump, "--as", "WIKI", "--layout", "by-ticker"]


def started(data: Path, dump: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(imported(dump), env=environment(data), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


#: Linux counts what the parent of a process held when it was started as the process' own; this parent is small.
_MEASURED = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


def peak_of(command: list[str | Path], settings: dict[str, str]) -> float:
    """Return the mebibytes that a command held at most."""
    measured = [sys.executable, "-I", "-S", "-c", _MEASURED, *command]
    return float(subprocess.run(measured, env=settings, capture_output=True, text=True, check=True).stdout)


def stored(data: Path) -> list[tuple[str, int, bytes]]:
    """Return each vintage's code, number and digest."""
    query = "SELECT dataset_code, v.number, digest FROM vintages v JOIN series s ON s.number = v.series ORDER BY 1, 2"
    with closing(sqlite3.connect(data / "lanner.db")) as database:
        try:
            return database.execute(query).fetchall()
        except sqlite3.OperationalError:  # not migrated yet
            return []


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.slow
def test_an_import_that_is_killed_twice_goes_on(tmp_path: Path) -> None:
    """Killed at a third and at two thirds, it stores by the third time what it would have stored at once, and nothing twice."""
    dump = write_dump(tmp_path / "wiki.csv", TICKERS, DAYS)
    data = tmp_path / "data"
    data.mkdir()
    for third in (1, 2):
        process = started(data, dump)
        wait_until(lambda third=third: len(stored(data)) >= third * TICKERS // 3)  # type: ignore[misc]
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert len(stored(data)) < TICKERS
    process = started(data, dump)
    said, errors = process.communicate()
    assert process.returncode == 0, errors

    assert said.splitlines()[-1].startswith(f"{TICKERS} series, ")
    found = stored(data)
    assert [(code, number) for code, number, _ in found] == [(ticker(each), 1) for each in range(TICKERS)]
    store = SqlStore(open_engine(f"sqlite:///{data / 'lanner.db'}", schema="unused"))
    with store.reading() as uow:
        for number in (0, TICKERS // 3, TICKERS - 1):
            series = uow.series.find("import", DatasetCode("WIKI", ticker(number)))
            assert series
            kept = uow.vintages.find(series.id, AsOf())
            assert kept
            expected = np.column_stack([prices(number, DAYS).column(name).to_numpy() for name in NAMES])
            assert np.array_equal(kept.observations.values, expected)
    store.engine.dispose()

    again = started(data, dump)
    assert again.communicate()[0].splitlines()[-1] == f"{TICKERS} series, 0 vintages added, 0 rows."
    assert stored(data) == found


@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_memory_is_bounded(tmp_path: Path, form: str) -> None:
    """The peak is below 300 MiB, and does not grow with the size of the file."""
    peaks = []
    for tickers in (SMALL, LARGE):
        data = tmp_path / f"data{tickers}"
        data.mkdir()
        dump = write_dump(tmp_path / f"wiki{tickers}.{form}", tickers, 2500)
        peaks.append(peak_of(imported(dump), environment(data)))

    assert max(peaks) <= MOST_MEBIBYTES
    assert peaks[1] <= 1.5 * peaks[0]
