"""A process that answers like Quandl as fast as it can: a short series for every code that begins with S, else a long one."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any

import orjson

from tests.benchmarks.datasets import wiki_like

SHORT, LONG = "S", "L"
#: Stands for the code that is asked for.
_CODE = "CODE"
SHORT_ROWS, LONG_ROWS = 240, 10_000


def answer(kind: str) -> bytes:
    """Return the body that belongs to codes of a kind."""
    names, rows = wiki_like(SHORT_ROWS if kind == SHORT else LONG_ROWS, dividends=True)
    width = 6 if kind == SHORT else None
    facts = {"dataset_code": _CODE, "database_code": "WIKI", "name": "Prices", "description": "End of day prices.", "frequency": "daily"}
    return orjson.dumps({"dataset": {**facts, "column_names": names[:width], "data": [row[:width] for row in reversed(rows)]}})


@contextmanager
def quandl() -> Iterator[str]:
    """Serve until left; return the base URL."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    yield f"http://127.0.0.1:{ours.recv()}/api/v3"
    process.terminate()
    process.join()


def _serve(port: Connection) -> None:
    answers = {kind: answer(kind) for kind in (SHORT, LONG)}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            code = self.path.partition("/WIKI/")[2].partition(".json")[0]
            body = answers[code[0]].replace(_CODE.encode(), code.encode(), 1)
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            self.wfile.write(head.encode() + body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        port.send(server.server_port)
        server.serve_forever()
