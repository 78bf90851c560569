r"""
Eurostat's TSV: one line for each series, one column for each period; a flag may follow a value.

::

    freq,unit,geo\TIME_PERIOD<tab>2022 <tab>2023
    A,PC,DE<tab>1.5 p<tab>:
"""

from __future__ import annotations

from adapters.provider_kit.parsing.collector import Flow, Parts, SeriesCollector
from adapters.provider_kit.parsing.flag_codes import code_of
from domain.errors import AnswerNotUnderstood, AnswerTruncated

_FLAG = "OBS_FLAG"
_MARKS = ("\\TIME_PERIOD\t", "\\time\t")


def is_tsv(text: str) -> bool:
    """Return whether a text is Eurostat TSV."""
    return any(mark in text.partition("\n")[0] for mark in _MARKS)


def read_tsv(text: str, flow: str) -> SeriesCollector:
    """
    Collect the series of a table.

    Raises:
        AnswerNotUnderstood: a line has more or fewer cells than the first.
        AnswerTruncated: the last line is cut off.

    """
    header, *lines = text.splitlines()
    first, *periods = header.split("\t")
    names = first.rpartition("\\")[0].split(",")
    collector = SeriesCollector()
    collector.was_data = True
    named = Flow(name=flow)
    for number, line in enumerate(lines, 1):
        key, *cells = line.split("\t")
        values = key.split(",")
        if len(values) != len(names) or len(cells) != len(periods):
            if number == len(lines) and not text.endswith("\n"):
                raise AnswerTruncated(f"The answer ends in the middle of row {number}.")
            raise AnswerNotUnderstood(f"Row {number} does not fit the first line.")
        series = collector.series(named, Parts(dimensions=dict(zip(names, values, strict=True))))
        for period, cell in zip(periods, cells, strict=True):
            value, _, flag = ("", "", cell) if cell.startswith(":") else cell.partition(" ")
            series.add(period.strip(), value, flag=code_of(_FLAG, flag))
    return collector
