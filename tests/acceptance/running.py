"""The real processes, started as a user starts them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.servers import bound, free_port

START_SECONDS, STOP_SECONDS = 60.0, 20.0


@dataclass
class Lanner:
    """A running service as a client sees it."""

    address: str
    logs: list[Path]

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.address + path, timeout=30, **options)

    def post(self, path: str, document: Any, **options: Any) -> requests.Response:
        return requests.post(self.address + path, json=document, timeout=30, **options)

    def request(self, database: str, dataset: str, **fields: Any) -> dict[str, Any]:
        """Request a series; the answer must be that it is pending, or known."""
        response = self.post("/timeseries", {"database_code": database, "dataset_code": dataset, **fields})
        assert response.status_code in (200, 201), response.text
        body: dict[str, Any] = response.json()
        return body

    def polled(self, series_id: str, *, seconds: float = 20) -> requests.Response:
        """Read a series again and again until it is no longer pending, or waits after an error."""
        end = time.monotonic() + seconds
        while True:
            response = self.get(f"/timeseries?id={series_id}")
            waits = response.status_code == 202
            if not waits or response.json()["last_error"] or time.monotonic() > end:
                return response
            time.sleep(0.02)

    def log(self) -> str:
        return "".join(path.read_text() for path in self.logs)


@contextmanager
def running(folder: Path, environment: Mapping[str, str], *commands: str, module: str = "entrypoints.cli") -> Iterator[Lanner]:
    """Run ``lanner`` with each of the commands until left; each must then stop within seconds, with code 0."""
    port = free_port()
    settings = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANNER_DATA_DIR": str(folder / "data"),
        "LANNER_PORT": str(port),
        **environment,
    }
    logs = [folder / f"{command}.log" for command in commands]
    processes = [_started([module, *command.split()], settings, log) for command, log in zip(commands, logs, strict=True)]
    lanner = Lanner(f"http://127.0.0.1:{port}", logs)
    try:
        _wait_until_ready(lanner, processes)
        yield lanner
        codes = [_stopped(process) for process in processes]
        assert codes == [0] * len(codes), lanner.log()
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.wait()


def lanner(*arguments: str, folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    settings = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANNER_DATA_DIR": str(folder / "data"), **environment}
    command = [sys.executable, "-m", "entrypoints.cli", *arguments]
    return subprocess.run(command, env=settings, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def _started(command: list[str], settings: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            bound([sys.executable, "-m", *command]),
            env=dict(settings),
            cwd=log.parent,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def _wait_until_ready(lanner: Lanner, processes: list[subprocess.Popen[bytes]]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert all(process.poll() is None for process in processes), lanner.log()
        try:
            if lanner.get("/readyz").status_code == 200:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.05)
    raise AssertionError(lanner.log())


def _stopped(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(STOP_SECONDS)
