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
from entrypoints.rest.http.links import public_path
from entrypoints.rest.http.response_cache import EncodedResponse, ResponseCache
from entrypoints.rest.http.slots import SlotPool

_MIN_COMPRESSED = 1024
_IMMUTABLE = "max-age=31536000, immutable"
_ENCODERS = 2
_BUSY = "Too many others are waiting, or have large answers made, at this moment."
_BRIEF_WAIT = 0.02
_SHARED_WAIT = 0.08
_BYTE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_CACHE_SIZE = 256
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
    build: Callable[[], EncodedResponse]
    permanent: bool = False


def total_threads(threads: int) -> int:
    """Return how many threads a process needs so that as many as this are left when all places but the seats are taken."""
    return 3 * threads + max(1, threads // 2) + max(1, threads // 4)


class ResponseSender:
    """
    What all requests of a process share: encoded answers, and the places for what holds a thread for long.

    Each kind of place has a share for each client, so that none keeps all others from answers. A request that waits, streams or has its
    body read holds one of the further threads that ``total_threads`` counts.

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
        self._in_progress: dict[str, Future[EncodedResponse]] = {}
        half = max(1, threads // 2)
        self.read_slots = SlotPool(half, half - 1, _BUSY)
        self.wait_slots = SlotPool(half, threads // 4, _BUSY)
        self.stream_slots = SlotPool(threads // 4, threads // 8, _BUSY)
        self.body_slots = SlotPool(threads, half, "Too many bodies are still on their way.", max_wait=_BRIEF_WAIT)
        self.send_slots = SlotPool(threads, half, "Too many large answers are being sent.", max_wait=_BRIEF_WAIT)
        self._encoders = BoundedSemaphore(_ENCODERS)

    def stream(self, parts: Iterable[bytes], client: str) -> Iterator[bytes]:
        """
        Give the parts from a place, which is left when they are sent, or when nobody wants them any more.

        Raises:
            Problem: none is free for this client.

        """
        stream = self._in_slot(parts, client)
        # From its first step on, the end of the generator, however it comes, gives the place back.
        next(stream)
        return stream

    def _in_slot(self, parts: Iterable[bytes], client: str) -> Iterator[bytes]:
        with self.stream_slots.acquire(client):
            yield b""
            yield from filter(None, parts)

    def check_size(self, *parts: Observations, further: int = 0) -> None:
        """Raise TooManyCells where these and so many further cells do not fit into one answer."""
        cells = further + sum(len(part) * (1 + len(part.columns)) for part in parts)
        if cells > self.max_cells:
            raise TooManyCells(f"The answer would have {cells} cells, and {self.max_cells} are the most (LANNER_MAX_CELLS).")

    def send(self, req: falcon.Request, resp: falcon.Response, response: CacheableResponse) -> None:
        """Answer with what the client lacks: nothing if it has it already, a range of it, or the whole."""
        encoding = "" if response.format.is_columnar else choose_encoding(req.get_header("Accept-Encoding", default=""))
        tag = _tag(response.key, response.format, encoding)
        known = req.get_header("If-None-Match", default="")
        # A cached answer to somebody with a key is nobody else's.
        audience = "private" if getattr(req.context, "key", None) else "public"
        resp.set_header("ETag", f'"{tag}"')
        resp.set_header("Cache-Control", f"{audience}, {_IMMUTABLE if response.permanent else 'no-cache'}")
        resp.append_header("Vary", "Accept-Encoding")
        if f'"{tag}"' in known:
            resp.status = HTTPStatus.NOT_MODIFIED
            return
        encoded = self.cache.get(tag) or self._build_once(tag, encoding, response, getattr(req.context, "client", ""))
        if known.strip() == "*":
            resp.status = HTTPStatus.NOT_MODIFIED
            return
        resp.set_headers(dict(encoded.headers))
        if "Content-Location" in encoded.headers:
            resp.set_header("Content-Location", public_path(encoded.headers["Content-Location"]))
        resp.content_type = response.format.media_type
        if response.format.is_columnar:
            _send_range(req, resp, encoded.body, tag)
        else:
            resp.data = encoded.body

    def _build_once(self, tag: str, encoding: str, response: CacheableResponse, client: str) -> EncodedResponse:
        mine = Future[EncodedResponse]()
        in_progress = self._in_progress.setdefault(tag, mine)
        if in_progress is not mine:
            # A new vintage may be wanted by many at once: they wait without a seat, so briefly that probes hardly notice.
            with suppress(TimeoutError):
                return in_progress.result(_SHARED_WAIT)
            return self._build(tag, encoding, response, client)
        try:
            mine.set_result(self._build(tag, encoding, response, client))
        except BaseException as error:
            mine.set_exception(error)
            raise
        finally:
            del self._in_progress[tag]
        return mine.result()

    def _build(self, tag: str, encoding: str, response: CacheableResponse, client: str) -> EncodedResponse:
        with self.read_slots.acquire(client), self._encoders:
            kept = self.cache.get(tag)
            if kept:
                return kept
            encoded = compress(response.build(), encoding)
            self.cache.put(tag, encoded)
        return encoded


@lru_cache(_CACHE_SIZE)
def choose_encoding(header: str) -> str:
    """Choose the coding a client likes best of ``zstd`` and ``gzip``; empty if it takes neither, or would rather have none."""
    qualities = {match[1].lower(): float(match[2] or 1) for match in map(_QUALITY.fullmatch, header.split(",")) if match}
    liked = [(qualities.get(encoding, qualities.get("*", 0.0)), encoding) for encoding in ("gzip", "zstd")]
    quality, encoding = max(liked)
    return encoding if quality > 0 and quality >= qualities.get("identity", 0.0) else ""


def compress(answer: EncodedResponse, encoding: str) -> EncodedResponse:
    """Encode a body's content; a small one stays as it is."""
    if not encoding or len(answer.body) < _MIN_COMPRESSED:
        return answer
    return EncodedResponse(_CODINGS[encoding](answer.body), {**answer.headers, "Content-Encoding": encoding})


def _gzip(body: bytes) -> bytes:
    from isal import igzip

    # Level 1 of this library is smaller than zlib's and takes a third of the time.
    return bytes(igzip.compress(body, 1, mtime=0))


def _zstd(body: bytes) -> bytes:
    import pyarrow as pa

    return bytes(pa.Codec("zstd", 1).compress(body, asbytes=True))


_CODINGS: Mapping[str, Callable[[bytes], bytes]] = {"gzip": _gzip, "zstd": _zstd}


@lru_cache(_CACHE_SIZE)
def _tag(key: tuple[object, ...], kind: Format, encoding: str) -> str:
    return blake2b(repr((ENCODER_VERSION, key, kind, encoding)).encode(), digest_size=12).hexdigest()


def _send_range(req: falcon.Request, resp: falcon.Response, body: bytes, tag: str) -> None:
    resp.set_header("Accept-Ranges", "bytes")
    condition = req.get_header("If-Range")
    wanted = _BYTE_RANGE.fullmatch(req.get_header("Range", default="").replace(" ", ""))
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
