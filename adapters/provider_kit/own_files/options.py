"""The options of a file: from lanner.toml, by a pattern of names, or given to a command."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from types import NoneType, UnionType
from typing import Any, get_args, get_type_hints

from domain.errors import AnswerNotUnderstood
from domain.periods import Anchor

FILE_NAME = "lanner.toml"
_HINT = "The options are listed in docs/own-files.md."
_WORDS: Mapping[str, Sequence[str]] = {
    "layout": ("wide", "long"),
    "dates_in": ("rows", "columns"),
    "decimal": (".", ","),
    "anchor": tuple(Anchor),
    "frequency": ("hourly", "daily", "weekly", "monthly", "quarterly", "annual"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """
    What decides where a file leaves a doubt; None or empty where nothing is said.

    Attributes:
        encoding: of text, as Python names it.
        delimiter: one sign between cells; a space for any number of spaces.
        decimal: the decimal mark, ``.`` or ``,``.
        thousands: the mark between thousands; an empty text for none.
        missing: further words for a missing value.
        date_format: strptime's, or ``excel`` for day numbers.
        date_column: name of the column of dates.
        dates_in: ``rows``, or ``columns`` for dates across the top.
        frequency: of periods of several lengths the one to keep.
        anchor: on which day of its week, month, quarter or year each date stands: ``first day``, ``last day``, ``a day``.
        columns: names of the value columns to read.
        layout: ``wide``, or ``long`` for a table with a row for each series and date.
        key_columns: of a long table the columns that tell its series apart.
        value_column: of a long table the column of numbers.
        key: of a long table the one series to read: its values in the order of ``key_columns``.
        skip_rows: how many lines stand before the header.
        header_rows: how many rows the names take; 0 if there are none.
        unit_row: whether the row under the header holds units.
        sheet: name of the sheet, or its number from 1.

    """

    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    thousands: str | None = None
    missing: tuple[str, ...] = ()
    date_format: str = ""
    date_column: str = ""
    dates_in: str = ""
    frequency: str = ""
    anchor: str = ""
    columns: tuple[str, ...] = ()
    layout: str = ""
    key_columns: tuple[str, ...] = ()
    value_column: str = ""
    key: tuple[str, ...] = ()
    skip_rows: int | None = None
    header_rows: int | None = None
    unit_row: bool = False
    sheet: str | int = ""

    @property
    def missing_words(self) -> frozenset[str]:
        """The further words for a missing value, in lower case."""
        return frozenset(word.strip().casefold() for word in self.missing)


NAMES = tuple(field.name for field in fields(FileOptions))
_TYPES = get_type_hints(FileOptions)


def read_options(given: Mapping[str, Any], whose: str = "--option") -> FileOptions:
    """
    Check options.

    Args:
        given: name → value as JSON and TOML have it.
        whose: what messages call their place.

    Raises:
        AnswerNotUnderstood: one is unknown or of another type; the message names it, and the nearest that there is.

    """
    options = FileOptions(**{name: _checked(name, value, whose) for name, value in given.items()})
    if options.thousands and options.thousands == options.decimal:
        raise _wrong(f"{whose}: decimal and thousands are the same mark.")
    return options


def _checked(name: str, value: Any, whose: str) -> Any:
    if name not in NAMES:
        near = get_close_matches(name, NAMES, n=1, cutoff=0.4)
        raise _wrong(
            f"{whose}: there is no option {name[:40]!r}; {f'did you mean {near[0]}?' if near else 'the options are ' + ', '.join(NAMES)}"
        )
    kind = _TYPES[name]
    if kind == tuple[str, ...]:
        texts = [value] if isinstance(value, str | int | float) and not isinstance(value, bool) else value
        if not isinstance(texts, list | tuple) or not all(isinstance(text, str | int | float) for text in texts):
            raise _wrong(f"{whose}: option {name} is a text or a list of texts, not {value!r}.")
        return tuple(map(str, texts))
    kinds = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    if type(value) not in kinds or (type(value) is int and value < 0) or (value is None and NoneType not in kinds):
        raise _wrong(f"{whose}: option {name} is {' or '.join(_TYPE_WORDS[k] for k in kinds if k in _TYPE_WORDS)}, not {value!r}.")
    if name in _WORDS and value not in _WORDS[name]:
        raise _wrong(f"{whose}: option {name} is {' or '.join(repr(str(word)) for word in _WORDS[name])}, not {value!r}.")
    if name == "delimiter" and len(value) != 1:
        raise _wrong(f"{whose}: option delimiter is one sign, not {value!r}.")
    return value


_TYPE_WORDS = {str: "a text", int: "a whole number from 0", bool: "true or false"}


def options_for(toml: bytes | None, path: str, given: Mapping[str, Any] | None = None) -> FileOptions:
    """
    Return the options of a file.

    Args:
        toml: the content of ``lanner.toml``: a table of options for each pattern of paths; later tables go before earlier ones.
        path: the file's, from the folder of ``lanner.toml``, parted by slashes.
        given: by a command; go before all of ``lanner.toml``.

    Raises:
        AnswerNotUnderstood: lanner.toml is none, or holds an option that there is not, also for another file.

    """
    options: dict[str, Any] = {}
    for pattern, table in _tables(toml).items():
        read_options(table, f"{FILE_NAME}, [{pattern!r}]")
        if matches(path, pattern):
            options |= table
    read_options(given or {})
    return read_options(options | dict(given or {}), FILE_NAME)


def matches(path: str, pattern: str) -> bool:
    """Return whether a path fits a pattern part by part; ``**`` stands for any number of folders."""
    return _matches(path.split("/"), pattern.strip("/").split("/"))


def _matches(parts: Sequence[str], patterns: Sequence[str]) -> bool:
    if not patterns:
        return not parts
    if patterns[0] == "**":
        return any(_matches(parts[skipped:], patterns[1:]) for skipped in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], patterns[0]) and _matches(parts[1:], patterns[1:])


def _tables(toml: bytes | None) -> Mapping[str, Mapping[str, Any]]:
    try:
        tables = tomllib.loads((toml or b"").decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise _wrong(f"{FILE_NAME} is not TOML: {exc}.") from exc
    for pattern, table in tables.items():
        if not isinstance(table, dict):
            raise _wrong(f'{FILE_NAME}: {pattern!r} stands outside a table; options belong under a pattern as ["*.csv"].')
    return tables


def with_key(options: FileOptions, key: Sequence[str]) -> FileOptions:
    """Return the options with the one series of a long table to read."""
    return replace(options, key=tuple(key), layout="long")


def _wrong(message: str) -> AnswerNotUnderstood:
    return AnswerNotUnderstood(message, hint=_HINT)
