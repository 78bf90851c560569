"""A worker, and ``lanner parse``, whose answers take too much memory or never end: named errors, and everything goes on."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.acceptance.running import lanner
from tests.builders import a_server, an_answer
from tests.servers import bound

ROOT = Path(__file__).parents[2]
#: Reads a large answer as the code says.
PROVIDER = """
from adapters.provider_kit.spec import ProviderSpec
from domain.observations import Observations
from domain.ports import Fetched
from domain.providers import Terms
from domain.series import Metadata
from dataclasses import dataclass
@dataclass(frozen=True)
class Options:
    base_url: str = ""
class Source:
    def __init__(self, http):
        self.http = http
    def fetch(self, code, known):
        answer = self.http.get(("large",))
        while code.dataset == "SPIN":
            pass
        held = bytearray(2_000_000_000 if code.dataset == "FILL" else 1)
        origin = PROVIDER.origin(answer.url, answer.body)
        return Fetched(metadata=Metadata(), vintages=[(None, Observations.of(["2024-01-01"], ["V"], [[1.5]]))], origin=origin)
PROVIDER = ProviderSpec(
    provider_api=2,
    name="third",
    title="A third party",
    databases=("THIRD",),
    terms=Terms(attribution="them", url="https://them.invalid"),
    open=lambda options, http: Source(http),
    options=Options,
)
"""


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """Settings with the provider above and a database that is ready."""
    (tmp_path / "third-1.0.dist-info").mkdir()
    (tmp_path / "third-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: third\nVersion: 1.0\n")
    (tmp_path / "third-1.0.dist-info/entry_points.txt").write_text("[lanner.providers]\nthird = third_provider\n")
    (tmp_path / "third_provider.py").write_text(PROVIDER)
    found = {"HOME": str(tmp_path), "LANNER_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    assert lanner("migrate", folder=tmp_path, environment=found).returncode == 0
    return found


@pytest.mark.slow
def test_a_worker_goes_on(settings, tmp_path):
    """Fetches that would take all memory or all time end or wait by name, the next is done, and a stop waits for none of them."""
    with a_server(lambda *_: [an_answer(b" " * 300_000)]) as url:
        limits = {"LANNER_FETCH_DEADLINE_SECONDS": "3", "LANNER_SHUTDOWN_TIMEOUT_SECONDS": "1", "LANNER_PROVIDERS__THIRD__BASE_URL": url}
        environment = settings | limits
        working = [sys.executable, "-m", "entrypoints.cli", "worker"]
        worker = subprocess.Popen(bound(working), env=environment, cwd=tmp_path, stderr=subprocess.DEVNULL)
        try:
            filled = lanner("fetch", "THIRD/FILL", folder=tmp_path, environment=environment)
            read = lanner("fetch", "THIRD/READ", folder=tmp_path, environment=environment)
            asking = [sys.executable, "-m", "entrypoints.cli", "fetch", "THIRD/SPIN"]
            with subprocess.Popen(asking, env=environment, cwd=tmp_path, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as client:
                timed_out = _failure(tmp_path, "SPIN")
                client.kill()
            begun = time.monotonic()
            worker.send_signal(signal.SIGTERM)
            code = worker.wait(10)
        finally:
            worker.kill()
            worker.wait()

    assert (filled.returncode, read.returncode, code) == (1, 0, 0)
    assert "MB of memory" in filled.stdout
    assert "timed_out" in timed_out
    assert time.monotonic() - begun < 5


def test_lanner_parse_names_what_is_too_large(settings, tmp_path):
    """A file that would fill all memory is an error in JSON."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 6_800, pa.int32()), pa.array(["x" * 1_000_000]))
    parquet.write_table(pa.table({"date": ["2024-01-01"] * 6_800, "v": texts}), tmp_path / "bomb.parquet", compression="zstd")
    environment = settings | {"LANNER_PROVIDERS__FILES__PATH": str(tmp_path), "LANNER_WORKER_MEMORY": "500 MB"}
    ended = lanner("parse", "files", "X/Y", "--body", str(tmp_path / "bomb.parquet"), folder=tmp_path, environment=environment)

    assert (tmp_path / "bomb.parquet").stat().st_size < 5_000
    assert ended.returncode == 1
    assert json.loads(ended.stdout)["error"]["code"] == "too_large"
    assert "500 MB of memory" in json.loads(ended.stdout)["error"]["message"]


def _failure(folder: Path, name: str) -> str:
    """Wait until a series' fetch has failed for the first time, and give the error's code."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with sqlite3.connect(folder / "data" / "lanner.db") as database:
            query = "SELECT f.failure FROM fetches f JOIN series s ON s.number = f.series WHERE s.dataset_code = ?"
            row = database.execute(query, (name,)).fetchone()
        database.close()
        if row and row[0]:
            return str(row[0])
        time.sleep(0.1)
    return ""
