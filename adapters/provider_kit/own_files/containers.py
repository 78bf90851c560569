"""What a file is packed in: gzip, a ZIP archive of one member; and the format of what is inside, by its first bytes."""

from __future__ import annotations

import zlib
from io import BytesIO
from pathlib import PurePosixPath
from zipfile import BadZipFile, ZipFile

from adapters.provider_kit.own_files.grid import listed, quoted, refused
from adapters.provider_kit.parsing.limits import FILE, check_body

_GZIP, _ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")
_WORKBOOK = "[Content_Types].xml"
_MOST_PACKED = 2
_NO_DATA = ("__MACOSX/",)
_OLE = b"\xd0\xcf\x11\xe0"


def unpack(body: bytes, name: str) -> tuple[bytes, str]:
    """
    Return what a file holds, and its format: ``parquet``, ``xlsx``, ``json`` or ``text``.

    Raises:
        AnswerNotUnderstood: it is damaged, or an archive of several files; lists them.
        AnswerTooLarge: it unpacks to too much.

    """
    for _ in range(_MOST_PACKED):
        if body.startswith(_GZIP):
            body = _gunzip(body, name)
        elif body.startswith(_ZIP):
            inner = _only_member(body, name)
            if inner is None:
                return body, "xlsx"
            body = inner
    if body.startswith((_GZIP, *_ZIP, _OLE)):
        raise refused(name, "it is a workbook of the old .xls, or packed more than twice; save it as .xlsx or CSV")
    check_body(body, name)
    if body.startswith(b"PAR1"):
        return body, "parquet"
    return body, "json" if body[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")) else "text"


def stem_of(name: str) -> str:
    """Return a file's name without folders and without the endings that name formats."""
    stem = PurePosixPath(name).name
    while True:
        path = PurePosixPath(stem)
        if path.suffix.lower() not in SUFFIXES or not path.stem:
            return stem
        stem = path.stem


#: The endings of files that are read.
SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".xlsm", ".gz", ".zip")


def _gunzip(body: bytes, name: str) -> bytes:
    unpacked = bytearray()
    while body:
        unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        try:
            unpacked += unpacker.decompress(body, FILE.most + 1 - len(unpacked))
        except zlib.error as exc:
            raise refused(name, f"it is not gzip that can be unpacked ({exc})") from exc
        FILE.check(len(unpacked), name, does="unpacks to more")
        if not unpacker.eof:
            raise refused(name, "it is gzip that ends too early")
        body = unpacker.unused_data.lstrip(b"\0")
        if body and not body.startswith(_GZIP):
            raise refused(name, "something stands behind the end of what is packed in it")
    return bytes(unpacked)


def _only_member(body: bytes, name: str) -> bytes | None:
    """Return the only file in an archive; None if the archive is a workbook."""
    try:
        with ZipFile(BytesIO(body)) as archive:
            names = archive.namelist()
            if _WORKBOOK in names and any(inner.startswith("xl/") for inner in names):
                FILE.check(sum(info.file_size for info in archive.infolist()), name, does="unpacks to more")
                return None
            members = [info for info in archive.infolist() if not (info.is_dir() or info.filename.startswith(_NO_DATA))]
            if len(members) != 1:
                inside = listed([quoted(info.filename) for info in members], most=12) or "nothing"
                raise refused(name, f"the archive holds {inside} where one file must be")
            FILE.check(members[0].file_size, name, does="unpacks to more")
            with archive.open(members[0]) as member:
                unpacked = member.read(FILE.most + 1)
            FILE.check(len(unpacked), name, does="unpacks to more")
            return unpacked
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, LookupError, zlib.error) as exc:
        raise refused(name, f"it is not a ZIP archive that can be unpacked ({exc})") from exc
