"""Days and moments as options."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.observations import Label

_DAY_LENGTH = len("2009-01-30")


def parse_label(text: str | None, field: str) -> Label | None:
    """Read a day, or a moment with its offset; raises InvalidInput."""
    from domain.vintages import parse_moment

    if text is None:
        return None
    moment = parse_moment(text, field=field)
    return moment.date() if len(text) == _DAY_LENGTH else moment
