"""
The bodies of Quandl's answers, in all their shapes, as one kind of table.

::

    {"dataset": {"column_names": …, "data": …}}      v3, whole
    {"dataset_data": {"column_names": …}}            v3, data alone
    {"source_code": …, "column_names": …}            v1, flat
    {"datatable": {"columns": …, "data": …}}         a table of many series
    <quandl-response><dataset-data>…                 v3 as XML
    Date,Open,High                                   CSV of a series, or of a table
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from adapters.provider_kit.parsing.csv_tables import csv_lines
from adapters.provider_kit.parsing.documents import read_object, read_text
from adapters.provider_kit.parsing.tables import DATE_WORD, DAY, Table
from domain.errors import AnswerNotUnderstood, AnswerTruncated

_ERROR_CODE = re.compile(r"QE[A-Z]x[0-9]{2}")
_LISTS = ("datasets", "databases", "database", "docs", "datatable_bulk_download")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuandlTable:
    """
    A table in an answer, and what stands beside it.

    Attributes:
        facts: the fields beside the rows.
        is_dataset: whether the shape says that it is one series with its dates first; CSV does not say.
        cursor: where the next page begins, if there is one.

    """

    table: Table
    facts: Mapping[str, Any] = field(default_factory=dict)
    is_dataset: bool = False
    cursor: str | None = None


def read_document(body: bytes) -> dict[str, Any] | QuandlTable:
    """
    Read a body by its own first character: JSON and XML as an object, CSV as a table; an error in CSV is an object too.

    Raises:
        AnswerNotUnderstood: it is none of these.
        AnswerTruncated: it is, but ends too early.

    """
    text = read_text(body)
    start = text.lstrip()[:1]
    if start in "{[":
        return read_object(text)
    return _xml(text) if start == "<" else _csv(text)


def find_table(document: dict[str, Any]) -> QuandlTable:
    """
    Find the rows in an object.

    Raises:
        AnswerNotUnderstood: there are none; the sentence says what there is instead.

    """
    for shape in ("dataset", "dataset_data"):
        if isinstance(document.get(shape), dict):
            return _dataset(document[shape])
    if isinstance(document.get("datatable"), dict):
        return _datatable(document["datatable"], document.get("meta"))
    if "column_names" in document:
        return _dataset(document)
    listed = next((name for name in _LISTS if name in document), None)
    if listed:
        raise AnswerNotUnderstood(f"The answer is a list or description ({listed}), not a series.")
    raise AnswerNotUnderstood(f"The answer is JSON of another shape, with the fields {', '.join(map(repr, list(document)[:5])) or 'none'}.")


def _dataset(fields: dict[str, Any]) -> QuandlTable:
    if "data" not in fields:
        raise AnswerNotUnderstood("The answer describes a dataset but holds no data.")
    names, rows = fields.get("column_names"), fields["data"]
    if not isinstance(names, list) or not names or not all(isinstance(name, str | None) for name in names):
        raise AnswerNotUnderstood("The answer's column_names are not a list of names.")
    facts = {name: value for name, value in fields.items() if name not in ("data", "column_names")}
    return QuandlTable(table=Table(names=tuple(name or "" for name in names), rows=_rows(rows)), facts=facts, is_dataset=True)


def _datatable(fields: dict[str, Any], meta: Any) -> QuandlTable:
    columns = fields.get("columns")
    if "data" not in fields:
        raise AnswerNotUnderstood("The answer describes a datatable but holds no data.")
    if not isinstance(columns, list) or not all(isinstance(column, dict) and isinstance(column.get("name"), str) for column in columns):
        raise AnswerNotUnderstood("The answer's columns are not a list of names and types.")
    types = tuple(str(column.get("type", "")) for column in columns)
    table = Table(names=tuple(column["name"] for column in columns), rows=_rows(fields["data"]), types=types if all(types) else ())
    cursor = meta.get("next_cursor_id") if isinstance(meta, dict) else None
    return QuandlTable(table=table, cursor=str(cursor) if cursor else None)


def _rows(rows: Any) -> Sequence[Sequence[Any]]:
    if not isinstance(rows, list):
        raise AnswerNotUnderstood(f"The answer's data are {'null' if rows is None else type(rows).__name__} where a list of rows must be.")
    if not set(map(type, rows)) <= {list}:
        odd = next(i for i, row in enumerate(rows, 1) if not isinstance(row, list))
        raise AnswerNotUnderstood(f"Row {odd} is not a list of cells.")
    return rows


def _csv(text: str) -> dict[str, Any] | QuandlTable:
    names, *rows = csv_lines(text)
    if [name.casefold() for name in names[:2]] == ["code", "message"] and rows and _ERROR_CODE.fullmatch(rows[0][0]):
        return {"quandl_error": {"code": rows[0][0], "message": ",".join(rows[0][1:])}}
    ended = text[-1] in "\r\n"
    _check_header(names, rows, ended=ended)
    if rows and not ended and not rows[-1][-1]:
        raise AnswerTruncated("The answer is CSV that ends behind a comma.")
    return QuandlTable(table=Table(names=tuple(names), rows=rows, decimals=".", ended=ended))


def _check_header(names: Sequence[str], rows: Sequence[Sequence[str]], *, ended: bool) -> None:
    if "dataset_code" in names:
        raise AnswerNotUnderstood("The answer is a list of datasets, not a series.")
    if any(map(DAY.fullmatch, names)):
        raise AnswerNotUnderstood("The answer is CSV without a line of column names.")
    if not rows and not any(map(DATE_WORD.search, names)):
        raise AnswerNotUnderstood("The answer is text, but neither JSON, XML nor CSV with a date column.")
    if not rows and not ended:
        raise AnswerTruncated("The answer is CSV that ends inside its line of column names.")
    if len(names) == 1 and any(mark in names[0] for mark in ";\t"):
        raise AnswerNotUnderstood("The answer's columns are separated by something other than commas.")


def _xml(text: str) -> dict[str, Any]:
    from xml.etree import ElementTree as ET

    if "<quandl-response" not in text[:500] or "<!DOCTYPE" in text:
        page = "an HTML page" if "<html" in text[:2000].casefold() else "XML of another kind"
        raise AnswerNotUnderstood(f"The answer is {page}.")
    try:
        root = ET.fromstring(text)  # noqa: S314 - without a document type there are no entities to expand
    except ET.ParseError as exc:
        if "</quandl-response>" not in text:
            raise AnswerTruncated("The answer is XML that ends too early.") from exc
        raise AnswerNotUnderstood(f"The answer is not XML: {exc}.") from exc
    return {_name(part): {_name(child): _xml_value(child) for child in part} for part in root}


def _xml_value(element: Any) -> Any:
    if element.tag == "data":
        return [[_xml_cell(cell) for cell in row] for row in element]
    return [_xml_cell(child) for child in element] if element.get("type") == "array" else _xml_cell(element)


def _xml_cell(element: Any) -> Any:
    text, kind = element.text or "", element.get("type")
    if element.get("nil") == "true":
        return None
    if kind == "boolean":
        return text == "true"
    try:
        return orjson.loads(text) if kind in ("integer", "float") else text
    except orjson.JSONDecodeError:
        return text


def _name(element: Any) -> str:
    name: str = element.tag.replace("-", "_")
    return name
