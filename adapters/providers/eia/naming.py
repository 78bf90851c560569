"""
Which series of an answer of the EIA a code names, by what the answer says of itself.

A code of the API's first version, ``PET.RWTC.D``, is named by the fields in which the second repeats its parts and by the letter of
its frequency; a route by its frequency and its facets. A field that a row does not have names nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from adapters.provider_kit.parsing.select import another_series, check_named, many_series, select_series
from adapters.provider_kit.text import storable, text_of
from adapters.providers.eia.answers import ApiRoute, rows_in, series_in
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound
from domain.ports import ParsedSeries

Row = Mapping[str, Any]

#: The fields that hold a part of a series' code in the first version, in small letters.
_PARTS = ("series", "seriesid", "msn", "respondent", "fromba", "toba", "stateid", "sectorid", "countryregionid")
_LETTERS = {"a": "annual", "q": "quarterly", "m": "monthly", "w": "weekly", "d": "daily", "h": "hourly", "hl": "local-hourly"}
_ROUTE = 4


def select_named(document: Mapping[str, Any], place: ApiRoute, code: DatasetCode | None) -> Sequence[ParsedSeries]:
    """
    Return the series of this code, or all.

    Raises:
        DatasetNotFound: there are none.
        AnswerNotUnderstood: the answer names others, or several that the code does not tell apart.

    """
    if code is None or isinstance(document.get("series"), list):
        return select_series(series_in(document, place), code)
    rows, said = rows_in(document), text_of(document["response"].get("frequency"))
    if not rows:
        raise DatasetNotFound(f"The EIA has nothing under {code}.")
    parts = code.dataset.split(":", _ROUTE - 1)
    if len(parts) == _ROUTE:
        check_named(said, parts[1] or said)
        named = _with_facets(rows, parts[-1])
    else:
        named = _with_parts(rows, said, code.dataset)
    if not named:
        own = ", ".join(f"{name}={value}" for name, value in rows[0].items() if name != "period" and isinstance(value, str))
        raise another_series(storable(own), str(code))
    series = series_in({"response": {**document["response"], "data": named}}, place)
    if len(series) > 1:
        raise many_series(series, code)
    return [replace(series[0], code=code)]


def _with_facets(rows: Sequence[Row], facets: str) -> Sequence[Row]:
    wanted = [(name, value.casefold()) for name, _, value in (facet.partition("=") for facet in facets.split(",") if facet)]
    return [row for row in rows if all(row.get(name) is None or str(row[name]).casefold() == value for name, value in wanted)]


def _with_parts(rows: Sequence[Row], said: str, series_id: str) -> Sequence[Row]:
    _, _, rest = series_id.casefold().partition(".")
    middle, _, letter = rest.rpartition(".")
    if said.casefold() in _LETTERS.values():
        check_named(said, _LETTERS.get(letter, said))
    if not middle:
        return rows
    known = {middle, *middle.split("."), *re.split(r"[.\-]", middle)}
    return [row for row in rows if all(str(row[name]).casefold() in known for name in row if _is_part(name, row[name]))]


def _is_part(name: str, value: Any) -> bool:
    return name.casefold() in _PARTS and isinstance(value, str) and bool(value)
