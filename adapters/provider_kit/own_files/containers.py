"""The format of what a file holds, packed or not, by its first bytes."""

from __future__ import annotations

from pathlib import PurePosixPath

from adapters.provider_kit.own_files.grid import refused
from adapters.provider_kit.parsing import containers
from adapters.provider_kit.parsing.bodies import marked
from adapters.provider_kit.parsing.limits import FILE, check_body

_START = 256
_OLE = b"\xd0\xcf\x11\xe0"


def unpack(body: bytes, name: str) -> tuple[bytes, str]:
    """
    Return what a file holds, and its format: ``parquet``, ``xlsx``, ``json`` or ``text``.

    Raises:
        AnswerNotUnderstood: it is damaged, or an archive of several files; lists them.
        AnswerTooLarge: it unpacks to too much.

    """
    try:
        body, is_workbook = containers.unpack(body, name, FILE)
    except containers.ContainerError as exc:
        raise refused(name, exc.what) from exc
    if is_workbook:
        return body, "xlsx"
    if containers.is_packed(body) or body.startswith(_OLE):
        raise refused(name, "it is a workbook of the old .xls, or packed more than twice; save it as .xlsx or CSV")
    check_body(body, name)
    if body.startswith(b"PAR1"):
        return body, "parquet"
    start = body[:_START].decode(marked(body) or "latin-1", errors="ignore").lstrip("\ufeff \t\r\n")
    return body, "json" if start.startswith(("{", "[")) else "text"


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
