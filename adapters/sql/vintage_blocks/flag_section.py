"""
The section of flags behind a block: runs of equal flags.

Compressed by zlib without a header, it holds, all little-endian: the counts of codes (uint16) and of runs (uint32), each code (uint8
length, UTF-8), then the runs' parts one after another: columns (uint32), places in the codes from 1, 0 for none (uint16), first dates,
last dates (int64, in the axis unit since 1970).
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np

from domain.flag_runs import FlagRuns

_HEAD = struct.Struct("<HI")
_PARTS = ("<u4", "<u2", "<i8", "<i8")
_LEVEL = 6
_NO_HEADER = -zlib.MAX_WBITS


def write_flags(runs: FlagRuns) -> bytes:
    """Return a section."""
    codes = [code.encode() for code in runs.codes]
    head = _HEAD.pack(len(codes), len(runs)) + b"".join(bytes([len(code)]) + code for code in codes)
    parts: list[Any] = [runs.columns, runs.places, runs.first, runs.last]
    body = b"".join(part.astype(kind).tobytes() for part, kind in zip(parts, _PARTS, strict=True))
    return zlib.compress(head + body, _LEVEL, _NO_HEADER)


def read_flags(section: bytes | memoryview) -> FlagRuns:
    """Return the runs of a section of a block with a verified checksum."""
    body = memoryview(zlib.decompress(section, _NO_HEADER))
    count, length = _HEAD.unpack_from(body)
    at, codes = _HEAD.size, []
    for _ in range(count):
        begin, end = at + 1, at + 1 + body[at]
        codes.append(str(body[begin:end], "utf-8"))
        at = end
    parts = []
    for kind in _PARTS:
        parts.append(np.frombuffer(body, kind, length, at))
        at += parts[-1].nbytes
    columns, places, first, last = parts
    return FlagRuns(tuple(codes), columns, places, first, last)


def unpacks_within(section: bytes | memoryview, most: int) -> bool:
    """Return whether an untrusted section takes at most so many bytes; raises zlib.error if it is none."""
    return len(zlib.decompressobj(_NO_HEADER).decompress(section, most + 1)) <= most
