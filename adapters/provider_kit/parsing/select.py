"""Selection of the series in an answer that a code names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound, InvalidCode
from domain.observations import Observations
from domain.ports import ParsedSeries
from domain.series import Metadata

_NO_PART = re.compile(r"[^A-Za-z0-9._\-+:^=@,$~!()|/]")
_MOST_CHARACTERS = 200
_MOST_SHOWN = 5
_NOTHING: Mapping[str, str] = {}


def one_state(
    code: DatasetCode,
    metadata: Metadata,
    state: Observations,
    left_out: tuple[str, ...] = (),
    *,
    dialect: Mapping[str, str] = _NOTHING,
) -> ParsedSeries:
    """Return a series with one state and no publication date."""
    return ParsedSeries(code=code, metadata=metadata, vintages=[(None, state)], left_out=left_out, dialect=dialect)


def code_for(database: str, *parts: str) -> DatasetCode:
    """
    Build a code from a provider's names; invalid characters become ``_``.

    Raises:
        AnswerNotUnderstood: no name is left.

    """
    words = [_NO_PART.sub("_", segment) for part in parts for segment in part.split("/") if segment not in ("", ".", "..")]
    try:
        return DatasetCode(database, "/".join(words)[:_MOST_CHARACTERS].rstrip("/"))
    except InvalidCode as exc:
        raise AnswerNotUnderstood("A series in the answer has no name.") from exc


def select_series(series: Sequence[ParsedSeries], code: DatasetCode | None, *, exact: bool = False) -> Sequence[ParsedSeries]:
    """
    Return the series of this code, or all.

    Args:
        exact: whether a single series must have the code, too; else it is taken to be the one that was asked for.

    Raises:
        DatasetNotFound: there are no series.
        AnswerNotUnderstood: none or several of the series have this code; the message lists them.

    """
    if code is None:
        _check_unique(series)
        return series
    if not series:
        raise DatasetNotFound(f"The provider has nothing under {code}.")
    found = series if len(series) == 1 and not exact else [one for one in series if str(one.code).casefold() == str(code).casefold()]
    if len(found) != 1:
        raise many_series(series, code)
    return [replace(found[0], code=code)]


def many_series(series: Sequence[ParsedSeries], code: DatasetCode) -> AnswerNotUnderstood:
    """Return the error for a code that is ambiguous; its message lists the series."""
    names = [str(one.code) for one in series]
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return AnswerNotUnderstood(
        f"The answer holds {len(names)} series, and {code} does not tell which is meant: {', '.join(names[:_MOST_SHOWN])}{more}.",
        hint="Ask for one of them by its code.",
    )


def _check_unique(series: Sequence[ParsedSeries]) -> None:
    twice = [code for code, count in Counter(one.code for one in series).items() if count > 1]
    if twice:
        raise AnswerNotUnderstood(f"Several series in the answer would have the code {twice[0]}.")
