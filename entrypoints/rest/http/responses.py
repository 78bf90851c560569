"""Sending what is kept: entity tags, codings, ranges of bytes, and encoded answers used again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from http import HTTPStatus
from threading import BoundedSemaphore

import falcon

from domain.errors import TooManyCells
from domain.observations import Observations
from entrypoints.formats import ENCODER_VERSION, Format
from entrypoints.rest.http.errors import Problem
from entrypoints.rest.http.links import address
from entrypoints.rest.http.places import Places
from entrypoints.rest.http.response_cache import Encoded, ResponseCache

_SMALL = 1024
_FOR_EVER = "max-age=31536000, immutable"
_ENCODERS = 2
_MANY = "Too many others are waiting, or have large answers made, at this moment."
_MOMENT = 0.02
_PATIENCE = 0.08
_BYTES = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_REMEMBERED = 256
_QUALITY = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheableResponse:
    """
    An answer that can be made.

    Attributes:
        key: everything its bytes depend on, but the coding.
        permanent: whether what its address gives never changes.
        make: reads and writes it; raises what the use case raises.

    """

    key: tuple[object, ...]
    format: Format
    make: Callable[[], Encoded]
    permanent: bool = False


def all_threads(threads: int) -> int:
    """Return how many threads a process needs so that as many as this are left when all places but the seats are taken."""
    return 3 * threads + max(1, threads // 2) + max(1, threads // 4)


class ResponseSender:
    """
    What all requests of a process share: encoded answers, and the places for what holds a thread for long.

    Each kind of place has a share for each client, so that none keeps all others from answers. A request that waits, streams or has its
    body read holds one of the further threads that ``all_threads`` counts.

    Args:
        capacity: bytes of encoded answers that are kept.
        threads: how many requests are worked on at once; half of them may be at work on what takes long.

    Attributes:
        seats: for requests that read and encode much.
        waits: for those that wait for a fetch.
        streams: for archives, which are written while they are sent.
        bodies: for those whose body is on its way, which a client can make last for ever.
        sends: for large answers that are being sent.
        max_cells: how many cells an answer may have.

    """

    def __init__(self, *, capacity: int, threads: int, max_cells: int = 20_000_000) -> None:
        self.cache = ResponseCache(capacity)
        self.max_cells = max_cells
        self._making: dict[str, Future[Encoded]] = {}
        half = max(1, threads // 2)
        self.seats = Places(half, half - 1, _MANY)
        self.waits = Places(half, threads // 4, _MANY)
        self.streams = Places(threads // 4, threads // 8, _MANY)
        self.bodies = Places(threads, half, "Too many bodies are still on their way.", patience=_MOMENT)
        self.sends = Places(threads, half, "Too many large answers are being sent.", patience=_MOMENT)
        self._encoders = BoundedSemaphore(_ENCODERS)

    def streamed(self, parts: Iterable[bytes], client: str) -> Iterator[bytes]:
        """
        Give the parts from a place, which is left when they are sent, or when nobody wants them any more.

        Raises:
            Problem: none is free for this client.

        """
        stream = self._placed(parts, client)
        # From its first step on, the end of the generator, however it comes, gives the place back.
        next(stream)
        return stream

    def _placed(self, parts: Iterable[bytes], client: str) -> Iterator[bytes]:
        with self.streams.taken(client):
            yield b""
            yield from filter(None, parts)

    def check_size(self, *parts: Observations, further: int = 0) -> None:
        """Raise TooManyCells where these and so many further cells do not fit into one answer."""
        cells = further + sum(len(part) * (1 + len(part.columns)) for part in parts)
        if cells > self.max_cells:
            raise TooManyCells(f"The answer would have {cells} cells, and {self.max_cells} are the most (LANNER_MAX_CELLS).")

    def send(self, req: falcon.Request, resp: falcon.Response, offer: CacheableResponse) -> None:
        """Answer with what the client lacks: nothing if it has it already, a range of it, or the whole."""
        coding = "" if offer.format.is_columnar else accepted_coding(req.get_header("Accept-Encoding", default=""))
        tag = _tag(offer.key, offer.format, coding)
        known = req.get_header("If-None-Match", default="")
        # A cached answer to somebody with a key is nobody else's.
        audience = "private" if getattr(req.context, "key", None) else "public"
        resp.set_header("ETag", f'"{tag}"')
        resp.set_header("Cache-Control", f"{audience}, {_FOR_EVER if offer.permanent else 'no-cache'}")
        resp.append_header("Vary", "Accept-Encoding")
        if f'"{tag}"' in known:
            resp.status = HTTPStatus.NOT_MODIFIED
            return
        encoded = self.cache.get(tag) or self._made(tag, coding, offer, getattr(req.context, "client", ""))
        if known.strip() == "*":
            resp.status = HTTPStatus.NOT_MODIFIED
            return
        resp.set_headers(dict(encoded.headers))
        if "Content-Location" in encoded.headers:
            resp.set_header("Content-Location", address(encoded.headers["Content-Location"]))
        resp.content_type = offer.format.media_type
        if offer.format.is_columnar:
            _send_range(req, resp, encoded.body, tag)
        else:
            resp.data = encoded.body

    def _made(self, tag: str, coding: str, offer: CacheableResponse, client: str) -> Encoded:
        mine = Future[Encoded]()
        making = self._making.setdefault(tag, mine)
        if making is not mine:
            # A new vintage may be wanted by many at once: they wait without a seat, so briefly that probes hardly notice.
            with suppress(TimeoutError):
                return making.result(_PATIENCE)
            return self._made_alone(tag, coding, offer, client)
        try:
            mine.set_result(self._made_alone(tag, coding, offer, client))
        except BaseException as error:
            mine.set_exception(error)
            raise
        finally:
            del self._making[tag]
        return mine.result()

    def _made_alone(self, tag: str, coding: str, offer: CacheableResponse, client: str) -> Encoded:
        with self.seats.taken(client), self._encoders:
            kept = self.cache.get(tag)
            if kept:
                return kept
            encoded = compressed(offer.make(), coding)
            self.cache.put(tag, encoded)
        return encoded


@lru_cache(_REMEMBERED)
def accepted_coding(header: str) -> str:
    """Choose the coding a client likes best of ``zstd`` and ``gzip``; empty if it takes neither, or would rather have none."""
    qualities = {match[1].lower(): float(match[2] or 1) for match in map(_QUALITY.fullmatch, header.split(",")) if match}
    liked = [(qualities.get(coding, qualities.get("*", 0.0)), coding) for coding in ("gzip", "zstd")]
    quality, coding = max(liked)
    return coding if quality > 0 and quality >= qualities.get("identity", 0.0) else ""


def compressed(answer: Encoded, coding: str) -> Encoded:
    """Encode a body's content; a small one stays as it is."""
    if not coding or len(answer.body) < _SMALL:
        return answer
    return Encoded(_CODINGS[coding](answer.body), {**answer.headers, "Content-Encoding": coding})


