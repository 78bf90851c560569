"""Pass an answer through the gates that are set for its series."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from domain.errors import SuspiciousValues, UnknownProvider
from domain.frequency import Frequency
from domain.gates.cells import MOST_CELLS, SuspiciousCell
from domain.gates.deviations import Unusual, beyond_deviations
from domain.gates.rhythm import FrequencyChange, declared_change, shown_change
from domain.gates.scale import Rescaled, rescaled
from domain.gates.settings import Gates
from domain.observations import Observations
from domain.ports import Providers
from domain.series import TimeSeries

#: So many columns of another scale are named by the message.
_MOST_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class Passing:
    """
    What a gate compares: the newest state and the one that would take its place.

    Attributes:
        before: None if it cannot be read.
        after: None if nothing would take its place.
        frequencies: as the metadata have them before and after.

    """

    before: Observations | None
    after: Observations | None
    frequencies: tuple[Frequency | None, Frequency | None]


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A sentence without its stop, and the first of the cells that it is about."""

    sentence: str
    cells: tuple[SuspiciousCell, ...]


def gates_of_provider(series: TimeSeries, providers: Providers) -> Gates:
    """Return the gates that are set for the provider of a series; none if it is not there."""
    try:
        return providers.get(series.provider).gates
    except UnknownProvider:
        return Gates()


def refuse_by_gates(gates: Gates, passing: Passing) -> None:
    """Raise SuspiciousValues, which names the first of the cells, if a gate refuses what passes it."""
    refusals = list(_refusals(gates, passing))
    if refusals:
        sentences = "; ".join(refusal.sentence for refusal in refusals)
        cells = islice((cell for refusal in refusals for cell in refusal.cells), MOST_CELLS)
        raise SuspiciousValues(f"{sentences}; nothing was changed.", cells=tuple(cells))


def _refusals(gates: Gates, passing: Passing) -> Iterator[_Refusal]:
    before, after = passing.before, passing.after
    if gates.frequency:
        change = declared_change(*passing.frequencies)
        if before is not None and after is not None:
            change = shown_change(before, after) or change
        if change:
            yield _of_frequency(change)
    if before is None or after is None:
        return
    if gates.scale:
        found = list(rescaled(before, after))
        yield from map(_of_scale, found[:_MOST_COLUMNS])
        if more := found[_MOST_COLUMNS:]:
            others = "1 more column has" if len(more) == 1 else f"{len(more)} more columns have"
            yield _Refusal(f"{others} another scale", tuple(cell for each in more for cell in each.cells))
    if gates.deviations:
        unusual = beyond_deviations(before, after, gates.deviations)
        if unusual.count:
            yield _of_deviations(gates.deviations, unusual)


def _of_frequency(change: FrequencyChange) -> _Refusal:
    since = f" from {change.cells[0].date} on" if change.cells else ""
    return _Refusal(f"Its observations were {change.before} and are {change.after}{since}", change.cells)


def _of_scale(found: Rescaled) -> _Refusal:
    cell, on = found.cells[0], "date" if found.count == 1 else "dates"
    example = f"{cell.value:g} on {cell.date}, which was {cell.before:g}"
    return _Refusal(f"{found.column} is {_power(found.exponent)} times what it was on {found.count} {on}, such as {example}", found.cells)


def _of_deviations(number: float, unusual: Unusual) -> _Refusal:
    cell, count = unusual.cells[0], unusual.count
    values = "1 value is" if count == 1 else f"{count} values are"
    example = f"{cell.column} of {cell.date}, {cell.value:g} where {cell.low:g} to {cell.high:g} was expected"
    return _Refusal(f"{values} more than {number:g} robust deviations off, {'' if count == 1 else 'such as '}{example}", unusual.cells)


def _power(exponent: int) -> str:
    """Return a power of ten in digits, where these are few."""
    return f"{10.0**exponent:g}" if abs(exponent) <= 4 else f"10^{exponent}"  # noqa: PLR2004 - as in :g
