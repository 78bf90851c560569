"""Requests as bytes: what no client would send."""

from __future__ import annotations

import json
import re
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

SILENCE = 5.0
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
_SETTINGS = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5)
_HEADERS, _DATA, _RESET, _END = 1, 0, 3, 1


@dataclass(frozen=True)
class Reply:
    """What came back until the other side hung up, or had said all."""

    status: int
    head: str
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def connect(port: int, *, source: str = "127.0.0.1", receive: int = 0) -> socket.socket:
    """
    Connect from an address of this machine.

    Args:
        receive: bytes that wait here to be read, at most; as many as the system likes if 0.

    """
    connection = socket.socket()
    connection.settimeout(SILENCE)
    if receive:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    connection.bind((source, 0))
    connection.connect(("127.0.0.1", port))
    return connection


def ask(port: int, line: str, *headers: str, host: str = "localhost", body: bytes = b"", source: str = "127.0.0.1") -> Reply:
    """Send one request, its lines as they are; an empty host leaves that header out."""
    hosts = [f"Host: {host}"] if host else []
    lengths = [f"Content-Length: {len(body)}"] if body or line.startswith("POST") else []
    head = "\r\n".join([f"{line} HTTP/1.1", *hosts, "Connection: close", *lengths, *headers, "", ""])
    with connect(port, source=source) as connection:
        with suppress(OSError):  # it may refuse before it has read all
            connection.sendall(head.encode("latin-1") + body)
        return received(connection)


def received(connection: socket.socket) -> Reply:
    """Read until the other side hangs up."""
    content = b""
    with suppress(OSError):
        while part := connection.recv(65536):
            content += part
    status = _STATUS.match(content)
    head, _, body = content.partition(b"\r\n\r\n")
    return Reply(int(status[1]) if status else 0, head.decode("latin-1"), body)


def ask_http_2(port: int, authority: str, *headers: tuple[str, str], path: str = "/healthz") -> str:
    """Send one request of HTTP/2 in plain text, every header as it is; give the status, or nothing if it was reset."""
    pairs = [(":method", "GET"), (":scheme", "http"), (":authority", authority), (":path", path), *headers]
    block = b"".join(b"\x00" + _text(name) + _text(value) for name, value in pairs)
    with connect(port) as connection:
        connection.sendall(_SETTINGS + _frame(_HEADERS, 0x5, 1, block))
        stream = connection.makefile("rb")
        while len(begin := stream.read(9)) == 9:
            length, kind = int.from_bytes(begin[:3]), begin[3]
            content = stream.read(length)
            if kind == _HEADERS:
                return _status(content)
            if kind in (_RESET, 7):
                break
    return ""


def _frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    return len(content).to_bytes(3) + struct.pack(">BBI", kind, flags, stream) + content


def _text(text: str) -> bytes:
    assert len(text) < 127
    return bytes([len(text)]) + text.encode()


def _status(block: bytes) -> str:
    """Read the first header, which is the status: one of seven that the table has, or the name of one with another value."""
    table = {0x88: "200", 0x89: "204", 0x8A: "206", 0x8B: "304", 0x8C: "400", 0x8D: "404", 0x8E: "500"}
    # A change of the table's size may come first.
    while block and block[0] & 0xE0 == 0x20:
        block = block[1:]
    if block[0] in table:
        return table[block[0]]
    return "".join(filter(str.isdigit, block[2 : 2 + (block[1] & 0x7F)].decode("latin-1"))) or "?"