def _gzip(body: bytes) -> bytes:
    from isal import igzip

    # Level 1 of this library is smaller than zlib's and takes a third of the time.
    return bytes(igzip.compress(body, 1, mtime=0))


def _zstd(body: bytes) -> bytes:
    import pyarrow as pa

    return bytes(pa.Codec("zstd", 1).compress(body, asbytes=True))


_CODINGS: Mapping[str, Callable[[bytes], bytes]] = {"gzip": _gzip, "zstd": _zstd}


@lru_cache(_REMEMBERED)
def _tag(key: tuple[object, ...], kind: Format, coding: str) -> str:
    return blake2b(repr((ENCODER_VERSION, key, kind, coding)).encode(), digest_size=12).hexdigest()


def _send_range(req: falcon.Request, resp: falcon.Response, body: bytes, tag: str) -> None:
    resp.set_header("Accept-Ranges", "bytes")
    condition = req.get_header("If-Range")
    wanted = _BYTES.fullmatch(req.get_header("Range", default="").replace(" ", ""))
    # Of HEAD, no range is defined (RFC 9110, 14.2): who asks for the size is told the size.
    unfit = req.method != "GET" or wanted is None or wanted.group(1, 2) == ("", "")
    if wanted is None or unfit or (condition and condition != f'"{tag}"'):
        resp.data = body
        return
    first, last = _bounds(*wanted.group(1, 2), size=len(body))
    if first > last:
        headers = {"Content-Range": f"bytes */{len(body)}"}
        detail = f"The answer has {len(body)} bytes, and none of them are in this range."
        raise Problem(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "range_not_satisfiable", detail, headers=headers)
    resp.status = HTTPStatus.PARTIAL_CONTENT
    resp.set_header("Content-Range", f"bytes {first}-{last}/{len(body)}")
    resp.data = body[first : last + 1]


def _bounds(first: str, last: str, *, size: int) -> tuple[int, int]:
    """Give the first and the last byte of a range; the first is behind the last if there is nothing in it."""
    if not first:
        return (size, 0) if int(last) == 0 else (max(0, size - int(last)), size - 1)
    return int(first), min(int(last), size - 1) if last else size - 1
