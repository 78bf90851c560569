"""A local HTTP server that answers like Quandl, for better and for worse."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

FB = {
    "dataset": {
        "id": 9775687,
        "dataset_code": "FB",
        "database_code": "WIKI",
        "name": "Facebook Inc. (FB) Prices, Dividends, Splits and Trading Volume",
        "description": "End of day open, high, low, close and volume.",
        "refreshed_at": "2018-03-27T21:46:11.788Z",
        "newest_available_date": "2018-03-27",
        "oldest_available_date": "2012-05-18",
        "column_names": ["Date", "Open", "Adj. Close", "Volume", "Ex-Dividend"],
        "frequency": "daily",
        "type": "Time Series",
        "premium": False,
        "limit": None,
        "transform": None,
        "column_index": None,
        "start_date": "2012-05-18",
        "end_date": "2018-03-27",
        "data": [
            ["2018-03-27", 156.31, 152.19, 76787884.0, 0.0],
            ["2018-03-26", 160.82, None, 125438294.0, -0.0],
            ["2018-03-23", 0.1, 0.0023958471981899, 5e-324, None],
            ["2012-05-18", 42.05, 38.2318, 573576400.0, 1.7976931348623157e308],
        ],
        "collapse": None,
        "order": "desc",
        "database_id": 4922,
    }
}
_HTML = b"<html><head><title>Request unsuccessful</title></head><body>Incapsula incident</body></html>"
_NOT_FOUND = {"quandl_error": {"code": "QECx02", "message": "You have submitted an incorrect Quandl code."}}
_TALKATIVE = {"quandl_error": {"code": "QEPx04", "message": "The key {key} may not see this."}}
_LIMITED = {"quandl_error": {"code": "QELx04", "message": "You have exceeded the API speed limit of 2000 calls per 10 minutes."}}


def _named(name: str) -> bytes:
    return json.dumps({"dataset": FB["dataset"] | {"dataset_code": name}}).encode()


def _answers() -> dict[str, tuple[int, dict[str, str], bytes]]:
    cut = _named("CUT")
    kind = {"Content-Type": "application/json; charset=utf-8"}
    html = {"Content-Type": "text/html"}
    return {
        "FB": (200, kind, _named("FB")),
        "GZIP": (200, kind | {"Content-Encoding": "gzip"}, gzip.compress(_named("GZIP"))),
        "NOSUCH": (404, kind, json.dumps(_NOT_FOUND).encode()),
        "GONE": (410, html, _HTML),
        "ECHO": (200, kind, _named("ECHO").replace(b"Facebook Inc.", b"{key} Inc.")),
        "REFUSED": (403, kind, json.dumps(_TALKATIVE).encode()),
        "BLOCKED": (403, html, _HTML),
        "LIMITED": (429, kind | {"Retry-After": "120"}, json.dumps(_LIMITED).encode()),
        "BROKEN": (503, html, _HTML),
        "WRONGTYPE": (200, kind, _named("WRONGTYPE").replace(b"156.31", b'"a lot"')),
        "HTML": (200, html, _HTML),
        "EMPTY": (200, kind, b""),
        "CUT": (200, kind | {"Content-Length": str(len(cut))}, cut[:-40]),
        "CUTGZIP": (200, kind | {"Content-Encoding": "gzip"}, gzip.compress(_named("CUTGZIP"))[:-12]),
        "ARRAY": (200, kind, b"[1, 2]"),
    }


@dataclass
class QuandlServer:
    """
    What the server heard, and where it is.

    Attributes:
        requests: path and headers of each.

    """

    base_url: str
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@contextmanager
def quandl_server() -> Iterator[QuandlServer]:
    """Serve ``/api/v3/datasets/WIKI/<NAME>.json`` until left."""
    answers = _answers()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.requests.append((self.path, dict(self.headers)))
            name = self.path.removeprefix("/api/v3/datasets/WIKI/").removesuffix(".json")
            status, headers, body = answers.get(name, answers["NOSUCH"])
            body = body.replace(b"{key}", self.headers.get("X-Api-Token", "").encode())
            self.send_response(status)
            for key, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        heard = QuandlServer(f"http://127.0.0.1:{server.server_port}/api/v3")
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield heard
        server.shutdown()
        thread.join()
