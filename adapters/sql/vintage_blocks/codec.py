"""
Blocks: the encoded delta of a vintage to the one it builds on, or a snapshot.

A block holds rows to put and dates to drop. Format 1, all little-endian: axis unit (one byte), counts of columns, rows
and drops (three uint32), then for a snapshot each column's name (uint32 length, UTF-8), then the parts: dates to put,
dates to drop (int64, in the axis unit since 1970), then column after column (float64). Short blocks are the concatenated parts
compressed by zlib; in long ones each part is compressed by pcodec and preceded by its length (uint32).

A block that sets flags, or takes them away, is followed by a section of them and the section's length (uint32): ``flag_section``.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.sql.vintage_blocks.flag_section import read_flags, unpacks_within, write_flags
from domain.deltas import Step, flagged
from domain.flag_runs import FlagRuns
from domain.observations import Dates, Matrix, Observations, Unit

ZLIB, PCODEC = 1, 2
#: The same with a section of flags behind.
ZLIB_WITH_FLAGS, PCODEC_WITH_FLAGS = FLAGGED = 3, 4
CODECS = (ZLIB, PCODEC, *FLAGGED)
_WITH_FLAGS = {ZLIB: ZLIB_WITH_FLAGS, PCODEC: PCODEC_WITH_FLAGS}
_OF_VALUES = {flagged: plain for plain, flagged in _WITH_FLAGS.items()}
# From so many rows on, or so many values, pcodec's output is smaller than zlib's, except for many similar columns.
_LONG, _LARGE = 200, 8_000
# zlib above level 3 takes three times as long for 5 % less; pcodec below 5 does not detect some step-shaped columns.
_ZLIB_LEVEL, _PCODEC_LEVEL = 3, 6
_HEAD = struct.Struct("<cIII")
_LENGTH = struct.Struct("<I")
_CELL_BYTES, _MOST_BYTES = 8, 2**29


@dataclass(frozen=True, slots=True)
class Block:
    """
    A block as it is stored.

    Attributes:
        step: its place in its chain; 0 for a snapshot.
        path: numbers of the vintages to fold below this one, the snapshot first; empty for a snapshot.

    """

    number: int
    step: int
    path: tuple[int, ...]
    codec: int
    payload: bytes | memoryview

    def checksum(self, series: int) -> bytes:
        """Return BLAKE2b over the payload and all that determines its meaning."""
        head = struct.pack(f"<QIIB{len(self.path)}I", series, self.number, self.step, self.codec, *self.path)
        checksum = blake2b(head, digest_size=16)
        checksum.update(self.payload)
        return checksum.digest()


def encode(put: Observations, drop: Dates, *, snapshot: bool, flags: FlagRuns | None = None) -> tuple[int, bytes]:
    """
    Encode a block; return codec and payload.

    Args:
        flags: to set on the state to which a block leads that is no snapshot, whose flags are those of ``put``.

    """
    codec, payload = _encode_values(put, drop, snapshot=snapshot)
    if snapshot and put.flags is not None:
        flags = FlagRuns.of(put.flags, put.dates)
    if flags is None:
        return codec, payload
    section = write_flags(flags)
    return _WITH_FLAGS[codec], payload + section + _LENGTH.pack(len(section))


def _encode_values(put: Observations, drop: Dates, *, snapshot: bool) -> tuple[int, bytes]:
    head = _HEAD.pack(put.unit.encode(), len(put.columns), len(put), len(drop))
    if snapshot:
        names = [name.encode() for name in put.columns]
        head += b"".join(_LENGTH.pack(len(name)) + name for name in names)
    parts: list[Any] = [put.dates.astype("<i8"), drop.astype("<i8"), *put.values.astype("<f8", copy=False).T]
    if len(put) < _LONG and put.values.size <= _LARGE:
        return ZLIB, zlib.compress(head + b"".join(part.tobytes() for part in parts), _ZLIB_LEVEL)
    return PCODEC, head + b"".join(_packed(part) for part in parts)


def decode(codec: int, payload: bytes | memoryview, columns: Sequence[str] | None) -> Step:
    """
    Decode a block with a verified checksum into what it puts, drops and flags; the rows of a snapshot have their flags.

    Args:
        columns: the snapshot's, for a block that builds on one; None for a snapshot.

    """
    flags = read_flags(_parted(payload)[1]) if codec in FLAGGED else None
    is_snapshot, (codec, payload) = columns is None, _values_of(codec, payload)
    body = memoryview(zlib.decompress(payload) if codec == ZLIB else payload)
    unit, width, rows, drops = _HEAD.unpack_from(body)
    at = _HEAD.size
    if columns is None:
        columns, at = _names(body, at, width)
    read = _Plain(body, at) if codec == ZLIB else _Packed(body, at)
    axis = f"datetime64[{unit.decode()}]"
    dates, drop = read.part(rows, "<i8").astype(axis), read.part(drops, "<i8").astype(axis)
    put = Observations.from_trusted(dates, tuple(columns), read.matrix(rows, width))
    return Step(flagged(put, flags), drop) if is_snapshot else Step(put, drop, flags)


@dataclass(frozen=True, slots=True)
class ColumnBlock:
    """
    One column of a decoded block.

    Attributes:
        base: number of the vintage that it builds on; None for a snapshot.
        names: of the snapshot's columns.
        at: the place of the column among them; -1 if it is not there.
        dates, drop: in the axis unit since 1970.
        values: without a column, as many missing ones.

    """

    base: int | None
    unit: Unit
    names: tuple[str, ...]
    at: int
    dates: NDArray[np.int64]
    drop: NDArray[np.int64]
    values: NDArray[np.float64]

    @property
    def has_column(self) -> bool:
        """Whether the state has the column."""
        return self.at >= 0

    @property
    def name(self) -> str:
        """The column's name."""
        return self.names[self.at]


