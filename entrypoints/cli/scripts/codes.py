"""The codes that a call asks for; a part that is not known is ``*``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

from entrypoints.cli.scripts.calls import Call, Kind
from entrypoints.cli.scripts.texts import CLOSE, OPEN

_HOLE = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]{{0,50}}{CLOSE}")
_DATABASE = re.compile(r"[A-Za-z0-9_]{1,32}")
_PATH = re.compile(r"/api/(v[0-9]+)/(datasets|databases|datatables|multisets)(?:[/.]([^?]*))?|\.com/(data)/([^?]*)")
_SUFFIX = re.compile(r"(?:/(?:data|metadata))?/?(?:\.(?:json|csv|xml))?$", re.IGNORECASE)
_LONGEST_PLACE = 3
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
        reason: why the call does not work, whichever provider has the code, or why the code is not known.
        is_known: whether the code is.
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
    database, _, rest = mask.partition("/")
    dataset, place = _without_place(rest)
    if not dataset or "/" in dataset or not _DATABASE.fullmatch(database):
        unknown = "*" in mask
        return Wanted(code=mask, is_known=not unknown, reason=_UNKNOWN if unknown else "it is not written as DATABASE/DATASET")
    short, _, words = dataset.partition("-")
    has_words = any(letter.islower() for letter in words)
    code = f"{database}/{short if has_words else dataset}".upper()
    return Wanted(
        code=mask if has_words else code,
        database=database.upper(),
        dataset=code.partition("/")[2],
        column=column if place is None else place,
        reason=f"words behind the code are not cut off; write {code}" if has_words else "",
    )


def _without_place(dataset: str) -> tuple[str, int | None]:
    """Return a data set's code and the place of a column behind it, as in ``OIL.4``."""
    code, dot, place = dataset.rpartition(".")
    return (code, int(place)) if dot and place.isdecimal() and len(place) <= _LONGEST_PLACE else (dataset, None)


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
    elif kind == "multisets":
        columns = _query(mask, "columns").split(",")
        yield from (replace(_series(each.replace(".", "/", 1)), reason=_OTHER_ADDRESS) for each in columns if each)
    elif kind == "datasets" and "/" in rest:
        wanted = _at(mask, _series(_SUFFIX.sub("", rest), _column(mask)))
        yield wanted if version == "v3" else replace(wanted, reason=wanted.reason or _OTHER_ADDRESS)
    elif version != "v3":
        yield Wanted(code=kind, reason=_OTHER_ADDRESS)
    elif kind == "databases" and "/" in rest:
        yield _at(mask, _database(rest.partition("/")[0]))


def _at(mask: str, wanted: Wanted) -> Wanted:
    note = "write lanner's address in place of Quandl's" if any(host in mask for host in _HOSTS) else ""
    return replace(wanted, note="; ".join(filter(None, [wanted.note, note])))


def _column(mask: str) -> int | None:
    text = _query(mask, "column_index") or _query(mask, "column")
    return int(text) if text.isdecimal() else None


def _query(mask: str, name: str) -> str:
    return parse_qs(urlsplit(mask).query).get(name, [""])[0]
