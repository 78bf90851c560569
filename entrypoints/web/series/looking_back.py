"""Looking back: the chosen vintage among all of them, and what was revised since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.releases import Release, Releases
from domain.vintages import Vintage
from entrypoints.web import words
from entrypoints.web.series.state import State
from entrypoints.web.series.view import View


@dataclass(frozen=True, slots=True)
class Vintages:
    """
    All vintages of a series in knowledge order, and the position of the one that is shown.

    Attributes:
        position: of the chosen vintage, or of the newest.

    """

    items: Sequence[Vintage]
    position: int

    @classmethod
    def of(cls, items: Sequence[Vintage], shown: Vintage) -> Vintages:
        """Sort vintages, and find the one that is shown."""
        ordered = sorted(items, key=Vintage.knowledge)
        return cls(ordered, next(place for place, each in enumerate(ordered) if each.number == shown.number))

    @property
    def numbers(self) -> str:
        """The numbers of all, for the script that steps through them."""
        return " ".join(str(each.number) for each in self.items)

    @property
    def moments(self) -> str:
        """When each became known, in seconds since 1970."""
        return " ".join(str(int(each.known_at.timestamp())) for each in self.items)

    @property
    def shown(self) -> Vintage:
        """The one that is shown."""
        return self.items[self.position]

    @property
    def earlier(self) -> Vintage | None:
        """The one known just before."""
        return self.items[self.position - 1] if self.position else None

    @property
    def later(self) -> Vintage | None:
        """The one known just after."""
        return self.items[self.position + 1] if self.position + 1 < len(self.items) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """
    What one date was then and is today, in words.

    Attributes:
        then: None where no moment is chosen.
        revised: ``revised by −3.5 points in 10 steps``.

    """

    period: str
    then: str | None
    today: str
    revised: str


def difference(view: View, releases: Releases | None) -> Difference | None:
    """Return the difference at the date that is pointed out; None where there is no value at all."""
    moment = view.date
    today, then = view.value(view.today, moment), view.value(view.then, moment)
    if moment is None or (today is None and then is None):
        return None
    suffix = " %" if view.state.units.is_percent else ""
    history = releases.releases if releases else ()
    return Difference(
        period=words.period(moment, view.series.frequency),
        then=(f"{view.write(then)}{suffix}" if then is not None else "not known") if view.chosen else None,
        today=f"{view.write(today)}{suffix}" if today is not None else "no value",
        revised=_since(view, then, today, history) if view.chosen else _since_first(view, today, history),
    )


def _since(view: View, then: float | None, today: float | None, history: Sequence[Release]) -> str:
    if then is None or today is None:
        return ""
    chosen = view.chosen
    steps = sum(chosen is not None and each.vintage.knowledge() > chosen.knowledge() for each in history)
    if view.write(then) == view.write(today):
        return "not revised since" if not steps else f"the same again after {words.counted(steps, 'step')}"
    return f"revised by {_size(view, then, today)}" + (f" in {words.counted(steps, 'step')}" if steps else "")


def _since_first(view: View, today: float | None, history: Sequence[Release]) -> str:
    if not history or today is None:
        return ""
    first = history[0]
    published = f"first {view.write(first.value)} on {words.known(first.vintage.known_at)}"
    if len(history) == 1:
        return f"{published}, not revised"
    return f"{published}, {_size(view, first.value or 0.0, today)} in {words.counted(len(history) - 1, 'step')}"


def _size(view: View, before: float, after: float) -> str:
    if view.state.units.is_percent:
        return f"{view.write(after - before, sign=True)} points"
    size = view.write(after - before, sign=True)
    return f"{size} ({words.number((after / before - 1) * 100, 1, sign=True)} %)" if before else size


def step_links(vintages: Vintages, state: State) -> dict[str, str | None]:
    """Return the addresses of the vintages beside the one that is shown; the newest is shown without a choice."""

    def address(vintage: Vintage | None) -> str | None:
        if vintage is None:
            return None
        newest = vintage is vintages.items[-1]
        return state.link(vintage=None if newest else vintage.number, as_of=None)

    return {
        "first": address(vintages.items[0]) if vintages.position else None,
        "earlier": address(vintages.earlier),
        "later": address(vintages.later),
        "today": state.link(vintage=None, as_of=None) if state.moment else None,
    }
