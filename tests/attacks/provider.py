"""
A provider that means harm: a server whose answers follow from the first part of the code, in the words of several providers.

``PLAIN.1`` is a series as any other; the rest of a code only makes it another one.
"""

from __future__ import annotations

import base64
import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import quote, urlsplit

DATABASE = "EVIL"
KEY = "Qk3y/C4nary+of~the=Attacks7"
HANG_SECONDS = 60
_JSON = {"Content-Type": "application/json"}
_ROWS = [["2024-01-02", 2.0], ["2024-01-01", 1.0]]


def disguises(key: str) -> dict[str, str]:
    """Return the key in forms in which a provider may repeat it."""
    encoded = key.encode()
    every = "".join(f"%{byte:02x}" for byte in encoded)
    return {
        "plain": key,
        "capitals": key.upper(),
        "small": key.lower(),
        "swapped": key.swapcase(),
        "base64": base64.b64encode(encoded).decode(),
        "base64 unpadded": base64.b64encode(encoded).decode().rstrip("="),
        "base64 url": base64.urlsafe_b64encode(encoded).decode(),
        "base64 of user and key": base64.b64encode(b"user:" + encoded).decode(),
        "base64 of k=key": base64.b64encode(b"k=" + encoded).decode(),
        "percent": quote(key, safe=""),
        "percent, small": quote(key, safe="").replace("%2F", "%2f").replace("%2B", "%2b").replace("%3D", "%3d").replace("%7E", "%7e"),
        "percent, every byte": every,
        "percent, every byte, capitals": every.upper(),
        "percent, capitals": quote(key.upper(), safe=""),
    }


#: What stands in the texts of a series of mode CELLS; a spreadsheet takes each for a formula.
FORMULAS = (
    "=1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(1)",
    "\ufeff=1+1",
    "\u200b=1+1",
    "\u200d\u2060＝1+1",
    " \u200e@SUM(1)",
    "\u00ad+1+1",
    "\t=1",
    "﹣1+1",
)


@dataclass
class Provider:
    """
    Where the server is, and what it was asked for.

    Attributes:
        bodies: answers by code, each a content type and what is sent.
        calls: how often each code was asked for.

    """

    port: int
    bodies: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    released: Event = field(default_factory=Event)

    @property
    def settings(self) -> Mapping[str, str]:
        """What points lanner here, for each of the providers that may be asked."""
        address = f"http://127.0.0.1:{self.port}"
        own = {
            "QUANDL__BASE_URL": f"{address}/api/v3",
            "QUANDL__API_KEY": KEY,
            "QUANDL__CONCURRENCY": "6",
            "SDMX__BASE_URL": f"{address}/sdmx",
            "JSONSTAT__BASE_URL": f"{address}/jsonstat",
            "CSV_URL__BASE_URL": f"{address}/csv",
        }
        return {f"LANNER_PROVIDERS__{name}": value for name, value in own.items()}


def document(code: str, **fields: Any) -> bytes:
    """Write a series as Quandl did."""
    facts = {"dataset_code": code, "database_code": DATABASE, "name": code, "description": "", "frequency": "daily"}
    return json.dumps({"dataset": {**facts, "column_names": ["Date", "Value"], "data": _ROWS, **fields}}).encode()


@contextmanager
def serving() -> Iterator[Provider]:
    """Serve until left."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.provider = Provider(server.server_port)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.provider
    finally:
        server.provider.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True
    block_on_close = False
    provider: Provider

    def handle_error(self, *_: Any) -> None:
        """Whoever asks may hang up in the middle of a sentence."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        code = path.rpartition("/")[2].removesuffix(".json").removesuffix(".csv")
        self.server.provider.calls[code] += 1
        found = next((answer for name, answer in self.server.provider.bodies.items() if name in path), None)
        if found:
            self._answer(200, found[1], {"Content-Type": found[0]})
        else:
            getattr(self, f"_{code.partition('.')[0].lower()}", self._plain)(code)

    def _plain(self, code: str) -> None:
        self._answer(200, document(code), _JSON)

    def _large(self, code: str) -> None:
        self._table(code, 20_000, 12)

    def _wide(self, code: str) -> None:
        self._table(code, 40, 60)

    def _table(self, code: str, rows: int, columns: int) -> None:
        chance, first = random.Random(code), date(1950, 1, 1)
        data = [[str(first + timedelta(row)), *(chance.random() for _ in range(columns))] for row in range(rows)]
        names = ["Date", *(f"c{column}" for column in range(columns))]
        self._answer(200, document(code, column_names=names, data=data), _JSON)

    def _hang(self, code: str) -> None:
        self.server.provider.released.wait(HANG_SECONDS)
        self._plain(code)

    def _echo(self, code: str) -> None:
        """Repeat the key in every text of a series."""
        forms = disguises(self.headers.get("X-Api-Token", ""))
        columns = ["Date", *(f"{name} {form}" for name, form in forms.items())]
        rows = [[row[0], *([row[1]] * len(forms))] for row in _ROWS]
        said = " ".join(f"key {form} end" for form in forms.values())
        self._answer(200, document(code, name=said, description=said, column_names=columns, data=rows), _JSON)

    def _refuse(self, code: str) -> None:
        """Repeat the key in what is wrong."""
        forms = ", ".join(disguises(self.headers.get("X-Api-Token", "")).values())
        said = {"quandl_error": {"code": "QEPx04", "message": f"The key {forms} may not see this."}}
        self._answer(403, json.dumps(said).encode(), _JSON)

    def _cells(self, code: str) -> None:
        """Have a formula in every text: ``CELLS.n`` the one of this number."""
        formula = FORMULAS[int(code.rpartition(".")[2])]
        self._answer(200, document(code, name=formula, description=formula, column_names=["Date", formula]), _JSON)

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | dict(headers)).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass
