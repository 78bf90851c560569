"""The service under attack: processes, data and a port of its own."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from domain.audit import LOGGER
from tests.acceptance.running import lanner
from tests.attacks.client import Answer, ask, post
from tests.faults.processes import Process, children
from tests.servers import free_port

ROOT = Path(__file__).parents[2]
SCOPES = ("read", "fetch", "admin")


@dataclass
class Service:
    """
    An API and a worker.

    Attributes:
        settings: of every process.
        headers: what every request has, unless it says otherwise.

    """

    folder: Path
    settings: dict[str, str]
    port: int = field(default_factory=free_port)
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.settings = {"LANNER_DATA_DIR": str(self.folder / "data"), "LANNER_PORT": str(self.port), **self.settings}
        self.api, self.worker = self.process("api"), self.process("worker")

    def process(self, command: str) -> Process:
        """Prepare a command of lanner."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "PYTHONPATH": str(ROOT), **self.settings}
        return Process(command, [sys.executable, "-P", "-m", "entrypoints.cli", command], environment, self.folder / f"{command}.log")

    def run(self, command: str) -> str:
        """Run a command of lanner to its good end; return what it says."""
        ended = lanner(*command.split(), folder=self.folder, environment=self.settings)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    def operator_lines(self, command: str) -> list[dict[str, Any]]:
        """Run a command; return the lines of its log that say who did what."""
        ended = lanner(*command.split(), folder=self.folder, environment=self.settings)
        lines = [orjson.loads(line) for line in ended.stderr.splitlines() if line.startswith("{")]
        return [line for line in lines if line["logger"] == LOGGER and line.get("user")]

    @cached_property
    def keys(self) -> Mapping[str, str]:
        """A key for each scope and one for all, by name."""
        made = {scope: self.run(f"keys create --name {scope} --scope {scope}") for scope in SCOPES}
        return made | {"all": self.run("keys create --name all --scope read --scope fetch --scope admin")}

    def ask(self, target: str, **options: Any) -> Answer:
        options["headers"] = self.headers | dict(options.get("headers") or {})
        return ask(self.port, target, **options)

    def post(self, target: str, document: object, **options: Any) -> Answer:
        options["headers"] = self.headers | dict(options.get("headers") or {})
        return post(self.port, target, document, **options)

    def fetched(self, code: str, *, seconds: float = 30, **fields: Any) -> str:
        """Have a series fetched; return its id once that has ended, however it did."""
        answer = self.post("/timeseries", {"code": code, **fields})
        assert answer.status in (200, 201), answer
        series = str(answer.json()["id"])
        self.ended(series, seconds=seconds)
        return series

    def ended(self, series: str, *, seconds: float = 30) -> Answer:
        """Wait until a series is no longer pending, or waits after an error."""
        end = time.monotonic() + seconds
        while True:
            answer = self.ask(f"/timeseries?id={series}")
            waits = answer.status == 202
            if not waits or answer.json()["last_error"] or time.monotonic() > end:
                return answer
            time.sleep(0.05)

    @property
    def memory(self) -> int:
        """Megabytes that the API's processes have in memory."""
        return resident(self.api)

    def log(self) -> str:
        return "".join(process.log.read_text(errors="replace") for process in (self.api, self.worker))

    def wait_for_lines(self, word: str, count: int, *, seconds: float = 5) -> list[dict[str, Any]]:
        """Return the log's lines in which a word stands, once there are so many or time is up."""
        end = time.monotonic() + seconds
        while len(found := [line for line in self.log().splitlines() if word in line]) < count and time.monotonic() < end:
            time.sleep(0.05)
        return [orjson.loads(line) for line in found]

    def ready(self) -> bool:
        return ask(self.port, "/readyz", timeout=5).status == 200


@contextmanager
def running(folder: Path, settings: Mapping[str, str], *, worker: bool = True) -> Iterator[Service]:
    """Run the service until left; where keys are required, it is asked with one that may do everything."""
    service = Service(folder, dict(settings))
    service.run("migrate")
    if service.settings.get("LANNER_AUTH") == "required":
        service.headers["X-Api-Token"] = service.keys["all"]
    processes = [service.api, service.worker] if worker else [service.api]
    try:
        for process in processes:
            process.start()
        service.api.wait_until(service.ready)
        yield service
    finally:
        for process in processes:
            process.stop()


def resident(process: Process) -> int:
    """Return how many megabytes a process and all that it has started have in memory."""
    total = 0
    for each in (process.pid, *children(process.pid)):
        try:
            status = Path(f"/proc/{each}/status").read_text()
        except OSError:  # it has just ended
            continue
        total += sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
    return total >> 10
