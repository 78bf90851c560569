"""DiagnoseCode: say whether a code of a script will work, by whom it is answered, and what that needs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.codes import DatasetCode
from domain.errors import InvalidCode
from domain.old_databases import Answer, answers_to, old_databases, reason_against
from domain.ports import Providers
from domain.providers import Provider, Routing

#: In place of a part of a code that is not known.
UNKNOWN = "*"
#: What such a part may stand for.
_SAMPLES = ("AAPL", "USD", "BTC", "AAA", "500325", "USA_NY_GDP_MKTP_CD")
_OLD_FORM = re.compile(r"[A-Z0-9_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """
    What will become of a code.

    Attributes:
        works: whether it is answered; None if that cannot be known.
        provider: who is asked.
        asked: the provider's own code.
        needs: what must be set before it can be asked; empty if nothing.
        columns: the names of the columns, as far as they are known.
        reason: why it does not work, or why that cannot be known.
        note: what differs from the old data.

    """

    works: bool | None
    provider: str = ""
    asked: str = ""
    needs: str = ""
    columns: tuple[str, ...] = ()
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class DiagnoseCode:
    """Diagnose codes; nothing is asked, and nothing is stored."""

    providers: Providers
    routing: Routing

    def __call__(self, code: DatasetCode, column: int | None = None) -> Diagnosis:
        """
        Diagnose a code.

        Args:
            column: the column that is read by its place, from 1.

        """
        providers = {provider.name: provider for provider in self.providers.all()}
        name = self.routing.provider_for(code, list(providers.values()))
        if self.routing.is_chosen(code, name):
            return self._by_choice(code, providers.get(name), name)
        answers = [(answer, own) for answer, own in answers_to(code) if answer.provider in providers]
        if answers:
            answer, own = next(((answer, own) for answer, own in answers if answer.provider == name), answers[0])
            return _answered(answer, own, providers[answer.provider], column)
        return _without_answer(code, providers.get(name))

    def of_mask(self, database: str, mask: str, column: int | None = None) -> Diagnosis:
        """Diagnose codes of which parts are not known, ``*``: by the first that would be answered."""
        samples = [mask.replace(UNKNOWN, sample) for sample in _SAMPLES]
        if mask == UNKNOWN and database in old_databases():
            samples = [answer.example for answer in old_databases()[database].answers] or samples
        codes = [code for code in (_code(database, sample) for sample in samples) if code]
        found = [self(code, column) for code in codes]
        best = next((each for each in found if each.works), next(iter(found), None))
        if best is None:
            return Diagnosis(works=None, reason="the code is put together in a way that cannot be followed")
        return replace(best, asked="", note="; ".join(filter(None, ["if it is a code of this form", best.note]))) if best.works else best

    def _by_choice(self, code: DatasetCode, provider: Provider | None, name: str) -> Diagnosis:
        """Diagnose a code that the operator's settings send to a provider."""
        if provider is None:
            return Diagnosis(
                works=False,
                provider=name,
                reason=f"there is no provider {name}, to which LANNER_ROUTES or LANNER_DEFAULT_PROVIDER sends it",
            )
        found = Diagnosis(works=None, provider=name, asked=str(code), needs=provider.problem)
        if provider.problem or not provider.notices_changes:
            return replace(found, reason=f"your settings send it to {name}; whether it has the code, only a request tells")
        own = self.providers.code_from_alias(name, code)
        return replace(found, works=True, asked=str(own)) if own else replace(found, works=False, reason=f"{name} has no file of this code")


def _code(database: str, dataset: str) -> DatasetCode | None:
    try:
        return DatasetCode(database, dataset)
    except InvalidCode:
        return None


def _answered(answer: Answer, own: DatasetCode, provider: Provider, column: int | None) -> Diagnosis:
    reason = _moved(answer, column)
    return Diagnosis(
        works=not reason,
        provider=answer.provider,
        asked=str(own),
        needs=provider.problem,
        columns=answer.answered,
        reason=reason,
        note=answer.note,
    )


def _moved(answer: Answer, column: int | None) -> str:
    """Return why a column cannot be read by its place; empty if it can."""
    names: Sequence[str] = list(answer.columns)
    if column is None or column <= 0 or not names:
        return ""
    if column > len(names):
        return f"there is no column {column}"
    old = names[column - 1]
    if not answer.columns[old]:
        return f"column {column} was “{old}”, which nobody answers"
    place = answer.answered.index(old) + 1
    return "" if place == column else f"column {column} was “{old}”, which is column {place} now"


def _without_answer(code: DatasetCode, provider: Provider | None) -> Diagnosis:
    reason = reason_against(code)
    declares = provider is not None and (code.database in provider.databases or provider.serves_legacy_code(code))
    if reason and not (declares and not _OLD_FORM.fullmatch(code.dataset)):
        return Diagnosis(works=False, reason=reason)
    if provider and declares:
        return Diagnosis(works=True, provider=provider.name, asked=str(code), needs=provider.problem)
    return Diagnosis(works=False, reason=f"no provider has the database {code.database}, and Quandl's own service was shut down in 2024")
