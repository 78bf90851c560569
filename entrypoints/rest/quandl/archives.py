"""ZIP archives, written while they are sent, so that none is held in memory."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator


class _Buffer(io.RawIOBase):
    """A file that returns what was written to it since the last ``drain``."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: object) -> int:
        part = bytes(content)  # type: ignore[call-overload]
        self._written.append(part)
        return len(part)

    def drain(self) -> bytes:
        content = b"".join(self._written)
        self._written.clear()
        return content


def stream_zip(name: str, parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes of an archive with one member."""
    buffer = _Buffer()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open(name, "w", force_zip64=True) as member:
            for part in parts:
                member.write(part)
                yield buffer.drain()
        yield buffer.drain()
    yield buffer.drain()
