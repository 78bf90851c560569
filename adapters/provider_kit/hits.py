"""Search hits from what providers say: texts on one line and of bounded length, codes that can be stored, days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from adapters.provider_kit.text import text_of
from domain.codes import DatasetCode
from domain.errors import InvalidCode
from domain.frequency import Frequency
from domain.searching import SearchHit

_LONGEST, _LONGEST_DESCRIPTION = 300, 500
_DAY = len("2024-01-31")


def search_hit(  # noqa: PLR0913 - what a provider may say
    database: str,
    dataset: Any,
    name: Any,
    *,
    description: Any = "",
    frequency: Frequency | None = None,
    unit: Any = "",
    first: Any = "",
    last: Any = "",
    is_series: bool = True,
    lists_series: bool = False,
    hint: str = "",
) -> SearchHit | None:
    """
    Return a hit; None if the provider's own code cannot be one of lanner's.

    Args:
        dataset, name, description, unit: texts; anything else counts as missing.
        first, last: days that begin as ISO dates do; anything else counts as missing.

    """
    try:
        code = DatasetCode(database, text_of(dataset))
    except InvalidCode:
        return None
    return SearchHit(
        code=code,
        name=_line(name, _LONGEST) or code.dataset,
        description=_line(description, _LONGEST_DESCRIPTION),
        frequency=frequency,
        unit=_line(unit, _LONGEST),
        first=day_in(first),
        last=day_in(last),
        is_series=is_series,
        lists_series=lists_series,
        hint=hint,
    )


def only_hits(found: Iterable[SearchHit | None]) -> Sequence[SearchHit]:
    """Return the hits that there are, of each code the first."""
    hits: dict[DatasetCode, SearchHit] = {}
    for hit in filter(None, found):
        hits.setdefault(hit.code, hit)
    return list(hits.values())


def day_in(text: Any) -> date | None:
    """Return the day at the beginning of a text such as ``2024-01-31T00:00:00Z``; None if there is none."""
    try:
        return date.fromisoformat(text[:_DAY]) if isinstance(text, str) else None
    except ValueError:
        return None


def _line(value: Any, longest: int) -> str:
    line = " ".join(text_of(value).split())
    return line if len(line) <= longest else line[:longest].rstrip() + "…"
