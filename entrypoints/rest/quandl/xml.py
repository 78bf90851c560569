"""Quandl's documents as XML: the members of JSON with dashes in their names, each with its type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any

from domain.observations import Observations

ROOT = "quandl-response"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_STEP = "  "
_INSTANT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8})(?:\.[0-9]+)?Z")
#: What no XML document may hold, escaped or not.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class XmlRows:
    """The rows of observations, which are written without an object for each value."""

    observations: Observations
    newest_first: bool
    provenance: Sequence[str] | None


def xml_rows(observations: Observations, *, newest_first: bool = False, provenance: Sequence[str] | None = None) -> XmlRows:
    """Return rows for ``xml``."""
    return XmlRows(observations, newest_first, provenance)


def xml(document: Mapping[str, Any], root: str = ROOT) -> bytes:
    """
    Return a document as XML.

    A member ``meta`` beside a list becomes attributes of the list, as pages have them.
    """
    page = {name: value for name, value in (document.get("meta") or {}).items() if name != "query"}
    attributes = "".join(f' {name}="{_text("" if value is None else value)}"' for name, value in page.items())
    lines = [_DECLARATION, f"<{root}>"]
    for name, value in document.items():
        if name != "meta":
            lines += _element(name.replace("_", "-"), value, _STEP, attributes if isinstance(value, list) else "")
    return "\n".join([*lines, f"</{root}>", ""]).encode()


def _element(name: str, value: Any, indent: str, attributes: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        members = [line for each, inner in value.items() for line in _element(each.replace("_", "-"), inner, indent + _STEP)]
        yield from (f"{indent}<{name}>", *members, f"{indent}</{name}>")
    elif isinstance(value, XmlRows | list | tuple):
        items = [*(_rows(value, indent + _STEP) if isinstance(value, XmlRows) else _items(name, value, indent + _STEP))]
        opening = f'{indent}<{name} type="array"{attributes}'
        yield from (f"{opening}>", *items, f"{indent}</{name}>") if items else (f"{opening}/>",)
    else:
        yield indent + _leaf(name, value)


def _items(name: str, values: Iterable[Any], indent: str) -> Iterator[str]:
    item = "datum" if name == "data" else name.removesuffix("s")
    return (line for value in values for line in _element(item, value, indent))


def _leaf(name: str, value: Any) -> str:
    if value is None:
        return f'<{name} nil="true"/>'
    kind, text = _typed(value)
    return f'<{name} type="{kind}">{text}</{name}>' if kind else f"<{name}>{text}</{name}>"


def _typed(value: Any) -> tuple[str, str]:
    """Return the type that Quandl wrote for a value, empty for a text, and the escaped value."""
    if isinstance(value, bool):
        return "boolean", str(value).lower()
    if isinstance(value, int):
        return "integer", str(value)
    if isinstance(value, float):
        return "float", repr(value)
    if isinstance(value, date):
        return "date", value.isoformat()
    instant = _INSTANT.fullmatch(str(value))
    return ("dateTime", f"{instant[1]}Z") if instant else ("", _text(value))


def _rows(rows: XmlRows, indent: str) -> Iterator[str]:
    step = -1 if rows.newest_first else 1
    observations, inside = rows.observations, indent + _STEP
    kind = "date" if observations.unit == "D" else "dateTime"
    labels = list(rows.provenance)[::step] if rows.provenance is not None else None
    for place, (day, values) in enumerate(zip(observations.texts()[::step], observations.values[::step].tolist(), strict=True)):
        yield f'{indent}<datum type="array">'
        yield f'{inside}<datum type="{kind}">{day}</datum>'
        for value in values:
            yield f'{inside}<datum nil="true"/>' if value != value else f'{inside}<datum type="float">{value!r}</datum>'  # noqa: PLR0124 - NaN
        if labels is not None:
            yield f"{inside}<datum>{_text(labels[place])}</datum>"
        yield f"{indent}</datum>"


def _text(value: Any) -> str:
    return escape(_FORBIDDEN.sub("", str(value)))
