"""Which gates are set: for all series of a provider, and for one series."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches

from domain.errors import InvalidInput
from domain.gates.cells import Gate

#: Of robust deviations; fewer would refuse the half of all changes.
LEAST, MOST = 1.0, 10_000.0
NONE = "none"
_NAMES = frozenset(Gate)
_FORM = f"write gates such as deviations=8,scale,frequency, or {NONE}"
WRONG_DEVIATIONS = f"deviations must be from {LEAST:g} to {MOST:g}, or 0 for none."
_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """
    The gates that answers have to pass.

    Attributes:
        deviations: how many robust deviations a change may be away from the usual one; 0 is off.
        scale, frequency: whether these may not change.

    """

    deviations: float = 0.0
    scale: bool = False
    frequency: bool = False

    def __post_init__(self) -> None:
        """Raise InvalidInput if a number of deviations is none that separates."""
        check_deviations(self.deviations)

    @classmethod
    def parse(cls, text: str, *, field: str) -> Gates:
        """Read a list such as ``deviations=8,scale,frequency``, or ``none``; raises InvalidInput."""
        words = [] if text.strip().lower() == NONE else [word.strip() for word in text.lower().split(",")]
        given: dict[str, float | bool] = {}
        for word in words:
            name, is_number, number = (part.strip() for part in word.partition("="))
            if name in given or name not in _NAMES or bool(is_number) is not (name == Gate.DEVIATIONS):
                raise InvalidInput(f"{field} is not valid: {_FORM}.{_nearest(name, given)}", field=field)
            given[name] = _number(number, field=field) if is_number else True
        return cls(**given)  # type: ignore[arg-type]  # numbers and flags by their names

    def __str__(self) -> str:
        """Return the text that is read as these gates."""
        return ",".join(self._words()) or NONE

    def _words(self) -> Iterator[str]:
        if self.deviations:
            yield f"{Gate.DEVIATIONS}={self.deviations:g}"
        yield from (gate for gate in (Gate.SCALE, Gate.FREQUENCY) if getattr(self, gate))


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesGates:
    """The gates that are set for one series; None is as its provider has it, and ``deviations`` of 0 is off."""

    deviations: float | None = None
    scale: bool | None = None
    frequency: bool | None = None

    def __post_init__(self) -> None:
        """Raise InvalidInput if a number of deviations is none that separates."""
        if self.deviations is not None:
            check_deviations(self.deviations)

    def given(self) -> Mapping[str, float | bool]:
        """Return what is set, by name."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def over(self, of_provider: Gates) -> Gates:
        """Return the gates that hold for the series."""
        return replace(of_provider, **self.given())  # type: ignore[arg-type]  # numbers and flags by their names


def check_deviations(number: float) -> None:
    """Raise InvalidInput unless it is a number of robust deviations, or 0."""
    if number and not LEAST <= number <= MOST:
        raise InvalidInput(WRONG_DEVIATIONS, field="deviations")


def _number(text: str, *, field: str) -> float:
    try:
        number = float(text)
        check_deviations(number)
    except ValueError as error:
        raise InvalidInput(f"{field} is not valid: {text[:_SHOWN]!r} is no number of deviations; {_FORM}.", field=field) from error
    except InvalidInput as error:
        raise InvalidInput(f"{field} is not valid: {error.message}", field=field) from error
    return number


def _nearest(name: str, given: Mapping[str, object]) -> str:
    if name in given:
        return f" {name} is named twice."
    near = get_close_matches(name, list(Gate), n=1)
    return f" {near[0]} is nearest to {name[:_SHOWN]!r}." if near and near[0] != name else ""
