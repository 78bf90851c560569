"""The options of own files as the controls of a form; ``docs/own-files.md`` says what each means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from domain.errors import InvalidInput

_MOST_DIGITS = 6


class Control(StrEnum):
    """How an option is entered."""

    TEXT = "text"
    LINES = "lines"
    NUMBER = "number"
    CHOICE = "choice"
    FLAG = "flag"
    SHEET = "sheet"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOption:
    """
    An option.

    Attributes:
        says: what it decides.
        example: shown in an empty field.
        choices: what the form sends → the value.

    """

    name: str
    says: str
    control: Control = Control.TEXT
    example: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)

    def read(self, text: str) -> Any:
        """Return the value that a form sends, None for nothing; raises InvalidInput."""
        if not text.strip():
            return None
        if self.control is Control.LINES:
            return [line.strip() for line in text.splitlines() if line.strip()]
        if self.control is Control.NUMBER:
            return self._number(text.strip())
        if self.control is Control.CHOICE:
            if text not in self.choices:
                raise InvalidInput(f"{self.name} must be one of {', '.join(self.choices)}.", field=self.name)
            return self.choices[text]
        if self.control is Control.FLAG:
            return True
        bare = text.strip()
        return int(bare) if self.control is Control.SHEET and bare.isdecimal() and len(bare) <= _MOST_DIGITS else bare

    def _number(self, text: str) -> int:
        if not text.isdecimal() or len(text) > _MOST_DIGITS:
            raise InvalidInput(f"{self.name} must be a whole number from 0.", field=self.name)
        return int(text)


def _same(*names: str) -> Mapping[str, str]:
    return {name: name for name in names}


OPTIONS = (
    FileOption(name="date_format", says="How dates are written, as strptime has it; excel for day numbers", example="%d/%m/%Y"),
    FileOption(name="decimal", says="The decimal mark", control=Control.CHOICE, choices=_same(".", ",")),
    FileOption(
        name="thousands",
        says="The mark between thousands",
        control=Control.CHOICE,
        choices={"none": "", **_same(",", ".", "'"), "space": " "},
    ),
    FileOption(name="missing", says="Further marks of a missing value, one a line", control=Control.LINES, example="secret"),
    FileOption(name="date_column", says="The name of the column of dates", example="Quarter"),
    FileOption(name="columns", says="The columns of numbers to read, one a line", control=Control.LINES, example="Price"),
    FileOption(name="dates_in", says="Where dates stand", control=Control.CHOICE, choices={"down": "rows", "across": "columns"}),
    FileOption(
        name="frequency",
        says="Of periods of several lengths those to keep",
        control=Control.CHOICE,
        choices=_same("hourly", "daily", "weekly", "monthly", "quarterly", "annual"),
    ),
    FileOption(
        name="anchor",
        says="On which day of its week, month, quarter or year each date stands",
        control=Control.CHOICE,
        choices=_same("first day", "last day", "a day"),
    ),
    FileOption(name="layout", says="Wide, or long: a row for each series and date", control=Control.CHOICE, choices=_same("wide", "long")),
    FileOption(name="key_columns", says="Of a long table the columns that tell series apart", control=Control.LINES, example="region"),
    FileOption(name="value_column", says="Of a long table the column of numbers", example="value"),
    FileOption(
        name="key", says="Of a long table the one series to read, in the order of key_columns", control=Control.LINES, example="North"
    ),
    FileOption(name="sheet", says="A sheet by its name, or its number from 1", control=Control.SHEET, example="Quarterly"),
    FileOption(name="skip_rows", says="How many lines stand before the names", control=Control.NUMBER),
    FileOption(name="header_rows", says="How many rows the names take; 0 for none", control=Control.NUMBER),
    FileOption(name="unit_row", says="The row under the names holds units", control=Control.FLAG),
    FileOption(
        name="delimiter",
        says="What parts the cells of text",
        control=Control.CHOICE,
        choices={**_same(",", ";", "|"), "tab": "\t", "spaces": " "},
    ),
    FileOption(name="encoding", says="Of text, as Python names it", example="cp1250"),
)


def options_of(form: Mapping[str, str]) -> dict[str, Any]:
    """Return the options that a form sets, as ``lanner.toml`` has them; raises InvalidInput."""
    read = {option.name: option.read(form.get(option.name, "")) for option in OPTIONS}
    return {name: value for name, value in read.items() if value is not None}
