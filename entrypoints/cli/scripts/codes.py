"""The codes that a call asks for; a part that is not known is ``*``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

from entrypoints.cli.scripts.calls import Call, Kind
from entrypoints.cli.scripts.texts import CLOSE, OPEN

_HOLE = re.compile(f"{OPEN}[^{CLOSE}]*{CLOSE}")
_CODE = re.compile(r"([A-Za-z0-9_]+)/([^/\s]+?)(?:\.([0-9]{1,3}))?")
_SLUG = re.compile(r"([A-Z0-9_]+)-[A-Z0-9]*[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9-]*")
_PATH = re.compile(r"/api/(v[0-9]+)/(datasets|databases|datatables|multisets)(?:[/.]([^?]*))?|\.com/(data)/([^?]*)")
_SUFFIX = re.compile(r"(?:/(?:data|metadata))?/?(?:\.(?:json|csv|xml))?$", re.IGNORECASE)
_HOSTS = ("quandl.com", "data.nasdaq.com")
_NO_TABLES = "lanner serves no tables (get_table, datatables); ask for the series of a ticker, as WIKI/AAPL"
_NO_READER = "pandas_datareader asks quandl.com itself and cannot be pointed here; use quandl.get"
_OTHER_ADDRESS = "lanner answers addresses of /api/v3 alone"
_UNKNOWN = "the code is not in the script, or is put together in a way that cannot be followed"
_ARCHIVE = "an archive of what is stored of the database"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """
    A code that a call asks for.

    Attributes:
        database: empty if it is not known, or nothing can answer it.
        dataset: empty if the whole database is wanted.
        reason: why nothing can answer it, or why it is not known.
        is_known: whether the reason is one against it.
        note: what has to change in the script.

    """

    code: str
    database: str = ""
    dataset: str = ""
    column: int | None = None
    reason: str = ""
    is_known: bool = True
    note: str = ""


def wanted_by(call: Call) -> Iterator[Wanted]:
    """Return the codes that a call asks for, each once."""
    seen = set()
    for text in call.texts:
        for wanted in _wanted(call, _HOLE.sub("*", text)):
            if wanted not in seen:
                seen.add(wanted)
                yield wanted


def _wanted(call: Call, mask: str) -> Iterator[Wanted]:
    match call.kind:
        case Kind.SERIES:
            yield _series(mask, call.column)
        case Kind.ADDRESS:
            yield from _of_address(mask)
        case Kind.TABLE:
            yield Wanted(code=mask, reason=_NO_TABLES)
        case Kind.READER:
            yield Wanted(code=mask, reason=_NO_READER)
        case Kind.DATABASE:
            yield _database(mask)


def _series(mask: str, column: int | None = None) -> Wanted:
    match = _CODE.fullmatch(mask)
    if match is None:
        unknown = "*" in mask
        return Wanted(code=mask, is_known=not unknown, reason=_UNKNOWN if unknown else "it is not written as DATABASE/DATASET")
    database, dataset, place = match[1].upper(), match[2], match[3]
    slug = _SLUG.fullmatch(dataset)
    if slug:
        return Wanted(code=mask, reason=f"words behind the code are not cut off; write {database}/{slug[1]}")
    column = int(place) if place else column
    return Wanted(code=f"{database}/{dataset.upper()}", database=database, dataset=dataset.upper(), column=column)


def _database(mask: str) -> Wanted:
    if "*" in mask or not mask:
        return Wanted(code=mask, reason=_UNKNOWN, is_known=False)
    return Wanted(code=mask.upper(), database=mask.upper(), note=_ARCHIVE)


def _of_address(mask: str) -> Iterator[Wanted]:
    match = _PATH.search(mask)
    if match is None:
        return
    version, kind, rest = match[1] or "v3", match[2] or "datasets", match[3] or match[5] or ""
    if kind == "datatables":
        yield Wanted(code=_SUFFIX.sub("", rest), reason=_NO_TABLES)
    elif version != "v3" or kind == "multisets":
        yield Wanted(code=_SUFFIX.sub("", rest) or kind, reason=_OTHER_ADDRESS)
    elif kind == "datasets" and "/" in rest:
        yield _at(mask, _series(_SUFFIX.sub("", rest), _column(mask)))
    elif kind == "databases" and "/" in rest:
        yield _at(mask, _database(rest.partition("/")[0]))


def _at(mask: str, wanted: Wanted) -> Wanted:
    note = "write lanner's address in place of Quandl's" if any(host in mask for host in _HOSTS) else ""
    return replace(wanted, note="; ".join(filter(None, [wanted.note, note])))


def _column(mask: str) -> int | None:
    query = parse_qs(urlsplit(mask).query)
    text = (query.get("column_index") or query.get("column") or [""])[0]
    return int(text) if text.isdecimal() else None
