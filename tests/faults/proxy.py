"""A TCP proxy that can fall silent, and can lose the answer to what it has passed on."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Thread

_BLOCK = 65_536


@dataclass
class Proxy:
    """
    What stands between a client and a server.

    Attributes:
        silent: nothing is passed on any more, in either direction; no connection is closed.
        loses: a message of the client that is passed on, but whose answer is lost with the connection.
        to_lose: how many times more.
        generation: of the connections that are passed on: those of earlier ones are silent for good.

    """

    port: int
    silent: Event
    loses: bytes = b""
    to_lose: int = 0
    generation: int = 0

    def forget(self) -> None:
        """Fall silent on all connections that there are, but pass on later ones, as a firewall that was started again."""
        self.generation += 1

    def is_silent(self, generation: int) -> bool:
        return self.silent.is_set() or generation != self.generation

    def wants_to_lose(self, message: bytes) -> bool:
        if self.to_lose and self.loses in message:
            self.to_lose -= 1
            return True
        return False


@contextmanager
def proxy_to(server: int, port: int = 0) -> Iterator[Proxy]:
    """Pass on whatever comes to a port, by default one of its own, until left."""
    with ExitStack() as sockets:
        listener = sockets.enter_context(socket.create_server(("127.0.0.1", port), backlog=128))
        proxy = Proxy(listener.getsockname()[1], Event())
        threads = [Thread(target=_accept, args=(listener, server, proxy, sockets), daemon=True)]
        threads[0].start()
        try:
            yield proxy
        finally:
            _shut(listener)
            threads[0].join()


def _accept(listener: socket.socket, server: int, proxy: Proxy, sockets: ExitStack) -> None:
    with suppress(OSError):
        while True:
            client = sockets.enter_context(listener.accept()[0])
            sockets.callback(_shut, client)
            upstream = sockets.enter_context(socket.create_connection(("127.0.0.1", server)))
            sockets.callback(_shut, upstream)
            for source, sink, asks in ((client, upstream, True), (upstream, client, False)):
                Thread(target=_requeue, args=(source, sink, proxy, asks, proxy.generation), daemon=True).start()


def _requeue(source: socket.socket, sink: socket.socket, proxy: Proxy, asks: bool, generation: int) -> None:  # noqa: FBT001 - which way it goes
    with suppress(OSError):
        while message := source.recv(_BLOCK):
            if proxy.is_silent(generation):
                return
            if asks and proxy.wants_to_lose(message):
                _shut(source)
                sink.sendall(message)
                return
            sink.sendall(message)
    if not proxy.is_silent(generation):
        _shut(source)
        _shut(sink)


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
