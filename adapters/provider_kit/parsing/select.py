"""Which of the series in an answer a code means."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound, InvalidCode
from domain.observations import Observations
from domain.ports import ParsedSeries
from domain.series import Metadata

_NO_PART = re.compile(r"[^A-Za-z0-9._\-+:^=@,$~!()|/]")
_MOST_CHARACTERS = 200
_MOST_SHOWN = 5


def one_state(code: DatasetCode, metadata: Metadata, state: Observations, left_out: tuple[str, ...] = ()) -> ParsedSeries:
    """Return a series of which an answer holds one state without a label."""
    return ParsedSeries(code=code, metadata=metadata, vintages=[(None, state)], left_out=left_out)


def code_for(database: str, *parts: str) -> DatasetCode:
    """
    Make a code of a provider's own words; what cannot stand in a code becomes ``_``.

    Raises:
        AnswerNotUnderstood: nothing is left of them.

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
        exact: whether an only series must have the code; else it is the one that was asked for, however it is spelt.

    Raises:
        DatasetNotFound: there is no series, but one is wanted.
        AnswerNotUnderstood: several have, or none of several has this code; the message lists what there is.

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
    """Say that a code does not tell which of several series is meant, and which there are."""
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
