"""The Bank of Japan's own JSON: each series has a list of dates, written as plain numbers, and a list of values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from adapters.provider_kit.parsing.collector import Flow, Parts, SeriesCollector
from adapters.provider_kit.statistics.flows import named_flow, stated_flow
from domain.errors import AnswerNotUnderstood

_HALF = re.compile(r"([0-9]{4})0([12])")
_YEAR = re.compile(r"[0-9]{4}")
_FISCAL = ("ANNUAL(MAR)", "SEMIANNUAL(SEP)")
_SHOWN = 40


def read_result_set(document: Mapping[str, Any], flow: str) -> SeriesCollector:
    """
    Collect the series of a result set.

    Raises:
        AnswerNotUnderstood: it only describes series, or has another structure.

    """
    parameter = document.get("PARAMETER")
    stated = document.get("DB") or (parameter.get("DB") if isinstance(parameter, dict) else None)
    database = named_flow(flow, stated_flow(stated, is_dataflow=True)) if isinstance(stated, str) and stated else Flow(name=flow)
    collector = SeriesCollector()
    try:
        for found in document["RESULTSET"]:
            if "VALUES" in found:
                _read(collector, database, found)
    except (LookupError, TypeError, ValueError, AttributeError) as exc:
        raise AnswerNotUnderstood(f"The answer is a result set of another shape ({type(exc).__name__}).") from exc
    if document["RESULTSET"] and not collector.was_data:
        raise AnswerNotUnderstood("The answer describes series but holds no values.")
    return collector


def _read(collector: SeriesCollector, flow: Flow, found: Mapping[str, Any]) -> None:
    collector.was_data = True
    frequency = str(found.get("FREQUENCY", ""))
    facts = {
        "TITLE": found.get("NAME_OF_TIME_SERIES"),
        "UNIT": found.get("UNIT"),
        "FREQ": frequency,
        "REPORTING_YEAR_START_DAY": _year_start(frequency.upper()),
    }
    told = {name: value for name, value in facts.items() if isinstance(value, str)}
    series = collector.series(flow, Parts(dimensions={"SERIES_CODE": str(found["SERIES_CODE"])}, facts=told))
    for date, value in zip(found["VALUES"]["SURVEY_DATES"], found["VALUES"]["VALUES"], strict=True):
        series.add(_period(str(date), frequency.upper()), value)


def _period(date: str, frequency: str) -> str:
    """Return a date as a period of its frequency: 202402 is February, the second quarter or the second half-year."""
    if frequency.startswith("QUARTERLY"):
        return f"{date[:4]}-Q{date[4:].lstrip('0')}"
    half = _HALF.fullmatch(date)
    if frequency.startswith("SEMIANNUAL") and half:
        return f"{half[1]}-S{half[2]}"
    return f"{date}-A1" if frequency.startswith("ANNUAL") and _YEAR.fullmatch(date) else date


def _year_start(frequency: str) -> str:
    """Return when the year of ``ANNUAL(MAR)`` or ``SEMIANNUAL(SEP)`` begins: on 1 April, as all of Japan's fiscal years."""
    if frequency.startswith(("ANNUAL(", "SEMIANNUAL(")) and frequency not in _FISCAL:
        raise AnswerNotUnderstood(f"The answer holds periods of {frequency[:_SHOWN]!r}, of which nobody says when they begin.")
    return "--04-01" if frequency in _FISCAL else ""
