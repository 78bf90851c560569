"""The ECB's files of euro reference rates: XML or CSV, with a column for each currency."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from adapters.provider_kit.parsing.csv_tables import read_loose_csv
from adapters.provider_kit.parsing.documents import read_text
from adapters.provider_kit.parsing.limits import names_of
from adapters.provider_kit.parsing.tables import Table, read_columns
from adapters.provider_kit.parsing.xml import local_name, xml_root
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound
from domain.frequency import Frequency
from domain.observations import Observations
from domain.ports import ParsedSeries
from domain.series import Metadata

ALL = "ALL"
_EURO = "EUR"
_CODE = re.compile(r"([A-Z]{3})?([A-Z]{3})")
_IS_RATES = re.compile(rb"vocabulary/[0-9-]+/eurofxref|\ADate, ?[A-Z]{3},")


def read_if_rates(body: bytes, code: DatasetCode, attribution: str) -> Sequence[ParsedSeries] | None:
    """Read one of these files as ``series_in`` does; return None for any other body."""
    return series_in(body, code, attribution) if _is_eurofxref(body) else None


def _is_eurofxref(body: bytes) -> bool:
    return bool(_IS_RATES.search(body[:2000]))


def currencies_in(code: DatasetCode) -> tuple[str, str]:
    """Return the currency that is valued and the one in which, or ``ALL``; raises DatasetNotFound for no rate."""
    match = _CODE.fullmatch(code.dataset.upper())
    worth, unit = (match[1] or _EURO, match[2]) if match else (_EURO, _EURO)
    if worth == unit:
        hint = "Write it as ECB_FX/USD, ECB_FX/USDJPY for a cross, or ECB_FX/ALL for all of them."
        raise DatasetNotFound(f"{code} names no rate.", hint=hint)
    return worth, unit


def series_in(body: bytes, code: DatasetCode, attribution: str) -> Sequence[ParsedSeries]:
    """
    Read the rates that a code names from a file.

    Raises:
        AnswerNotUnderstood, AnswerTruncated, AnswerTooLarge: it is not such a file, or is incomplete.
        DatasetNotFound: the file has no such rates.

    """
    rates = _chosen(_read_rates(body), code)
    return [ParsedSeries(code=code, metadata=_metadata(code, attribution), vintages=[(None, rates)])]


def _read_rates(body: bytes) -> Observations:
    text = read_text(body)
    if not _is_eurofxref(text.encode()):
        raise AnswerNotUnderstood("The answer is none of the ECB's files of reference rates.")
    table = _xml(text.encode()) if text.lstrip().startswith("<") else read_loose_csv(text, days=("%d %B %Y",))
    return read_columns(table, date_first=True).observations()


def _chosen(rates: Observations, code: DatasetCode) -> Observations:
    worth, unit = currencies_in(code)
    if unit == ALL:
        return rates
    name = "Value" if code.database == "ECB" else unit if worth == _EURO else f"{worth}{unit}"
    values = _of(rates, unit) / _of(rates, worth)
    quoted = np.flatnonzero(~np.isnan(values))
    span = slice(quoted[0], quoted[-1] + 1) if len(quoted) else slice(None)
    return Observations.of(rates.dates[span], [name], values[span, np.newaxis])


def _of(rates: Observations, currency: str) -> NDArray[np.float64]:
    """Return what a euro is worth in a currency."""
    if currency == _EURO:
        return np.ones(len(rates))
    if currency not in rates.columns:
        raise DatasetNotFound(f"The ECB has no rate of {currency}.", hint=f"There are {', '.join(rates.columns)}.")
    return rates.values[:, rates.columns.index(currency)]


def _metadata(code: DatasetCode, attribution: str) -> Metadata:
    worth, unit = currencies_in(code)
    which = "" if unit == ALL else f", {unit}" if worth == _EURO else f", {worth} in {unit}"
    of_both = " The quotient of two rates." if _EURO not in (worth, unit) else ""
    return Metadata(
        name=f"Euro foreign exchange reference rates{which}",
        description=f"What one {'euro' if worth == _EURO else worth} is worth, as concerted at 14:15 CET on working days.{of_both}",
        unit="Currency units per euro" if unit == ALL else f"{unit} per {'euro' if worth == _EURO else worth}",
        frequency=Frequency.DAILY,
        source="European Central Bank",
        attribution=attribution,
        extra={"dates": "the provider's own day"},
    )


def _xml(body: bytes) -> Table:
    days = [cube for cube in xml_root(body).iter() if local_name(cube.tag) == "Cube" and "time" in cube.attrib]
    rows = [{"Date": day.get("time", "")} | {cube.get("currency", ""): cube.get("rate", "") for cube in day} for day in days]
    names = names_of(rows)
    if len(names) <= 1:
        raise AnswerNotUnderstood("The answer holds no reference rates.")
    return Table(names=tuple(names), rows=[[row.get(name, "") for name in names] for row in rows])