def decode_column(block: Block, snapshot: ColumnBlock | None, column: str) -> ColumnBlock:
    """
    Decode the dates and one column of a block with a verified checksum, without flags.

    Args:
        snapshot: the first block of its chain; None if it is that.
        column: its name, empty for the first one.

    """
    codec, payload = _values_of(block.codec, block.payload)
    body = memoryview(zlib.decompress(payload) if codec == ZLIB else payload)
    unit, width, rows, drops = _HEAD.unpack_from(body)
    offset = _HEAD.size
    if snapshot is None:
        names, offset = _names(body, offset, width)
        at = (names.index(column) if column in names else -1) if column else min(0, width - 1)
        found = tuple(names), at
    else:
        found = snapshot.names, snapshot.at
    read = _Plain(body, offset) if codec == ZLIB else _Packed(body, offset)
    dates, drop = read.part(rows, "<i8"), read.part(drops, "<i8")
    values = np.full(rows, np.nan) if found[1] < 0 else read.column(rows, found[1])
    return ColumnBlock(block.path[-1] if block.path else None, "D" if unit == b"D" else "s", *found, dates, drop, values)


def check_size(codec: int, payload: bytes) -> None:
    """Raise ValueError if an untrusted block cannot be unpacked, or would need more memory than a state may have."""
    try:
        is_large = codec in FLAGGED and not unpacks_within(_parted(payload)[1], _MOST_BYTES)
        codec, values = _values_of(codec, payload)
        body = zlib.decompressobj().decompress(values, _MOST_BYTES + 1) if codec == ZLIB else values
        _, width, rows, drops = _HEAD.unpack_from(body)
    except (zlib.error, struct.error) as error:
        raise ValueError("its payload cannot be unpacked") from error
    if is_large or len(body) > _MOST_BYTES or max(rows * (width + 1) + drops, width) * _CELL_BYTES > _MOST_BYTES:
        raise ValueError("it unpacks to more than observations may hold")


def _values_of(codec: int, payload: bytes | memoryview) -> tuple[int, bytes | memoryview]:
    """Return the codec and payload of a block's values."""
    return (_OF_VALUES[codec], _parted(payload)[0]) if codec in _OF_VALUES else (codec, payload)


def _parted(payload: bytes | memoryview) -> tuple[memoryview, memoryview]:
    """Return a payload's values and its section of flags."""
    body = memoryview(payload)
    (length,) = _LENGTH.unpack_from(body, len(body) - _LENGTH.size)
    behind = len(body) - _LENGTH.size
    if length > behind:
        raise struct.error("the section of flags is longer than its block")
    return body[: behind - length], body[behind - length : behind]


def _names(body: memoryview, at: int, count: int) -> tuple[list[str], int]:
    names = []
    for _ in range(count):
        (length,) = _LENGTH.unpack_from(body, at)
        at += _LENGTH.size
        names.append(str(body[at : at + length], "utf-8"))
        at += length
    return names, at


def _packed(part: Any) -> bytes:
    from pcodec import ChunkConfig, standalone

    if not part.size:
        return _LENGTH.pack(0)
    packed: bytes = standalone.simple_compress(np.ascontiguousarray(part), ChunkConfig(compression_level=_PCODEC_LEVEL))
    return _LENGTH.pack(len(packed)) + packed


class _Plain:
    """Reads concatenated parts."""

    def __init__(self, body: memoryview, at: int) -> None:
        self._body, self._at = body, at

    def part(self, count: int, kind: str) -> Any:
        part = np.frombuffer(self._body, kind, count, self._at)
        self._at += part.nbytes
        return part

    def matrix(self, rows: int, columns: int) -> Matrix:
        values: Matrix = self.part(rows * columns, "<f8").astype(np.float64, copy=False)
        return values.reshape((rows, columns), order="F")

    def column(self, rows: int, at: int) -> Any:
        self._at += at * rows * _CELL_BYTES
        return self.part(rows, "<f8")


class _Packed:
    """Reads parts compressed by pcodec, which cannot handle empty arrays."""

    def __init__(self, body: memoryview, at: int) -> None:
        self._body, self._at = body, at

    def part(self, count: int, kind: str) -> Any:
        return self._unpacked(np.empty(count, kind))

    def matrix(self, rows: int, columns: int) -> Matrix:
        values = np.empty((rows, columns), order="F")
        for i in range(columns):
            self._unpacked(values[:, i])
        return values

    def column(self, rows: int, at: int) -> Any:
        for _ in range(at):
            (length,) = _LENGTH.unpack_from(self._body, self._at)
            self._at += _LENGTH.size + length
        return self.part(rows, "<f8")

    def _unpacked(self, into: Any) -> Any:
        from pcodec import standalone

        (length,) = _LENGTH.unpack_from(self._body, self._at)
        self._at += _LENGTH.size
        if into.size:
            standalone.simple_decompress_into(bytes(self._body[self._at : self._at + length]), into)
        self._at += length
        return into
