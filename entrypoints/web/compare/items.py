"""The series of a comparison, as its address names them: each a code with its options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from domain.codes import DatasetCode, parse_reference
from domain.errors import InvalidCode, InvalidInput
from entrypoints.rest.http.params import QueryParameters, suggestion
from entrypoints.web.charts.palette import MOST
from entrypoints.web.series.state import Units

_OPTIONS = ("column", "transform", "axis", "colour")

E = TypeVar("E", bound=StrEnum)


class Axis(StrEnum):
    """The axis of a series."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """
    A series, as the address names it.

    Attributes:
        parameter: ``s`` or ``right``, for messages.
        column: its name or its number from 1; the first one if empty.
        units: None for those of all.
        colour: from 1.

    """

    parameter: str
    provider: str | None
    code: DatasetCode
    column: str = ""
    units: Units | None = None
    axis: Axis = Axis.LEFT
    colour: int = 0

    @property
    def reference(self) -> str:
        """The code, with the provider if one is named."""
        return f"{self.provider}:{self.code}" if self.provider else str(self.code)


def parse_items(parameters: QueryParameters) -> Sequence[Item]:
    """Return the series of ``s`` and ``right``, each with its colour; raises InvalidInput, which names the parameter."""
    given = [("s", text) for text in parameters.texts("s")] + [("right", text) for text in parameters.texts("right")]
    if len(given) > MOST:
        raise InvalidInput(f"A comparison has at most {MOST} series; {len(given)} are given.", field="s", hint="Leave some out.")
    return _coloured([_item(parameter, text) for parameter, text in given])


def _item(parameter: str, text: str) -> Item:
    reference, *rest = text.split(";")
    options = _options(parameter, rest)
    try:
        provider, code = parse_reference(reference.strip())
    except InvalidCode as error:
        raise InvalidCode(error.message, field=parameter, hint=error.hint) from error
    axis = Axis.RIGHT if parameter == "right" else Axis.LEFT
    return Item(
        parameter=parameter,
        provider=provider,
        code=code,
        column=options.get("column", ""),
        units=_member(parameter, "transform", options.get("transform"), Units),
        axis=_member(parameter, "axis", options.get("axis"), Axis) or axis,
        colour=_colour(parameter, options.get("colour")),
    )


def _options(parameter: str, texts: Iterable[str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for text in filter(None, texts):
        name, separator, value = text.partition("=")
        if not separator or not value or name not in _OPTIONS:
            message = f"{parameter}: {text[:40]!r} is not an option of a series."
            raise InvalidInput(message, field=parameter, hint=f"Write ;NAME=VALUE. {suggestion(name, _OPTIONS)}")
        if name in found:
            raise InvalidInput(f"{parameter}: {name} is given twice.", field=parameter, hint="Give it once.")
        found[name] = value
    return found


def _member(parameter: str, option: str, text: str | None, kind: type[E]) -> E | None:
    words = [word.value for word in kind]
    if text is not None and text not in words:
        raise InvalidInput(f"{parameter}: {option} must be one of {', '.join(words)}.", field=parameter)
    return kind(text) if text else None


def _colour(parameter: str, text: str | None) -> int:
    if text is not None and text not in map(str, range(1, MOST + 1)):
        raise InvalidInput(f"{parameter}: colour must be a whole number from 1 to {MOST}.", field=parameter)
    return int(text or 0)


def _coloured(items: Sequence[Item]) -> Sequence[Item]:
    colours = _colours([item.colour for item in items])
    return [item if item.colour == colour else replace(item, colour=colour) for item, colour in zip(items, colours, strict=True)]


def _colours(given: Sequence[int]) -> list[int]:
    """Give each series without a colour, which is 0, that of its position, or else the first free one."""
    taken, found = set(given), []
    for position, colour in enumerate(given, 1):
        found.append(colour or next(each for each in (position, *range(1, MOST + 1)) if each not in taken))
        taken.add(found[-1])
    return found


def written(items: Sequence[Item]) -> list[str]:
    """Return series as the address writes them, without the colours that they would get anyhow."""
    colours = _colours([item.colour for item in items])
    needed = [0 if colour == position else colour for position, colour in enumerate(colours, 1)]
    shown = needed if _colours(needed) == colours else colours
    return [_written(item, colour) for item, colour in zip(items, shown, strict=True)]


def _written(item: Item, colour: int) -> str:
    right = item.axis if item.axis is Axis.RIGHT else None
    options = (("column", item.column), ("transform", item.units), ("axis", right), ("colour", colour))
    return item.reference + "".join(f";{name}={value}" for name, value in options if value)
