"""
The series in an answer of Quandl, each under its code.

A dataset is one series. A datatable holds many: ``VENDOR/TABLE.KEY`` is the one whose rows have KEY in the column ``code``,
or in the first column of text where none is called so; ``VENDOR/TABLE`` is the whole table, if no date stands in it twice.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np

from adapters.provider_kit.parsing.select import check_named
from adapters.provider_kit.parsing.tables import Columns, read_columns
from adapters.provider_kit.text import storable
from adapters.providers.quandl.answers import QuandlTable
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound, InvalidCode
from domain.frequency import Frequency
from domain.observations import Observations
from domain.ports import ParsedSeries
from domain.series import Metadata

logger = logging.getLogger(__name__)

_DATASET_PATH = re.compile(r"/datasets/([^/]+)/([^/]+?)(?:/(?:data|metadata))?(?:\.(?:json|csv|xml))?/?$")
_TABLE_PATH = re.compile(r"/datatables/([^/]+)/([^/]+?)(?:\.(?:json|csv|xml))?/?$")
_UNNAMED = DatasetCode("QUANDL", "UNNAMED")
_UNNAMED_TABLE = DatasetCode("QDL", "TABLE")
_NO_LETTER = re.compile("[^A-Za-z0-9]")
_LASTING = ("id", "database_id", "type", "premium", "display_url")


def read_series(found: QuandlTable, code: DatasetCode | None, url: str) -> Sequence[ParsedSeries]:
    """
    Return the series of this code, or all of them.

    Args:
        code: None for all. Where the answer and its URL name none, a dataset is called ``QUANDL/UNNAMED`` and the
            series of a table ``QDL/TABLE.KEY``.

    Raises:
        AnswerNotUnderstood: a code names a table in which dates repeat, or the answer another dataset.
        DatasetNotFound: the table has no rows with this key.

    """
    path = urlsplit(url).path
    in_table = "/datatables/" in path or bool(found.table.types)
    columns = read_columns(found.table, date_first=found.is_dataset)
    if found.is_dataset or not (in_table or columns.at or (columns.keys and columns.has_repeated_dates)):
        if code:
            _check_code(found.facts, code)
        named = code or _code_in(found.facts) or _code_from(_DATASET_PATH, path) or _UNNAMED
        return [_parsed(named, columns, columns.observations(), found.facts)]
    if code is None:
        return _every_series(columns, _code_from(_TABLE_PATH, path) or _UNNAMED_TABLE)
    return [_parsed(code, columns, _chosen(columns, code), found.facts)]


def many_series(columns: Columns, code: DatasetCode) -> AnswerNotUnderstood:
    """Return the error for a table in which dates repeat; its hint names one of its series."""
    some = ", ".join(f"{code}.{key}" for key in sorted(set(columns.keys))[:5])
    return AnswerNotUnderstood(
        f"{code} is a table of many series: its dates repeat.", hint=f"Ask for one of them, as {some} …" if some else ""
    )


def _chosen(columns: Columns, code: DatasetCode) -> Observations:
    _, _, key = code.dataset.partition(".")
    if key and (columns.keys or not len(columns.dates)):
        rows = np.flatnonzero(np.array(columns.keys, dtype=object) == key)
        if not len(rows):
            raise DatasetNotFound(f"The table has no rows with the key {key!r}.", hint="The key stands behind the table's first dot.")
        return columns.observations(rows)
    if not columns.has_repeated_dates:
        return columns.observations()
    raise many_series(columns, code)


def _every_series(columns: Columns, table: DatasetCode) -> Sequence[ParsedSeries]:
    if not columns.keys:
        return [_parsed(table, columns, columns.observations(), {})]
    series = []
    for key, rows in columns.rows_by_key().items():
        try:
            code = DatasetCode(table.database, f"{table.dataset}.{key}" if key else "")
        except InvalidCode:
            logger.warning("key left out", extra={"table": str(table), "key": key, "reason": "it cannot stand in a code"})
            continue
        series.append(_parsed(code, columns, columns.observations(rows), {}))
    if not series:
        raise AnswerNotUnderstood("None of the table's keys can stand in a code.")
    return series


def _parsed(code: DatasetCode, columns: Columns, observations: Observations, facts: Mapping[str, Any]) -> ParsedSeries:
    metadata = Metadata(
        name=_text(facts.get("name")),
        description=_text(facts.get("description")),
        frequency=next((known for known in Frequency if known == facts.get("frequency")), None),
        column_units=columns.units,
        source=_text(facts.get("source_name")),
        date_column=storable(columns.date_column),
        extra={name: _fact(facts[name]) for name in _LASTING if isinstance(facts.get(name), str | int | bool)},
    )
    left_out = tuple(map(storable, columns.left_out))
    return ParsedSeries(code=code, metadata=metadata, vintages=[(None, observations)], left_out=left_out, dialect=columns.dialect)


def _text(value: Any) -> str:
    return storable(value) if isinstance(value, str) else ""


def _fact(value: str | int) -> str | int:
    return storable(value) if isinstance(value, str) else value


def _check_code(facts: Mapping[str, Any], code: DatasetCode) -> None:
    """Check that a dataset is the one that was asked for; Quandl spelt other characters than letters and digits as underscores."""
    for said, asked in zip(_names(facts), (code.database, code.dataset), strict=True):
        if isinstance(said, str):
            check_named(_NO_LETTER.sub("_", said), _NO_LETTER.sub("_", asked))


def _names(facts: Mapping[str, Any]) -> tuple[Any, Any]:
    return facts.get("database_code") or facts.get("source_code"), facts.get("dataset_code") or facts.get("code")


def _code_in(facts: Mapping[str, Any]) -> DatasetCode | None:
    database, dataset = _names(facts)
    return _code(database, dataset) if isinstance(database, str) and isinstance(dataset, str) else None


def _code_from(pattern: re.Pattern[str], path: str) -> DatasetCode | None:
    match = pattern.search(path)
    return _code(unquote(match[1]), unquote(match[2])) if match else None


def _code(database: str, dataset: str) -> DatasetCode | None:
    try:
        return DatasetCode(database, dataset)
    except InvalidCode:
        return None
