"""Series as the user names them on the command line."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from domain.codes import DatasetCode, parse_reference
from domain.errors import InvalidInput, NoObservationsYet, SeriesNotFound
from domain.series import SeriesStatus, TimeSeries
from domain.use_cases.describe_series import DescribeSeries
from entrypoints.cli.exit_codes import StillWaiting

if TYPE_CHECKING:
    from domain.use_cases import UseCases
    from domain.use_cases.read_series import Reading, Selection


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


def find_series(describe_series: DescribeSeries, text: str, provider: str | None) -> TimeSeries:
    """
    Return the series that the user names.

    Raises:
        SeriesNotFound: it is not stored; the hint is the command that fetches it.

    """
    named, code = read_reference(text, provider)
    try:
        return describe_series.by_code(code, named).series
    except SeriesNotFound as error:
        wanted = f"{named}:{code}" if named else str(code)
        raise SeriesNotFound(f"{wanted} is not stored here.", hint=f"Fetch it: lanner fetch {shlex.quote(wanted)}") from error


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
            reading = use_cases.read_series(series.id, selection)
        yield reading


@contextmanager
def explain_missing_observations(series: TimeSeries) -> Iterator[None]:
    """Raise NoObservationsYet with the reason why the series has none, and with what to do."""
    try:
        yield
    except NoObservationsYet as error:
        name = f"{series.provider}:{series.code}"
        failure = series.fetch and series.fetch.failure
        reason = f"{series.status}, {failure.code}: {failure.message}" if failure else f"{series.status}."
        hint = (failure.hint if failure else "") or f"Wait for it: lanner fetch {shlex.quote(name)}"
        kind = StillWaiting if series.status is SeriesStatus.PENDING else NoObservationsYet
        raise kind(f"{name} has no observations; its status is {reason}", hint=hint) from error
