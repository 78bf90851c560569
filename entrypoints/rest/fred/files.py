"""Observations as files: a ZIP with CSV, and a workbook, each with a page that says what it holds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from http import HTTPStatus
from importlib.util import find_spec
from itertools import chain
from typing import Any

from domain.errors import InvalidInput
from domain.series import TimeSeries
from entrypoints.rest.fred.documents import frequency_of, last_updated
from entrypoints.rest.fred.params import series_id
from entrypoints.rest.fred.tables import Table, csv_of
from entrypoints.rest.http.errors import Problem

_MOST_ROWS = 1_048_575
#: Files say the same for ever, so that they are equal byte for byte.
_TIME = (1980, 1, 1, 0, 0, 0)


def zipped_csv(series: TimeSeries, table: Table, header: Mapping[str, Any]) -> bytes:
    """Return a ZIP with ``observations.csv`` and ``README.txt``."""
    readme = "".join(f"{name}: {value}\n" for name, value in _readme(series, header).items())
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("README.txt", readme.encode()), ("observations.csv", csv_of(table))):
            archive.writestr(zipfile.ZipInfo(name, _TIME), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def check_can_write_workbooks() -> None:
    """Raise Problem (501) if the extra is not installed."""
    if find_spec("xlsxwriter") is None:
        install = "Install the extra xlsx (pip install 'lanner[xlsx]', or xlsxwriter beside lanner) and start lanner again"
        hint = f"{install}; file_type=csv needs nothing."
        raise Problem(HTTPStatus.NOT_IMPLEMENTED, "xlsx_not_installed", "This installation cannot write workbooks.", hint=hint)


def workbook(series: TimeSeries, table: Table, header: Mapping[str, Any]) -> bytes:
    """Return a workbook with a sheet ``README`` and one of observations; values are numbers, missing ones empty cells."""
    check_can_write_workbooks()
    import xlsxwriter

    if table.shown > _MOST_ROWS:
        raise InvalidInput(f"A workbook has at most {_MOST_ROWS} rows, not {table.shown}: use limit.", field="limit")
    buffer = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        readme = book.add_worksheet("README")
        for row, pair in enumerate(_readme(series, header).items()):
            readme.write_row(row, 0, [str(each) for each in pair])
        sheet = book.add_worksheet("Observations")
        sheet.write_row(0, 0, table.columns)
        texts = [place for place, name in enumerate(table.columns) if name in ("realtime_start", "realtime_end", "date")]
        for number, cells in enumerate(chain.from_iterable(table.parts), start=1):
            sheet.write_row(number, 0, [cell.decode() if cell and place in texts else _number(cell) for place, cell in enumerate(cells)])
    return buffer.getvalue()


def _number(cell: bytes | None) -> float | None:
    return None if cell in (None, b".") else float(cell or b"nan")


def _readme(series: TimeSeries, header: Mapping[str, Any]) -> dict[str, Any]:
    metadata = series.metadata
    return {
        "Title": metadata.name or series_id(series.code),
        "Series ID": series_id(series.code),
        "Source": metadata.source or metadata.attribution,
        "Seasonal Adjustment": metadata.seasonal_adjustment,
        "Frequency": frequency_of(series)[0],
        "Units": metadata.unit,
        "Last Updated": last_updated(series),
        **{name: value for name, value in header.items() if name not in ("offset", "limit")},
        "Notes": metadata.description,
    }
