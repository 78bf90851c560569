"""A source that answers old codes of Quandl's by a provider's own codes, with the old names of the columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from adapters.provider_kit.options import variable
from adapters.provider_kit.registry.discovery import discover
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, SourceGone
from domain.observations import Observations
from domain.old_databases import Answer, answers_to, old_databases, reason_against
from domain.old_databases.entries import ONLY
from domain.ports import DataSource, Fetched, ParsedSeries, ParsesResponses, PriorState, RawResponse

#: The provider whose hosted data sets are gone.
_SHUT_DOWN = "quandl"
_ROUTE = "`LANNER_ROUTES` sends the database to a provider that has it, such as your own files."


def answering_old_codes(source: DataSource, provider: str) -> DataSource:
    """Return the source, which answers old codes too if the table of old databases names its provider."""
    answers = any(answer.provider == provider for old in old_databases().values() for answer in old.answers)
    return _AnswersOldCodes(source, provider) if answers else source


class _AnswersOldCodes:
    """A source that is asked by its own codes."""

    def __init__(self, source: DataSource, provider: str) -> None:
        self._source, self._provider = source, provider

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        answer, own = self._own(code)
        fetched = self._source.fetch(own, known)
        return replace(fetched, **_renamed(fetched, answer)) if answer and not fetched.not_modified else fetched

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        named, own = self._own(code) if code else (None, None)
        found = cast("ParsesResponses", self._source).parse(own, answer)
        return [replace(series, code=code, **_renamed(series, named)) for series in found] if code and named else found

    def _own(self, code: DatasetCode) -> tuple[Answer | None, DatasetCode]:
        mine = ((answer, own) for answer, own in answers_to(code) if answer.provider == self._provider)
        answer, own = next(mine, (None, code))
        # An old code that is the provider's own as well is no other series than that.
        return (answer, own) if own != code else (None, code)

    def __getattr__(self, name: str) -> object:
        return getattr(self._source, name)


def refusal_of(code: DatasetCode, provider: str, *, hosted: bool) -> SourceGone | None:
    """
    Return why a provider need not be asked for a code: an old one of Quandl's own service, which was shut down.

    Args:
        hosted: whether the provider is asked at the address that it ships with.

    """
    if provider != _SHUT_DOWN or not hosted or code.database not in old_databases():
        return None
    reason = reason_against(code)
    if reason:
        return SourceGone(f"{code} was Quandl's, and nobody answers it today: {reason}.", hint=_ROUTE)
    answer, _ = answers_to(code)[0]
    return SourceGone(f"{code} was Quandl's; the provider {answer.provider} answers it today.", hint=_needs(answer.provider, code))


def _needs(name: str, code: DatasetCode) -> str:
    """Return how to ask a provider for a code."""
    spec = discover().get(name)
    if spec is None or isinstance(spec, str):
        return f"The provider {name} cannot be loaded; `lanner providers` says why."
    obstacle = f"It needs {variable(name, 'api_key')}; a key is had at {spec.key_url}." if spec.key_needed else spec.problem(spec.options())
    return f"{obstacle} Request it as {name}:{code}.".lstrip()


def _renamed(found: Fetched | ParsedSeries, answer: Answer) -> dict[str, Any]:
    """Return what of an answer changes with the names of its columns."""
    _, newest = found.vintages[-1]
    names = _names(newest, answer)
    units = dict(zip(newest.columns, found.metadata.column_units, strict=False))
    read_as = {old: found.dialect[own] for old, own in names.items() if own in found.dialect}
    return {
        "metadata": replace(
            found.metadata, date_column=answer.date_column, column_units=tuple(units[own] for own in names.values()) if units else ()
        ),
        "vintages": [(label, _with_old_names(state, names)) for label, state in found.vintages],
        "dialect": {**{name: how for name, how in found.dialect.items() if name not in newest.columns}, **read_as},
    }


def _names(state: Observations, answer: Answer) -> Mapping[str, str]:
    """Return the old names of the columns that there are, each with the provider's; raises AnswerNotUnderstood if one is wanting."""
    wanted = {old: own for old, own in answer.columns.items() if own}
    if ONLY in wanted.values():
        if len(state.columns) != 1:
            raise AnswerNotUnderstood(f"The answer has {len(state.columns)} columns where one must be.")
        return dict.fromkeys(wanted, state.columns[0])
    wanting = [own for own in wanted.values() if own not in state.columns]
    if wanting and (not answer.may_lack or len(wanting) == len(wanted)):
        raise AnswerNotUnderstood(f"The answer has no {', '.join(wanting)}.")
    return {old: own for old, own in wanted.items() if own in state.columns}


def _with_old_names(state: Observations, names: Mapping[str, str]) -> Observations:
    there = {old: state.columns.index(own) for old, own in names.items() if own in state.columns}
    part = state.select(list(there.values()))
    return Observations.from_trusted(part.dates, tuple(there), part.values, part.flags)
