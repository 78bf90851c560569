"""
A provider for better and for worse: Quandl's v3 API in a process of its own, every observation made of a code and a seed.

``MODE.run.number`` is a dataset code: its first part says how the provider behaves, the rest only makes it another one.
Each call is a line of the log: when it came by the monotonic clock, and for what.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any

from tests.faults.windows import ABSURD, EVERY_FORM, ONE_SECOND, STORM, STRICT, Windows

DATABASE = "FAULT"
COLUMNS = ("Open", "Close")
ROWS = 8
FIRST = date(2024, 1, 1)
HANG_SECONDS = 60
BOMB_BYTES = 200 * 2**20

_MODE = re.compile(r"([A-Z]+)(\d*)")
_KIND = {"Content-Type": "application/json"}
_HTML = b"<html><body>Request unsuccessful</body></html>"


def mode_of(dataset: str) -> tuple[str, int]:
    """Take a code's mode and its number apart."""
    match = _MODE.match(dataset)
    return (match[1], int(match[2] or 0)) if match else ("PLAIN", 0)


def observations(seed: int, dataset: str, call: int) -> list[list[Any]]:
    """Give what the provider says of a code, as rows; in mode ``VARY`` each call hears something else."""
    number = call if mode_of(dataset)[0] == "VARY" else 0
    values = random.Random(f"{seed}:{dataset}:{number}")
    return [[str(FIRST + timedelta(n)), *(round(values.uniform(1, 1000), 4) for _ in COLUMNS)] for n in range(ROWS)]


def document(seed: int, dataset: str, call: int) -> bytes:
    """Write it in Quandl's words."""
    facts = {"dataset_code": dataset, "database_code": DATABASE, "name": dataset, "frequency": "daily"}
    return json.dumps({"dataset": {**facts, "column_names": ["Date", *COLUMNS], "data": observations(seed, dataset, call)}}).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = HANG_SECONDS
    seed: int
    log: int
    packed: bytes
    down: Path
    calls: Counter[str]
    lock: Lock
    strict: Windows
    storm: Windows

    def do_GET(self) -> None:
        dataset = _dataset(self.path)
        with self.lock:
            self.calls[dataset] += 1
            call = self.calls[dataset]
        os.write(self.log, f"{time.monotonic():.6f} {dataset}\n".encode())
        mode, number = mode_of(dataset)
        body = document(self.seed, dataset, call)
        try:
            _MODES.get(mode, Handler.plain)(self, body, number)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def plain(self, body: bytes, milliseconds: int) -> None:
        """Answer, after a while."""
        time.sleep(milliseconds / 1000)
        self.answer(200, body, _KIND)

    def outage(self, body: bytes, _: int) -> None:
        """Be unavailable as long as a file says so."""
        if self.down.exists():
            self.answer(503, _HTML, {"Content-Type": "text/html"})
        else:
            self.answer(200, body, _KIND)

    def hang(self, *_: Any) -> None:
        """Say nothing until the other side gives up."""
        self.connection.settimeout(HANG_SECONDS)
        self.rfile.read(1)
        self.close_connection = True

    def drip_head(self, body: bytes, _: int) -> None:
        """Send the head one byte at a time."""
        self.drip(b"HTTP/1.1 200 OK\r\nX-Filling: " + b"x" * 2000, body)

    def drip_body(self, body: bytes, _: int) -> None:
        """Send the body one byte at a time."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
        self.drip(body, b"")

    def drip(self, slow: bytes, rest: bytes) -> None:
        for byte in slow:
            self.wfile.write(bytes([byte]))
            time.sleep(0.2)
        self.wfile.write(rest)

    def cut(self, body: bytes, _: int) -> None:
        """Announce more than comes."""
        self.answer(200, body[:-40], _KIND | {"Content-Length": str(len(body))})
        self.close_connection = True

    def html(self, *_: Any) -> None:
        """Say with 200 that something went wrong."""
        self.answer(200, _HTML, {"Content-Type": "text/html"})

    def bomb(self, *_: Any) -> None:
        """Send little that becomes a lot."""
        self.answer(200, self.packed, _KIND | {"Content-Encoding": "gzip"})

    def within_windows(self, body: bytes, _: int) -> None:
        """Keep to the windows of the mode."""
        code = _dataset(self.path)
        refusal = (self.strict if mode_of(code)[0] == "STRICT" else self.storm).refusal(code)
        if refusal is None:
            self.answer(200, body, _KIND)
        else:
            self.answer(429, b"", {"Retry-After": refusal})

    def never(self, *_: Any) -> None:
        """Ask for more silence than a life has."""
        self.answer(429, b"", {"Retry-After": ABSURD})

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


_MODES: dict[str, Callable[..., None]] = {
    "HANG": Handler.hang,
    "DRIPHEAD": Handler.drip_head,
    "DRIPBODY": Handler.drip_body,
    "CUT": Handler.cut,
    "HTML": Handler.html,
    "BOMB": Handler.bomb,
    "OUTAGE": Handler.outage,
    "STRICT": Handler.within_windows,
    "STORM": Handler.within_windows,
    "NEVER": Handler.never,
}


def _dataset(path: str) -> str:
    return path.rpartition("/")[2].partition("?")[0].removesuffix(".json")


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Workers that are killed leave in the middle of a sentence."""


def main(port: int, seed: int, folder: Path) -> None:
    """Serve until killed."""
    Handler.seed, Handler.down, Handler.calls, Handler.lock = seed, folder / "down", Counter(), Lock()
    Handler.strict = Windows(STRICT, ONE_SECOND, folder / "strict")
    Handler.storm = Windows(STORM, EVERY_FORM, folder / "storm")
    Handler.log = os.open(folder / "calls", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    server = Server(("127.0.0.1", port), Handler)
    # Packed only when it is asked for, it might come later than anybody waits.
    Handler.packed = gzip.compress(b" " * BOMB_BYTES, 1)
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
