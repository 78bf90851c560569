"""The access log: each request has a line soon after its response, and none is lost when the process stops."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from typing import Any

import pytest
from falcon.testing import TestClient

from entrypoints.rest.http import access_log as access
from entrypoints.rest.http.access_log import AccessLog
from tests.acceptance.running import running


class LogRecords(logging.Handler):
    """Collects the lines that are written; can block the writer."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, Any]] = []
        self.open = Event()
        self.open.set()

    def emit(self, record: logging.LogRecord) -> None:
        assert self.open.wait(10)
        assert record.getMessage() == "request"
        self.lines += [{"level": record.levelname} | dict(facts) for facts in vars(record)["each"]]

    def of(self, *paths: str) -> list[dict[str, Any]]:
        """Give the lines of these paths once there is one of each."""
        end = time.monotonic() + 10
        while True:
            found = [line for line in self.lines if line["path"] in paths]
            if len(found) >= len(paths) or time.monotonic() > end:
                return found
            time.sleep(0.01)


@pytest.fixture
def log() -> Iterator[LogRecords]:
    handler, level = LogRecords(), access.logger.level
    access.logger.addHandler(handler)
    access.logger.setLevel(logging.DEBUG)
    yield handler
    access.logger.removeHandler(handler)
    access.logger.setLevel(level)


def facts(path: str) -> Mapping[str, str]:
    return {"path": path}


def test_each_request_has_one_line_without_its_query(client: TestClient, log: LogRecords) -> None:
    """Its id, method, path, status and time are logged; what the query holds is not."""
    client.simulate_get("/timeseries", params={"api_key": "hunter2"}, headers={"X-Request-ID": "mine-1"})
    [line] = log.of("/timeseries")

    assert (line["request_id"], line["method"], line["status"]) == ("mine-1", "GET", 400)
    assert line["milliseconds"] >= 0
    assert abs(line["created"] - time.time()) < 60
    assert "hunter2" not in str(line)


def test_probes_are_heard_of_only_by_who_listens_closely(client: TestClient, log: LogRecords) -> None:
    """What asks for the service's health every few seconds fills no log."""
    for path in ("/healthz", "/readyz", "/series"):
        client.simulate_get(path)

    levels = {line["path"]: line["level"] for line in log.of("/healthz", "/readyz", "/series")}
    assert levels == {"/healthz": "DEBUG", "/readyz": "DEBUG", "/series": "INFO"}


def test_what_ends_while_lines_are_written_is_written_too(log: LogRecords) -> None:
    """Lines of many threads come all, each once."""
    lines, paths = AccessLog(), [f"/{n}" for n in range(400)]
    threads = [Thread(target=lambda part: [lines.add(facts(path)) for path in part], args=(paths[n::8],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert sorted(line["path"] for line in log.of(*paths)) == sorted(paths)


def test_requests_wait_for_a_log_that_is_too_slow(log: LogRecords) -> None:
    """What is not written yet does not grow without end."""
    lines, answered = AccessLog(), []
    log.open.clear()
    crowd = Thread(target=lambda: [answered.append(lines.add(facts("/crowd"))) for _ in range(10 * access._MAX_QUEUED)])
    crowd.start()
    crowd.join(0.5)
    meanwhile = len(answered)
    log.open.set()
    crowd.join(30)

    assert meanwhile <= 2 * access._MAX_QUEUED
    assert len(answered) == 10 * access._MAX_QUEUED == len(log.of(*["/crowd"] * len(answered)))


def test_the_last_requests_of_a_process_have_their_lines(tmp_path):
    """A service that is stopped right after a response has logged it."""
    with running(tmp_path, {}, "up") as service:
        for n in range(20):
            service.get("/timeseries", headers={"X-Request-ID": f"last-{n}"})
    ids = {json.loads(line).get("request_id") for line in service.log().splitlines() if line.startswith("{")}

    assert {f"last-{n}" for n in range(20)} <= ids


def test_what_ends_while_no_thread_can_be_started_is_written_at_once(log: LogRecords) -> None:
    """As when the process is about to end, or has too many; once one can be started, it writes again."""
    lines = AccessLog()
    works, lines._writer = lines._writer, ThreadPoolExecutor(1)
    lines._writer.shutdown()
    for n in range(3):
        lines.add(facts(f"/late-{n}"))
    written = [line["path"] for line in log.lines]
    lines._writer = works
    lines.add(facts("/better"))

    assert written == ["/late-0", "/late-1", "/late-2"]
    assert log.of("/better")
