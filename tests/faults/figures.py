"""The table that ``make faults`` prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import takewhile


@dataclass
class Figures:
    """What was seen, a line a fault and stack."""

    seed: int
    lines: list[tuple[str, str, str, str]] = field(default_factory=list)

    def add(self, fault: str, promise: str, stack: str, figure: object) -> None:
        self.lines.append((fault, promise, stack, str(figure)))

    def text(self) -> str:
        ordered = sorted(self.lines, key=lambda line: (_number(line[0]), line))
        table = [("fault", "promise", "stack", "figure"), *ordered]
        widths = [max(len(line[column]) for line in table) for column in range(3)]
        rows = ["  ".join((*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[3])) for line in table]
        return "\n".join([rows[0], "-" * max(map(len, rows)), *rows[1:], f"seed {self.seed} (LANNER_TEST_SEED)"])


def _number(fault: str) -> int:
    return int("".join(takewhile(str.isdigit, fault)) or 99)
