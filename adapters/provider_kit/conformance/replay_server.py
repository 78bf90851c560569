"""
Open a provider on a local server that replays its payload, complete or with a fault.

The payload is a folder with ``contract.json``: ``code``, one that the provider knows; ``unknown``, one that it does not
(null if it knows every code); ``options``, in which ``{folder}`` stands for the folder and ``{server}`` for the server;
``answers``, by path, or by ``path?name=value`` where the query tells them apart, each with ``file``, ``content_type``,
``status`` and ``headers``; ``missing``, how many missing values the newest state has; ``calls``, how many a fetch makes.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from adapters.provider_kit.registry.installed import InstalledProviders
from adapters.provider_kit.spec import ProviderSpec
from domain.codes import DatasetCode
from domain.errors import FetchError
from domain.ports import Fetched, PriorState

_POLL_SECONDS = 0.01
_UNPACKED = 40 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """
    A response of the server.

    Attributes:
        promised: its Content-Length, if that is not the body's.

    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    promised: int | None = None


Fault = Callable[[Sent], Sent]


def refused(status: int, **headers: str) -> Fault:
    """Answer everything with this status."""
    return lambda _: Sent(status=status, body=b"{}", headers={"Content-Type": "application/json", **headers})


def replaced(body: bytes, content_type: str) -> Fault:
    """Answer everything with another body and status 200."""
    return lambda _: Sent(body=body, headers={"Content-Type": content_type})


def truncated(sent: Sent) -> Sent:
    """Cut every response in its middle."""
    return Sent(body=sent.body[: len(sent.body) // 2], status=sent.status, headers=sent.headers, promised=len(sent.body) + 1)


def swollen(sent: Sent) -> Sent:
    """Respond with a small body that unpacks to more than the size limit."""
    return Sent(body=_bomb(), headers={**sent.headers, "Content-Encoding": "gzip"})


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(_UNPACKED))


@dataclass(slots=True, kw_only=True)
class Case:
    """
    A provider, opened as its payload says.

    Attributes:
        url: the base URL it was given; empty if it needs none.
        fault: applied to every response of its server.

    """

    spec: ProviderSpec
    source: Any
    contract: Mapping[str, Any]
    secrets: tuple[str, ...]
    url: str = ""
    fault: Fault | None = None
    calls: int = 0
    _example: Fetched | FetchError | None = None

    @property
    def code(self) -> DatasetCode:
        """The code that the provider knows; without a payload, some code of its first database."""
        return DatasetCode.parse(self.contract.get("code") or f"{next(iter(self.spec.databases), 'X')}/X")

    @property
    def is_replayed(self) -> bool:
        """Whether its payload has responses."""
        return bool(self.contract.get("answers"))

    def fetch(self, code: DatasetCode | None = None) -> Fetched:
        """Fetch a series without prior state."""
        fetched: Fetched = self.source.fetch(code or self.code, PriorState(newest=None))
        return fetched

    def example(self) -> Fetched:
        """Return what a fetch of the known code gives while nothing is wrong: fetched once for all rules; raises its error again."""
        if self._example is None:
            try:
                self._example = self.fetch()
            except FetchError as error:
                self._example = error
        if isinstance(self._example, FetchError):
            raise self._example
        return self._example


@contextmanager
def opened(name: str, folder: Path) -> Iterator[Case]:
    """Open a provider on its payload until the end of the block."""
    contract = json.loads((folder / "contract.json").read_text())
    handler = type("ReplayOfOne", (_Replay,), {"folder": folder, "answers": contract.get("answers", {})})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": _POLL_SECONDS}).start()
        try:
            url = f"http://127.0.0.1:{server.server_port}"
            given = contract.get("options", {})
            options = {option: text.replace("{folder}", str(folder)).replace("{server}", url) for option, text in given.items()}
            providers = InstalledProviders({name: options}, deadline_seconds=20)
            providers.check()
            secrets = tuple(text for option, text in options.items() if option.endswith("key"))
            source, spec = providers.source(name), providers.spec(name)
            assert spec is not None  # noqa: S101 - its source is open
            case = Case(
                spec=spec,
                source=source,
                contract=contract,
                secrets=secrets,
                url=options.get("base_url", ""),
            )
            handler.case = case  # type: ignore[attr-defined]
            yield case
        finally:
            server.shutdown()


class _Replay(BaseHTTPRequestHandler):
    """Answers with the payload of one provider, and 404 to anything else."""

    folder: Path
    answers: Mapping[str, Mapping[str, Any]]
    case: Case

    def do_GET(self) -> None:
        """Send the response that matches the request best, with the current fault."""
        self.case.calls += 1
        answer = self.answers.get(max(filter(self._is_asked, self.answers), key=len, default=""), {"status": 404})
        headers = {"Content-Type": answer.get("content_type", "application/json"), **answer.get("headers", {})}
        body = (self.folder / answer["file"]).read_bytes() if "file" in answer else b""
        sent = Sent(body=body, status=answer.get("status", 200), headers=headers)
        sent = self.case.fault(sent) if self.case.fault else sent
        self.send_response(sent.status)
        for name, value in {**sent.headers, "Content-Length": str(sent.promised or len(sent.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent.body)
        self.close_connection = sent.promised is not None

    def log_message(self, *args: object) -> None:
        """Write no access log."""

    def _is_asked(self, known: str) -> bool:
        path, _, query = known.partition("?")
        asked = urlsplit(self.path)
        return asked.path == path and set(parse_qsl(query)) <= set(parse_qsl(asked.query))
