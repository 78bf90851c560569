"""Series as the user names them on the command line."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from domain.codes import DatasetCode, parse_reference
from domain.errors import InvalidCode, InvalidInput, NoObservationsYet, SeriesNotFound
from domain.series import SeriesStatus, TimeSeries
from domain.use_cases.describe_series import DescribeSeries
from entrypoints.cli.exit_codes import StillWaiting
from entrypoints.cli.fetch_states import explain

if TYPE_CHECKING:
    from domain.use_cases import UseCases
    from domain.use_cases.read_series import Reading, Selection
    from domain.use_cases.request_fetch import RequestFetch

#: How like a known name another must be, so that it counts as misspelt though it may be right.
_VERY_CLOSE = 0.75


def read_reference(text: str, provider: str | None) -> tuple[str | None, DatasetCode]:
    """
    Return the provider, if one is named, and the code of ``[provider:]DATABASE/DATASET``; ``provider`` is the option's value.

    Raises:
        InvalidCode: it has another form.
        InvalidInput: the two name different providers.

    """
    named, code = parse_reference(text)
    if named and provider and named != provider:
        raise InvalidInput(f"--provider {provider} contradicts {named}:{code}.", field="provider", hint="Name one provider.")
    return named or provider, code


def warn_of_typo(request_fetch: RequestFetch, code: DatasetCode, provider: str) -> None:
    """Say so on standard error where a code goes to the default provider, and another one declares a database of nearly that name."""
    from domain.old_databases import old_databases
    from entrypoints.cli.tables import say

    routing = request_fetch.routing
    declared = {database: each.name for each in request_fetch.providers.all() for database in each.databases}
    if provider != routing.default or routing.is_configured(code) or code.database in declared or code.database in old_databases():
        return
    for near in get_close_matches(code.database, declared, n=1, cutoff=_VERY_CLOSE):
        say(f"No provider declares the database {code.database}, so {provider} is asked. Did you mean {near}/{code.dataset}?", err=True)


def find_series(describe_series: DescribeSeries, text: str, provider: str | None) -> TimeSeries:
    """
    Return the series that the user names.

    Raises:
        SeriesNotFound: it is not stored; the hint is the command that fetches it.

    """
    try:
        named, code = read_reference(text, provider)
    except InvalidCode as error:
        raise InvalidCode(error.message, field=error.field, hint=_suggestion(describe_series, text) or error.hint) from error
    try:
        return describe_series.by_code(code, named).series
    except SeriesNotFound as error:
        wanted = f"{named}:{code}" if named else str(code)
        hint = f"{_suggestion(describe_series, text)} Fetch it: lanner fetch {shlex.quote(wanted)}".lstrip()
        raise SeriesNotFound(f"{wanted} is not stored here.", hint=hint) from error


def _suggestion(describe_series: DescribeSeries, text: str) -> str:
    """Return a question that names stored codes like a misspelt one; empty if there are none."""
    near = describe_series.similar(text)
    return f"Did you mean {' or '.join(near)}?" if near else ""


def read_each(use_cases: UseCases, codes: Sequence[str], provider: str | None, selection: Selection) -> Iterator[Reading]:
    """
    Yield what is selected of each series that the user names.

    Raises:
        SeriesNotFound: one is not stored; before the first is read.
        NoObservationsYet: one has no data, with the reason.

    """
    wanted = [find_series(use_cases.describe_series, code, provider) for code in codes]
    for series in wanted:
        with explain_missing_observations(series):
            reading = use_cases.read_series(series.id, replace(selection, by_rule=True))
        yield reading


@contextmanager
def explain_missing_observations(series: TimeSeries) -> Iterator[None]:
    """Raise NoObservationsYet with the reason why the series has none, and with what to do."""
    try:
        yield
    except NoObservationsYet as error:
        name = f"{series.provider}:{series.code}"
        if series.fetch and series.fetch.waiting_for:
            raise StillWaiting(f"{name} has no observations yet.", hint=explain(series.fetch)) from error
        failure = series.fetch and series.fetch.failure
        reason = f"{series.status}, {failure.code}: {failure.message}" if failure else f"{series.status}."
        hint = (failure.hint if failure else "") or f"Wait for it: lanner fetch {shlex.quote(name)}"
        kind = StillWaiting if series.status is SeriesStatus.PENDING else NoObservationsYet
        raise kind(f"{name} has no observations; its status is {reason}", hint=hint) from error
