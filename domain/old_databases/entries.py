"""What an entry of the table of old Quandl databases says: who answers its codes today, or why nobody does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.codes import DatasetCode

#: In place of a provider's column: the only one that its answer has.
ONLY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    Codes of an old database that one provider answers.

    Attributes:
        pattern: a regular expression that the whole dataset code matches.
        provider: the name of the provider.
        code: the provider's own code, with ``{}`` for each group of the pattern.
        columns: the old names, in the old order, each with the provider's name of the column, or nothing if nobody has it.
            Without any, the columns are the provider's own.
        names: what a group stands for at the provider, where that is not the group itself.
        underscore: what the underscores of a group stand for.
        in_small_letters: whether the provider writes groups in small letters.
        date_column: the old name of the dates.
        may_lack: whether answers without some of the columns are complete.
        note: what else differs from the old data.
        example: an old code, without its database.

    """

    pattern: str
    provider: str
    code: str
    example: str
    columns: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    underscore: str = "_"
    in_small_letters: bool = False
    date_column: str = "Date"
    may_lack: bool = False
    note: str = ""

    @property
    def answered(self) -> tuple[str, ...]:
        """The old columns that are answered, in the old order."""
        return tuple(old for old, own in self.columns.items() if own)

    def own_code(self, dataset: str) -> DatasetCode | None:
        """Return the provider's code of an old dataset code, or None if it does not answer it."""
        match = re.fullmatch(self.pattern, dataset)
        return DatasetCode.parse(self.code.format(*map(self._own_part, match.groups()))) if match else None

    def _own_part(self, part: str) -> str:
        own = self.names.get(part) or part.replace("_", self.underscore)
        return own.lower() if self.in_small_letters else own


@dataclass(frozen=True, slots=True, kw_only=True)
class OldDatabase:
    """
    A database that Quandl had.

    Attributes:
        code: the database code.
        title: for people.
        answers: who answers which of its codes; of several for one code, the first that can be asked.
        reason: one sentence: why its other codes are not answered.
        unanswered: a code that is not answered, without the database; empty where all are.

    """

    code: str
    title: str
    answers: tuple[Answer, ...] = ()
    reason: str = ""
    unanswered: str = ""
