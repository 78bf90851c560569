"""Sending observations: entity tags, content encodings, byte ranges, and a cache of encoded responses."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from http import HTTPStatus
from threading import BoundedSemaphore
from typing import Protocol

import falcon

from domain.errors import TooManyCells
from domain.observations import Observations
from entrypoints.formats import ENCODER_VERSION
from entrypoints.rest.http.errors import Problem
from entrypoints.rest.http.links import public_path
from entrypoints.rest.http.response_cache import EncodedResponse, ResponseCache
from entrypoints.rest.http.slots import SlotPool

_MIN_COMPRESSED = 1024
_IMMUTABLE = "max-age=31536000, immutable"
_ENCODERS = 2
_BUSY = "Too many requests are waiting, or have large responses encoded, at this moment."
_BRIEF_WAIT = 0.02
_SHARED_WAIT = 0.08
_BYTE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_CACHE_SIZE = 256
#: Polars reads CSV by ranges of bytes too.
_CSV = "text/csv"
_QUALITY = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?")


class ResponseFormat(Hashable, Protocol):
    """The format of a response: its media type, and whether clients read it by byte ranges."""

    @property
    def media_type(self) -> str: ...

    @property
    def is_columnar(self) -> bool: ...


@dataclass(slots=True, kw_only=True)
class CacheableResponse:
    """
    A response that can be built when it is not cached.

    Attributes:
        key: everything its bytes depend on, except the content encoding.
        permanent: whether its URL returns the same for ever.
        build: reads and encodes it; raises what the use case raises.

    """

    key: tuple[object, ...]
    format: ResponseFormat
    build: Callable[[], EncodedResponse]
    permanent: bool = False


def total_threads(threads: int) -> int:
    """Return how many threads a process needs so that this many are free when all slots but those for reading are held."""
    return 3 * threads + max(1, threads // 2) + max(1, threads // 4)


class ResponseSender:
    """
    Sends encoded observations, and holds what all requests of a process share: the cache of them and the slots.

    Each kind of slot has a share for each client, so that none keeps the others from responses. A request that waits, streams or has its
    body read holds one of the additional threads that ``total_threads`` counts.

    Args:
        capacity: bytes of encoded responses in the cache.
        threads: how many requests are handled at once; half of them may do what takes long.

    Attributes:
        read_slots: for requests that read and encode much.
        wait_slots: for those that wait for a fetch.
        stream_slots: for archives, which are written while they are sent.
        body_slots: for requests whose body is being received, which a client can delay for ever.
        send_slots: for large responses that are being sent.
        max_cells: how many cells a response may have.

    """

    def __init__(self, *, capacity: int = 0, threads: int = 8, max_cells: int = 20_000_000) -> None:
        self.cache = ResponseCache(capacity)
        self.max_cells = max_cells
        self._in_progress: dict[str, Future[EncodedResponse]] = {}
        half = max(1, threads // 2)
        self.read_slots = SlotPool(half, half - 1, _BUSY)
        self.wait_slots = SlotPool(half, threads // 4, _BUSY)
        self.stream_slots = SlotPool(threads // 4, threads // 8, _BUSY)
        self.body_slots = SlotPool(threads, half, "Too many request bodies are being received.", max_wait=_BRIEF_WAIT)
        self.send_slots = SlotPool(threads, half, "Too many large responses are being sent.", max_wait=_BRIEF_WAIT)
        self._encoders = BoundedSemaphore(_ENCODERS)

    def check_size(self, *parts: Observations, further: int = 0) -> None:
        """Raise TooManyCells if these observations and ``further`` cells do not fit into one response."""
        cells = further + sum(len(part) * (1 + len(part.columns)) for part in parts)
        if cells > self.max_cells:
            raise TooManyCells(f"The response would have {cells} cells; the limit is {self.max_cells} (LANNER_MAX_CELLS).")

    def send(self, req: falcon.Request, resp: falcon.Response, response: CacheableResponse) -> None:
        """Respond with 304 if the client has it, else with the requested range or the whole."""
        encoding = "" if response.format.is_columnar else choose_encoding(req.get_header("Accept-Encoding", default=""))
        tag = _tag(response.key, response.format, encoding)
        known = req.if_none_match or ()
        # Shared caches must not give one key holder's response to another.
        audience = "private" if req.context.key else "public"
        resp.etag = tag
        resp.set_header("Cache-Control", f"{audience}, {_IMMUTABLE if response.permanent else 'no-cache'}")
        resp.append_header("Vary", "Accept-Encoding")
        if tag in known:
            resp.status = HTTPStatus.NOT_MODIFIED
            return
        encoded = self.cache.get(tag) or self._build_once(tag, encoding, response, req.context.client)
        if "*" in known:
            resp.status = HTTPStatus.NOT_MODIFIED
            return
        resp.set_headers(dict(encoded.headers))
        if "Content-Location" in encoded.headers:
            resp.set_header("Content-Location", public_path(encoded.headers["Content-Location"]))
        resp.content_type = response.format.media_type
        if response.format.is_columnar or response.format.media_type.startswith(_CSV):
            _send_range(req, resp, encoded.body, tag)
        else:
            resp.data = encoded.body

    def _build_once(self, tag: str, encoding: str, response: CacheableResponse, client: str) -> EncodedResponse:
        mine = Future[EncodedResponse]()
        in_progress = self._in_progress.setdefault(tag, mine)
        if in_progress is not mine:
            # Many may want a new vintage at once: they wait without a slot, so briefly that health probes hardly notice.
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
            cached = self.cache.get(tag)
            if cached:
                return cached
            encoded = compress(response.build(), encoding)
            self.cache.put(tag, encoded)
        return encoded


@lru_cache(_CACHE_SIZE)
def choose_encoding(header: str) -> str:
    """Return which of ``zstd`` and ``gzip`` an Accept-Encoding header prefers; empty if neither, or if it prefers ``identity``."""
    qualities = {match[1].lower(): float(match[2] or 1) for match in map(_QUALITY.fullmatch, header.split(",")) if match}
    offers = [(qualities.get(encoding, qualities.get("*", 0.0)), encoding) for encoding in ("gzip", "zstd")]
    quality, encoding = max(offers)
    return encoding if quality > 0 and quality >= qualities.get("identity", 0.0) else ""


def compress(response: EncodedResponse, encoding: str) -> EncodedResponse:
    """Return the response in a content encoding; a body below 1 KiB stays as it is."""
    if not encoding or len(response.body) < _MIN_COMPRESSED:
        return response
    return EncodedResponse(_COMPRESSORS[encoding](response.body), {**response.headers, "Content-Encoding": encoding})


def _gzip(body: bytes) -> bytes:
    from isal import igzip

    # Level 1 of this library is smaller than zlib's and takes a third of the time.
    return bytes(igzip.compress(body, 1, mtime=0))


def _zstd(body: bytes) -> bytes:
    import pyarrow as pa

    return bytes(pa.Codec("zstd", 1).compress(body, asbytes=True))


_COMPRESSORS: Mapping[str, Callable[[bytes], bytes]] = {"gzip": _gzip, "zstd": _zstd}


@lru_cache(_CACHE_SIZE)
def _tag(key: tuple[object, ...], kind: ResponseFormat, encoding: str) -> str:
    return blake2b(repr((ENCODER_VERSION, key, kind, encoding)).encode(), digest_size=12).hexdigest()


def _send_range(req: falcon.Request, resp: falcon.Response, body: bytes, tag: str) -> None:
    resp.set_header("Accept-Ranges", "bytes")
    condition = req.get_header("If-Range")
    wanted = _BYTE_RANGE.fullmatch(req.get_header("Range", default="").replace(" ", ""))
    # RFC 9110, 14.2, defines ranges for GET only: HEAD returns the whole length.
    ignored = req.method != "GET" or wanted is None or wanted.group(1, 2) == ("", "")
    if wanted is None or ignored or (condition and condition != f'"{tag}"'):
        resp.data = body
        return
    first, last = _bounds(*wanted.group(1, 2), size=len(body))
    if first > last:
        headers = {"Content-Range": f"bytes */{len(body)}"}
        detail = f"The response has {len(body)} bytes, none of them in this range."
        raise Problem(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "range_not_satisfiable", detail, headers=headers)
    resp.status = HTTPStatus.PARTIAL_CONTENT
    resp.set_header("Content-Range", f"bytes {first}-{last}/{len(body)}")
    resp.data = body[first : last + 1]


def _bounds(first: str, last: str, *, size: int) -> tuple[int, int]:
    """Return the first and the last byte of a range; the first is after the last if the range is empty."""
    if not first:
        return (size, 0) if int(last) == 0 else (max(0, size - int(last)), size - 1)
    return int(first), min(int(last), size - 1) if last else size - 1
