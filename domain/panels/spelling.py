"""How a series of a panel is written in one text: its code, then what is said of it, ``FRED/GDP;release=0;lag=P1D``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from domain.errors import InvalidInput
from domain.panels.query import OPTIONS

SERIES_FIELDS = ("column", "name", *OPTIONS, "checked_at")


def read_series(text: str) -> dict[str, str]:
    """
    Read a text as the plain values of a series; ``;`` and ``%`` in a value are written ``%3B`` and ``%25``.

    Raises:
        InvalidInput: a part is not ``name=value``, its name is unknown, or it appears twice.

    """
    code, *parts = text.split(";")
    found = {"code": code}
    for part in parts:
        name, equals, value = part.partition("=")
        if not equals or name not in SERIES_FIELDS or name in found:
            hint = f"After the code stand parts such as ;release=0, each once. There is: {', '.join(SERIES_FIELDS)}."
            raise InvalidInput(f"series has the part {part[:40]!r}, which says nothing.", field="series", hint=hint)
        if value:
            found[name] = unquote(value)
    return found


def write_series(given: Mapping[str, Any]) -> str:
    """Return the text that ``read_series`` reads to these values."""
    others = (f";{name}={_escaped(str(given[name]))}" for name in SERIES_FIELDS if name in given)
    return str(given["code"]) + "".join(others)


def _escaped(value: str) -> str:
    return value.replace("%", "%25").replace(";", "%3B")
