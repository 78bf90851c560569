"""The tables that ``make faults`` and ``make attack`` print."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass
class Figures:
    """What was seen, a line a fault and stack; the last column has no bounds."""

    headings: tuple[str, ...] = ("fault", "promise", "stack", "figure")
    foot: str = ""
    lines: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        self.lines.append(tuple(map(str, cells)))

    def text(self) -> str:
        ordered = sorted(self.lines, key=lambda line: (_place(line[0]), line))
        table = [self.headings, *ordered]
        widths = [max(len(line[column]) for line in table) for column in range(len(self.headings) - 1)]
        rows = ["  ".join((*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[-1])) for line in table]
        return "\n".join([rows[0], "-" * max(map(len, rows)), *rows[1:], *filter(None, [self.foot])])


def _place(name: str) -> tuple[str, int]:
    """Return by what the line that begins so is sorted: ``B10 …`` comes after ``B9 …``, what has no number last."""
    letter, number = re.match(r"([A-Z]?)(\d*)", name).groups()  # type: ignore[union-attr]
    return letter, int(number or 99)
