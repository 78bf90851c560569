"""Read the body of a response: decoded within limits, and complete."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING

from adapters.provider_kit.parsing.containers import ZIP
from adapters.provider_kit.parsing.limits import BODY, check_body, closes
from domain.errors import AnswerNotUnderstood, AnswerTooLarge, AnswerTruncated

if TYPE_CHECKING:
    import urllib3

_MAX_RATIO = 200
_RATIO_FROM = 1024 * 1024
_CHUNK = 64 * 1024
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_GZIP_START = b"\x1f"
_MAX_MEMBERS = 10_000
_LENGTH = re.compile(r"[0-9]{1,18}")
_ROOT = re.compile(rb"<([A-Za-z_][\w:.\-]*)")
_BOM = b"\xef\xbb\xbf"


def read_body(raw: urllib3.BaseHTTPResponse, *, host: str) -> bytes:
    """
    Read and decode a body.

    Raises:
        AnswerTooLarge, AnswerTruncated: it is larger than the limit, or incomplete.
        AnswerNotUnderstood: its content coding was not asked for, or it is not valid in that coding.

    """
    coding = raw.headers.get("Content-Encoding", "identity").strip().lower()
    transfer = raw.headers.get("Transfer-Encoding", "identity").strip().lower()
    if coding not in ("identity", "", "gzip", "x-gzip") or transfer not in ("identity", "chunked"):
        named = coding if transfer in ("identity", "chunked") else transfer
        raise AnswerNotUnderstood(f"{host} answered in the coding {named[:20]!r}, which was not asked for.")
    if raw.status == HTTPStatus.PARTIAL_CONTENT:
        raise AnswerTruncated(f"{host} sent a part, though the whole was asked for.")
    gzipped, promises = coding.endswith("gzip"), HTTPStatus.OK <= raw.status < HTTPStatus.NO_CONTENT
    wire = _wire(raw, host)
    body = _unzipped(wire, host, or_nothing=not promises) if gzipped else _bounded(wire, host)
    check_body(body, f"The answer of {host}")
    is_proved = gzipped or transfer == "chunked" or _has_length(raw) or is_self_delimiting(body)
    if promises and not is_proved:
        raise AnswerTruncated(f"{host} did not say where its answer ends, so a cut would not be seen.")
    return body


def is_self_delimiting(body: bytes) -> bool:
    """
    Return whether a body is complete by its form.

    That is JSON whose brackets are closed, markup that ends with its root element, or a ZIP archive, whose directory stands at its end
    and which is not unpacked without it. Gzip in several parts may end behind each.
    """
    if body.startswith(ZIP):
        return True
    start = body[:64].removeprefix(_BOM).lstrip()[:1]
    if start in (b"{", b"["):
        return closes(body)
    root = _ROOT.search(body) if start == b"<" else None
    return root is not None and body.rstrip().lower().endswith(b"</%s>" % root[1].lower())


def _wire(raw: urllib3.BaseHTTPResponse, host: str) -> Iterator[bytes]:
    chunked = "Transfer-Encoding" in raw.headers
    promised = int(raw.headers["Content-Length"]) if _has_length(raw) and not chunked else 0
    received = 0
    while chunk := raw.read1(_CHUNK, decode_content=False):
        received += len(chunk)
        yield chunk
    if received < promised and raw.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        raise AnswerTruncated(f"{host} promised {promised} bytes and sent {received}.")


def _bounded(chunks: Iterator[bytes], host: str) -> bytes:
    body = BytesIO()
    for chunk in chunks:
        BODY.check(body.tell() + len(chunk), f"The answer of {host}")
        body.write(chunk)
    return body.getvalue()


def _unzipped(wire: Iterator[bytes], host: str, *, or_nothing: bool) -> bytes:
    try:
        return _bounded(_inflated(wire, host, or_nothing=or_nothing), host)
    except zlib.error as exc:
        raise AnswerNotUnderstood(f"{host} says that its answer is gzip, but it is not.") from exc


def _inflated(wire: Iterator[bytes], host: str, *, or_nothing: bool) -> Iterator[bytes]:
    """Decode a stream of one member or several."""
    inflater, members = zlib.decompressobj(_GZIP_WINDOW), 1
    packed = unpacked = 0
    for chunk in wire:
        packed, rest = packed + len(chunk), chunk
        while rest:
            if inflater.eof:
                inflater, members = _next_member(rest, host), members + 1
            piece = inflater.decompress(rest, _CHUNK)
            unpacked += len(piece)
            if unpacked > max(_RATIO_FROM, packed * _MAX_RATIO) or packed > BODY.most or members > _MAX_MEMBERS:
                raise AnswerTooLarge(f"The answer of {host} is packed in a way that no series needs.")
            yield piece
            rest = inflater.unused_data or inflater.unconsumed_tail
    yield inflater.flush()
    if not inflater.eof and not (or_nothing and not packed):
        raise AnswerTruncated(f"The gzip stream of {host} ended too early.")


def _next_member(rest: bytes, host: str) -> zlib._Decompress:
    if not rest.startswith(_GZIP_START):
        raise AnswerNotUnderstood(f"{host} sends something that is not gzip behind its gzip stream.")
    return zlib.decompressobj(_GZIP_WINDOW)


def _has_length(raw: urllib3.BaseHTTPResponse) -> bool:
    return _LENGTH.fullmatch(raw.headers.get("Content-Length", "")) is not None
