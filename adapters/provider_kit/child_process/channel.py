"""Send objects between two processes over a socket: pickle protocol 5, arrays out of band."""

from __future__ import annotations

import pickle
import socket
import struct
from typing import Any

_NUMBER = struct.Struct("<Q")
_BUFFER_BYTES = 1024 * 1024


class Channel:
    """One end of the socket; not thread-safe."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, _BUFFER_BYTES)

    def send(self, message: Any) -> None:
        """Send an object; raises OSError if the other end is closed."""
        buffers: list[pickle.PickleBuffer] = []
        first = pickle.dumps(message, protocol=5, buffer_callback=buffers.append)
        parts: list[bytes | memoryview] = [first, *(buffer.raw() for buffer in buffers)]
        self.sock.sendall(b"".join(map(_NUMBER.pack, (len(parts), *map(len, parts)))))
        for part in parts:
            self.sock.sendall(part)

    def receive(self) -> Any:
        """
        Wait for an object.

        Raises:
            EOFError, OSError: the other end is closed.

        """
        (count,) = _NUMBER.unpack(self._read(_NUMBER.size))
        sizes = [size for (size,) in _NUMBER.iter_unpack(self._read(count * _NUMBER.size))]
        first, *buffers = map(self._read, sizes)
        return pickle.loads(first, buffers=buffers)  # noqa: S301 - from a process of our own

    def _read(self, size: int) -> bytearray:
        content = bytearray(size)
        rest = memoryview(content)
        while rest:
            received = self.sock.recv_into(rest)
            if not received:
                raise EOFError
            rest = rest[received:]
        return content
