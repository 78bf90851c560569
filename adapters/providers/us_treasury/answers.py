"""The Treasury's feeds of properties, and its CSV, as series: a feed may name its fields as it likes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import numpy as np

from adapters.provider_kit.parsing.csv_tables import read_loose_csv
from adapters.provider_kit.parsing.documents import read_text
from adapters.provider_kit.parsing.limits import check_table, names_of
from adapters.provider_kit.parsing.select import another_series, check_named
from adapters.provider_kit.parsing.tables import DAY, Columns, Table, read_columns
from adapters.provider_kit.parsing.xml import local_name, xml_root
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound, InvalidCode
from domain.observations import Observations

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

#: The key of all kinds of rates together.
ALL = "ALL"
_RATE = "RATE"
#: How the fields of a data set begin.
_FIELDS = {
    "BC_": "daily_treasury_yield_curve",
    "TC_": "daily_treasury_real_yield_curve",
    "ROUND_B1_": "daily_treasury_bill_rates",
}


@dataclass(frozen=True, slots=True)
class TreasurySeries:
    """A series in an answer."""

    code: DatasetCode
    observations: Observations
    left_out: tuple[str, ...]
    date_column: str


def read_answer(body: bytes, asked: str = "") -> Table:
    """
    Read a feed or a CSV file, dates first.

    Args:
        asked: the name of the data set that was asked for; empty for any.

    Raises:
        AnswerNotUnderstood, AnswerTruncated: it is neither, is a feed of another data set, or ends too early.

    """
    text = read_text(body)
    if not text.lstrip().startswith("<"):
        return read_loose_csv(text, days=("%m/%d/%Y", "%m/%d/%y"))
    root = xml_root(body)
    entries = [element for element in root.iter() if local_name(element.tag) == "properties"]
    if not entries and local_name(root.tag) not in ("feed", "pre"):
        raise AnswerNotUnderstood(f"The answer is XML of another kind ({local_name(root.tag)[:40]}).")
    table = _table(entries)
    if asked:
        _check_dataset(root, table.names, asked)
    return table


def joined(tables: Sequence[Table]) -> Table:
    """Put pages together; tenors come and go, so that each page may have other columns."""
    names = names_of([table.names for table in tables])
    check_table(len(names), sum(len(table.rows) for table in tables))
    kinds = {name: kind for table in tables for name, kind in zip(table.names, table.types, strict=False)}
    rows = [dict(zip(table.names, row, strict=True)) for table in tables for row in table.rows]
    types = tuple(kinds.values()) if list(kinds) == names else ()
    return replace(tables[0], names=tuple(names), rows=[[row.get(name, "") for name in names] for row in rows], types=types, ended=True)


def series_in(table: Table, code: DatasetCode, *, every: bool = False) -> Sequence[TreasurySeries]:
    """
    Return the series of a code, or every one: there are several where each date stands once for each kind of rate.

    Raises:
        AnswerNotUnderstood: the code cannot tell several apart; it lists their codes.
        DatasetNotFound: there is none of this name.

    """
    if not table.names:
        raise AnswerNotUnderstood("The answer is a feed without entries.")
    columns = read_columns(table, date_first=True)
    if not columns.has_repeated_dates or not columns.keys:
        return [TreasurySeries(code, columns.observations(), columns.left_out, columns.date_column)]
    dataset, _, key = code.dataset.partition(".")
    rows = columns.rows_by_key()
    if every:
        return [_part(columns, DatasetCode(code.database, f"{dataset}.{name}"), rows[name]) for name in rows if _is_askable(name)]
    if not key:
        some = ", ".join(f"{code}.{name}" for name in rows)
        raise AnswerNotUnderstood(f"{code} holds several rates a day.", hint=f"Ask for {code}.{ALL}, or one of {some}.")
    if key == ALL:
        return [
            TreasurySeries(code, _side_by_side({name: columns.observations(part) for name, part in rows.items()}), (), columns.date_column)
        ]
    if key not in rows:
        raise DatasetNotFound(f"There is no {key} in {dataset}.", hint=f"There are {', '.join(rows)}.")
    return [_part(columns, code, rows[key])]


def _side_by_side(kinds: Mapping[str, Observations]) -> Observations:
    """Return several kinds of rates, each under the name of its kind; other columns have their own name behind it."""
    columns = {
        kind if name == _RATE or len(state.columns) == 1 else f"{kind} {name}": (state.dates, state.values[:, at])
        for kind, state in kinds.items()
        for at, name in enumerate(state.columns)
    }
    days = np.unique(np.concatenate([dates for dates, _ in columns.values()]))
    values = np.full((len(days), len(columns)), np.nan)
    for at, (dates, cells) in enumerate(columns.values()):
        values[np.searchsorted(days, dates), at] = cells
    return Observations.of(days, list(columns), values)


def _part(columns: Columns, code: DatasetCode, rows: object) -> TreasurySeries:
    return TreasurySeries(code, columns.observations(rows), columns.left_out, columns.date_column)  # type: ignore[arg-type]


def _is_askable(name: str) -> bool:
    try:
        DatasetCode("US_TREASURY", f"x.{name}")
    except InvalidCode:
        return False
    return True


def _check_dataset(feed: Element, fields: Sequence[str], asked: str) -> None:
    """Check that a feed is of the data set that was asked for, by its address of itself, which may be empty, and by its fields."""
    own = next((child.text or "" for child in feed if local_name(child.tag) == "id"), "")
    check_named((parse_qs(urlsplit(own.strip()).query).get("data") or [""])[0], asked)
    told = {dataset for prefix, dataset in _FIELDS.items() if any(name.startswith(prefix) for name in fields)}
    if told and asked not in told:
        raise another_series(min(told), asked)


def _table(entries: Sequence[Element]) -> Table:
    rows = [{local_name(field.tag): field for field in entry} for entry in entries]
    kinds = {name: _kind(field) for row in rows for name, field in row.items()}
    at = next((name for name, kind in kinds.items() if kind == "DateTime"), None) or _dated(rows)
    if at is None:
        if rows:
            raise AnswerNotUnderstood("The answer's entries have no date.")
        return Table(names=(), rows=[])
    check_table(len(kinds), len(rows))
    names = [at, *(name for name in kinds if name != at and name.casefold() != "id")]
    cells = [[(row[name].text or "").strip() if name in row else "" for name in names] for row in rows]
    types = tuple(kinds[name] for name in names)
    return Table(names=tuple(names), rows=cells, types=types if all(types) else ())


def _dated(rows: Sequence[dict[str, Element]]) -> str | None:
    """Find the dates in a feed that does not tell its types."""
    return next((name for row in rows[:1] for name, field in row.items() if DAY.match((field.text or "").strip())), None)


def _kind(field: Element) -> str:
    """Return the type of a field without its namespace; text where it has none."""
    typed = next((value for name, value in field.attrib.items() if local_name(name) == "type"), "")
    return typed.removeprefix("Edm.")
