"""Selection of the series in an answer that a code names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from adapters.provider_kit.text import storable
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


def select_series(series: Sequence[ParsedSeries], code: DatasetCode | None) -> Sequence[ParsedSeries]:
    """
    Return the series of this code in any case, or all.

    Raises:
        DatasetNotFound: there are no series.
        AnswerNotUnderstood: none or several of the series have this code; the message lists them.

    """
    if code is None:
        _check_unique(series)
        return series
    if not series:
        raise DatasetNotFound(f"The provider has nothing under {code}.")
    found = [one for one in series if str(one.code).casefold() == str(code).casefold()]
    if len(found) != 1:
        raise many_series(series, code) if len(series) > 1 else another_series(str(series[0].code), str(code))
    return [replace(found[0], code=code)]


def check_named(named: object, asked: str) -> None:
    """
    Check that an answer is of what was asked for: its name for it in any case, or none.

    Raises:
        AnswerNotUnderstood: it names another.

    """
    if isinstance(named, str) and named and named.casefold() != asked.casefold():
        raise another_series(named, asked)


def another_series(named: str, asked: str) -> AnswerNotUnderstood:
    """Return the error for an answer that names another series than was asked for."""
    return AnswerNotUnderstood(
        f"The answer is of {storable(named[:_MOST_CHARACTERS])}, but {asked} was asked for.",
        hint="Check the code at the provider: it may have renamed the series.",
    )


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
