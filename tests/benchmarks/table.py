"""The table that ``make bench`` prints: each figure beside its budget, and beside what else could keep the same series."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

ROUNDS = 21


@dataclass(frozen=True)
class Line:
    """
    A figure.

    Attributes:
        limit: the budget, or None where there is none.
        others: the same figure for points in Postgres, a JSON column in Postgres and Parquet bytes.

    """

    what: str
    store: str
    figure: float
    limit: float | None
    others: tuple[float, ...] = ()

    @property
    def missed(self) -> bool:
        return self.limit is not None and self.figure > self.limit


@dataclass
class Table:
    lines: list[Line] = field(default_factory=list)

    def add(self, what: str, store: str, figure: float, limit: float | None = None, *others: float) -> None:
        self.lines.append(Line(what, store, figure, limit, others))

    def missed(self) -> list[str]:
        return [f"{line.what}, {line.store}: {line.figure:.2f} > {line.limit:.2f}" for line in self.lines if line.missed and line.limit]

    def text(self) -> str:
        head = f"{'':<64}{'store':<10}{'lanner':>9}{'at most':>9}{'':>8}{'points':>10}{'JSON':>9}{'Parquet':>9}"
        return "\n".join([head, "-" * len(head), *map(_written, self.lines)])


def _written(line: Line) -> str:
    limit = "" if line.limit is None else f"{line.limit:.2f}"
    verdict = "" if line.limit is None else "MISSED" if line.missed else "ok"
    others = "".join(f"{other:>{width}.2f}" for other, width in zip(line.others, (10, 9, 9), strict=False))
    return f"{line.what:<64}{line.store:<10}{line.figure:>9.2f}{limit:>9}{verdict:>8}{others}".rstrip()


@dataclass
class Ratios:
    """Figures that are to be at least so many times another one of the same run."""

    lines: list[tuple[str, float, float, float]] = field(default_factory=list)

    def add(self, what: str, figure: float, baseline: float, least: float) -> None:
        self.lines.append((what, figure, baseline, least))

    def text(self) -> str:
        head = f"{'':<62}{'figure':>10}{'baseline':>10}{'ratio':>9}{'at least':>10}"
        rows = [
            f"{what:<62}{figure:>10.1f}{baseline:>10.1f}{figure / baseline:>9.2f}{least:>10g}"
            f"{'      ok' if figure / baseline >= least else '  MISSED'}"
            for what, figure, baseline, least in self.lines
        ]
        return "\n".join([head, "-" * len(head), *rows])


def timed(action: Callable[[], object]) -> float:
    """Do it once and return the milliseconds it took."""
    begun = time.perf_counter()
    action()
    return (time.perf_counter() - begun) * 1e3


def least(*measured: Callable[[], float], rounds: int = ROUNDS) -> list[float]:
    """Measure several things in turn, again and again, so that what disturbs one disturbs all; return the least of each."""
    taken = [[measure() for measure in measured] for _ in range(rounds)]
    return [min(column) for column in zip(*taken, strict=True)]
