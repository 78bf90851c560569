"""What a body is packed in: gzip, or a ZIP archive of one file; what proves that it is whole."""

from __future__ import annotations

import zlib
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from adapters.provider_kit.parsing.limits import Size
from adapters.provider_kit.text import storable

GZIP, ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")
_WORKBOOK = "[Content_Types].xml"
_MOST_PACKED, _MOST_MEMBERS = 2, 10_000
_CHUNK = 64 * 1024
_NO_DATA = ("__MACOSX/",)
_MOST_LISTED = 12


class ContainerError(Exception):
    """
    A container is damaged, or holds several files.

    Attributes:
        what: a part of a sentence.
        is_damaged: whether it may have come incomplete.

    """

    def __init__(self, what: str, *, is_damaged: bool = False) -> None:
        super().__init__(what)
        self.what, self.is_damaged = what, is_damaged


def is_packed(body: bytes) -> bool:
    """Return whether a body is gzip or a ZIP archive; both hold a checksum of their content."""
    return body.startswith((GZIP, *ZIP))


def unpack(body: bytes, whose: str, limit: Size) -> tuple[bytes, bool]:
    """
    Return what is packed in a body, and whether that is a workbook, which is an archive, too.

    Args:
        whose: what messages call the body.

    Raises:
        ContainerError: it is damaged, or holds several files, which are listed.
        AnswerTooLarge: it unpacks to more than the limit.

    """
    for _ in range(_MOST_PACKED):
        if body.startswith(GZIP):
            body = _gunzip(body, whose, limit)
        elif body.startswith(ZIP):
            inner = _only_member(body, whose, limit)
            if inner is None:
                return body, True
            body = inner
    return body, False


def _gunzip(body: bytes, whose: str, limit: Size) -> bytes:
    unpacked, at, members = bytearray(), 0, 0
    while at < len(body):
        members += 1
        if members > _MOST_MEMBERS:
            raise ContainerError(f"it is gzip of more than {_MOST_MEMBERS} parts")
        if not body.startswith(GZIP, at):
            raise ContainerError("something stands behind the end of what is packed in it")
        at = _unpack_member(body, at, unpacked, limit=limit, whose=whose)
        while body.startswith(b"\0", at):
            at += 1
    return bytes(unpacked)


def _unpack_member(body: bytes, at: int, unpacked: bytearray, *, limit: Size, whose: str) -> int:
    """Append what a part of gzip holds, and return where it ends."""
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    while not unpacker.eof:
        chunk = body[at : at + _CHUNK]
        if not chunk:
            raise ContainerError("it is gzip that ends too early", is_damaged=True)
        try:
            unpacked += unpacker.decompress(chunk, limit.most + 1 - len(unpacked))
        except zlib.error as exc:
            raise ContainerError(f"it is not gzip that can be unpacked ({exc})", is_damaged=True) from exc
        limit.check(len(unpacked), whose, does="unpacks to more")
        at += len(chunk) - len(unpacker.unused_data)
    return at


def _only_member(body: bytes, whose: str, limit: Size) -> bytes | None:
    """Return the only file in an archive; None if the archive is a workbook."""
    try:
        with ZipFile(BytesIO(body)) as archive:
            names = archive.namelist()
            if _WORKBOOK in names and any(inner.startswith("xl/") for inner in names):
                limit.check(sum(info.file_size for info in archive.infolist()), whose, does="unpacks to more")
                return None
            members = [info for info in archive.infolist() if not (info.is_dir() or info.filename.startswith(_NO_DATA))]
            if len(members) != 1:
                raise ContainerError(f"the archive holds {_listed([info.filename for info in members])} where one file must be")
            limit.check(members[0].file_size, whose, does="unpacks to more")
            with archive.open(members[0]) as member:
                unpacked = member.read(limit.most + 1)
            limit.check(len(unpacked), whose, does="unpacks to more")
            return unpacked
    except (BadZipFile, EOFError, OSError, ValueError, LookupError, zlib.error) as exc:
        raise ContainerError(f"it is not a ZIP archive that can be unpacked ({exc})", is_damaged=True) from exc
    except (NotImplementedError, RuntimeError) as exc:  # another compression, a password
        raise ContainerError(f"it is not a ZIP archive that can be unpacked ({exc})") from exc


def _listed(names: list[str]) -> str:
    shown = [repr(storable(name[:100])) for name in names[:_MOST_LISTED]]
    if len(names) > _MOST_LISTED:
        return f"{', '.join(shown)} and {len(names) - _MOST_LISTED} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:]))) or "nothing"
