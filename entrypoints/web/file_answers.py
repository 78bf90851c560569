"""Answers to what a file leaves open, as buttons: each says what the cell in question would mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from entrypoints.web import words

if TYPE_CHECKING:
    from domain.ports import FilePreview

#: What a form calls the button that was pressed.
ANSWER = "answer"
_ORDERS = {
    "%d{0}%m{0}%Y": "day first",
    "%m{0}%d{0}%Y": "month first",
    "%d{0}%m{0}%y": "day first",
    "%m{0}%d{0}%y": "month first",
    "%y{0}%m{0}%d": "year first",
}
_TIMES = ("", " %H:%M", " %H:%M:%S")
_GROUPED = re.compile(r"([-+]?[0-9]{1,3})([.,'])([0-9]{3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An option with the value that it would have."""

    says: str
    option: str
    value: str

    @property
    def sent(self) -> str:
        """What the form sends."""
        return f"{self.option}={self.value}"


def answers(found: FilePreview) -> list[Answer]:
    """Return what the cell in question may mean, in words; none where that cannot be told from the cell alone."""
    rows = [row for row in found.rows if found.row is not None and row.number == found.row]
    if not rows or found.cell is None or found.cell >= len(rows[0].cells):
        return []
    text = rows[0].cells[found.cell].strip()
    possible = [*_dates(text)] if "date_format" in found.options else [*_numbers(text)] if "decimal" in found.options else []
    return possible if len(possible) > 1 else []


def _dates(text: str) -> Iterator[Answer]:
    mark = re.search("[-/. ]", text)
    if mark is None:
        return
    for order, says in _ORDERS.items():
        for time in _TIMES:
            form = order.format(mark[0]) + time
            with suppress(ValueError):
                read = datetime.strptime(text, form)  # noqa: DTZ007 - a cell has no time zone
                yield Answer(says=f"{words.day(read.date(), long=True)}: {says}", option="date_format", value=form)


def _numbers(text: str) -> Iterator[Answer]:
    match = _GROUPED.fullmatch(text)
    if match:
        whole, mark, rest = match.groups()
        if mark != "'":
            yield Answer(says=f"{words.number(float(f'{whole}.{rest}'), 3)}: a decimal mark", option="decimal", value=mark)
        yield Answer(says=f"{words.number(float(whole + rest))}: a mark between thousands", option="thousands", value=mark)


def with_answer(form: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of a form with the option that the pressed button sets."""
    option, _, value = form.get(ANSWER, "").partition("=")
    given = {name: text for name, text in form.items() if name != ANSWER}
    return {**given, option: value} if option else given
