"""The body of an HTTP answer: read in time, decoded within limits, and known to be whole."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING

from domain.errors import AnswerNotUnderstood, AnswerTooLarge, AnswerTruncated, SourceTimedOut

if TYPE_CHECKING:
    import urllib3

MAX_BYTES = 32 * 1024 * 1024
_CHUNK = 64 * 1024
_SHOWS_ITS_END = (b"{", b"[", b"<")
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_GZIP_START = b"\x1f"


def read_body(raw: urllib3.BaseHTTPResponse, *, until: float, host: str) -> bytes:
    """
    Read and decode a body.

    Args:
        until: moment of the monotonic clock at which it has taken too long.

    Raises:
        SourceTimedOut, AnswerTooLarge, AnswerTruncated: it did not come in time, in bounds or in whole.
        AnswerNotUnderstood: it has a coding that was not asked for, or is not what its coding says.

    """
    coding = raw.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("identity", "", "gzip", "x-gzip"):
        raise AnswerNotUnderstood(f"{host} answered in the coding {coding[:20]!r}, which was not asked for.")
    gzipped = coding.endswith("gzip")
    wire = _wire(raw, until=until, host=host)
    body = _unzipped(wire, host) if gzipped else _bounded(wire, host)
    promises = HTTPStatus.OK <= raw.status < HTTPStatus.NO_CONTENT
    if promises and not (gzipped or _has_known_end(raw) or body[:64].lstrip().startswith(_SHOWS_ITS_END)):
        raise AnswerTruncated(f"{host} sent text without saying where it ends, so a cut would not be seen.")
    return body


def _wire(raw: urllib3.BaseHTTPResponse, *, until: float, host: str) -> Iterator[bytes]:
    promised = raw.headers.get("Content-Length", "") if "chunked" not in _transfer(raw) else ""
    received = 0
    while chunk := raw.read1(_CHUNK, decode_content=False):
        received += len(chunk)
        yield chunk
        if time.monotonic() > until:
            raise SourceTimedOut(f"{host} sent its answer too slowly.")
    if promised.isdecimal() and received < int(promised):
        raise AnswerTruncated(f"{host} promised {promised} bytes and sent {received}.")


def _bounded(chunks: Iterator[bytes], host: str) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > MAX_BYTES:
            raise AnswerTooLarge(f"The answer of {host} is larger than {MAX_BYTES // 1024**2} MiB.")
    return bytes(body)


def _unzipped(wire: Iterator[bytes], host: str) -> bytes:
    try:
        return _bounded(_inflated(wire, host), host)
    except zlib.error as exc:
        raise AnswerNotUnderstood(f"{host} says that its answer is gzip, but it is not.") from exc


def _inflated(wire: Iterator[bytes], host: str) -> Iterator[bytes]:
    """Decode a stream of one member or several."""
    inflater = zlib.decompressobj(_GZIP_WINDOW)
    for chunk in wire:
        rest = chunk
        while rest:
            if inflater.eof:
                inflater = _next_member(rest, host)
            yield inflater.decompress(rest, _CHUNK)
            rest = inflater.unused_data or inflater.unconsumed_tail
    yield inflater.flush()
    if not inflater.eof:
        raise AnswerTruncated(f"The gzip stream of {host} ended too early.")


def _next_member(rest: bytes, host: str) -> zlib._Decompress:
    if not rest.startswith(_GZIP_START):
        raise AnswerNotUnderstood(f"{host} sends something that is not gzip behind its gzip stream.")
    return zlib.decompressobj(_GZIP_WINDOW)


def _transfer(raw: urllib3.BaseHTTPResponse) -> str:
    return raw.headers.get("Transfer-Encoding", "").lower()


def _has_known_end(raw: urllib3.BaseHTTPResponse) -> bool:
    return raw.headers.get("Content-Length", "").isdecimal() or "chunked" in _transfer(raw)
