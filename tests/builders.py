"""Small real objects for tests: states that arrive, servers, and use cases on the memory adapters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from socketserver import StreamRequestHandler, ThreadingTCPServer
from ssl import SSLContext
from threading import Thread
from typing import Any
from uuid import UUID

from dependency_injector.providers import Object, Singleton

from adapters.memory.dispatcher import InlineDispatcher, RecordingDispatcher
from adapters.memory.unit_of_work import MemoryStore
from adapters.memory.webhook_sender import RecordingSender
from config.container import Container
from config.settings import Settings
from domain.observations import Label, Observations
from domain.ports import DataSource, Dispatcher, UnitOfWork, WebhookSender
from domain.providers import Routing
from domain.schedules.history import History
from domain.schedules.schedule import NextLook
from domain.series import Metadata
from domain.use_cases import UseCases
from domain.vintages import NewState, Origin, Vintage
from tests.fakes import CannedSource, FakeProviders, some_observations

NOBODY = UUID(int=0)
WEBHOOK_SECRET = "the master secret of these tests, long enough"  # noqa: S105 - of tests

#: The members of a revision, in the API and on the command line.
REVISION = ["series", "from", "to", "added", "changed", "deleted", "columns_added", "columns_removed", "flags_changed", "flags_alone"]


def an_arrival(
    fetched_at: datetime,
    observations: Observations | None = None,
    *,
    published: Label | None = None,
    known_at: datetime | None = None,
    fetch_id: UUID = NOBODY,
) -> NewState:
    """A state that arrived at a moment, and is known from then on if nothing else is said."""
    return NewState(
        published=published,
        observations=some_observations() if observations is None else observations,
        known_at=known_at or fetched_at,
        fetched_at=fetched_at,
        origin=Origin(request="canned:X/Y", response_sha256="0" * 64, adapter_version=1),
        fetch_id=fetch_id,
    )


def hostile_source(text: str, *, terms: str) -> CannedSource:
    """A source of two columns that says this text wherever it can say one."""
    metadata = Metadata(
        name=text,
        description=text,
        unit=text,
        seasonal_adjustment=text,
        source=text,
        attribution=text,
        terms=terms,
        column_units=(text, text),
        extra={text: text},
    )
    values = Observations.of([date(2024, 1, 1), date(2024, 2, 1)], [text, "b"], [[1, 2], [3, 4]])
    return CannedSource(observations=values, metadata=metadata)


def append(uow: UnitOfWork, series_id: UUID, arrivals: Sequence[NewState]) -> Sequence[Vintage]:
    """Prepare states and append them at once."""
    prepared = uow.vintages.prepare(uow.series.get(series_id), arrivals)
    assert uow.vintages.append(series_id, prepared)
    return prepared.vintages


def memory_use_cases(
    sources: Mapping[str, DataSource | None],
    *,
    store: MemoryStore | None = None,
    dispatcher: Dispatcher | None = None,
    default: str = "canned",
    lease_seconds: float = 30,
    deadline_seconds: float = 120,
    sender: WebhookSender | None = None,
    webhook_secret: str = WEBHOOK_SECRET,
) -> UseCases:
    """
    Give the use cases on the memory adapters.

    Args:
        dispatcher: by default the fetch is done at once, in the thread that requests it.
        sender: by default one that keeps what webhooks are told.

    """
    settings = Settings(
        lease_seconds=lease_seconds,
        fetch_deadline_seconds=deadline_seconds,
        wait_seconds=0.3,
        read_through_seconds=0.3,
        webhook_secret=webhook_secret,
    )
    container, providers = Container(settings=settings), Object(FakeProviders(sources))
    container.store.override(Object(store or MemoryStore()))
    container.data_sources.override(providers)
    container.conformance.override(providers)
    container.webhook_sender.override(Object(sender or RecordingSender()))
    container.learn.override(Object(every_six_hours))
    container.routing.override(Object(Routing({}, default)))
    container.dispatcher.override(Object(dispatcher) if dispatcher else Singleton(InlineDispatcher, container.fetch_dataset))
    use_cases: UseCases = container.use_cases()
    return use_cases


def every_six_hours(history: History) -> NextLook:
    """Plan a look six hours after the last one, whatever the past."""
    return NextLook(at=history.checked_at + timedelta(hours=6), reason="It is looked at six hours later.")


def waiting_use_cases(store: MemoryStore | None = None) -> UseCases:
    """Give use cases whose fetches stay pending, since no worker is notified."""
    return memory_use_cases({"canned": CannedSource()}, store=store, dispatcher=RecordingDispatcher())


Respond = Callable[[str, Mapping[str, str]], Iterable[bytes]]


@contextmanager
def a_server(respond: Respond, tls: SSLContext | None = None) -> Iterator[str]:
    """
    Run a local server on a bare socket and give its address.

    Args:
        respond: gets the request's target and its headers by lower-case name, gives the bytes to send before hanging up.
        tls: with what its connections are encrypted, if they are.

    """

    class Server(ThreadingTCPServer):
        daemon_threads = True

        def get_request(self) -> tuple[Any, Any]:
            connection, address = super().get_request()
            return tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) if tls else connection, address

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            target = self.rfile.readline().decode().split(" ")[1]
            lines = iter(self.rfile.readline, b"\r\n")
            headers = dict(line.decode().strip().split(": ", 1) for line in lines)
            with suppress(OSError):
                for part in respond(target, {name.lower(): value for name, value in headers.items()}):
                    self.wfile.write(part)

    with Server(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.001}).start()
        try:
            yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def an_answer(body: bytes, *, status: int = 200, **headers: str) -> bytes:
    """Write an HTTP answer with its length; an underscore in a header's name is a hyphen."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
