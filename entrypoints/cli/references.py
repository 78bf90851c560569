"""Series as they are named on a command line."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from domain.codes import DatasetCode, parse_reference
from domain.errors import InvalidInput, NoObservationsYet, SeriesNotFound
from domain.series import TimeSeries
from domain.use_cases.describe_series import DescribeSeries


def read_reference(text: str, provider: str | None) -> tuple[str | None, DatasetCode]:
    """
    Read ``[provider:]DATABASE/DATASET`` beside a ``--provider``.

    Raises:
        InvalidCode: it has another form.
        InvalidInput: two providers are named.

    """
    named, code = parse_reference(text)
    if named and provider and named != provider:
        raise InvalidInput(
            f"--provider {provider} is not the provider that {named}:{code} names.", field="provider", hint="Name the provider once."
        )
    return named or provider, code


def find_series(describe_series: DescribeSeries, text: str, provider: str | None) -> TimeSeries:
    """
    Give the series that a command line names.

    Raises:
        SeriesNotFound: it is not kept; the hint is the command that requests it.

    """
    named, code = read_reference(text, provider)
    try:
        return describe_series.by_code(code, named).series
    except SeriesNotFound as error:
        wanted = f"{named}:{code}" if named else str(code)
        raise SeriesNotFound(f"{wanted} is not kept here.", hint=f"Request it: lanner fetch {shlex.quote(wanted)}") from error


@contextmanager
def explain_missing_observations(series: TimeSeries) -> Iterator[None]:
    """Have a series without observations say why it has none, and what to do."""
    try:
        yield
    except NoObservationsYet as error:
        name = f"{series.provider}:{series.code}"
        failure = series.fetch and series.fetch.failure
        reason = f"{series.status}, {failure.code}: {failure.message}" if failure else f"{series.status}."
        hint = (failure.hint if failure else "") or f"Follow it: lanner fetch {shlex.quote(name)}"
        raise NoObservationsYet(f"{name} has no observations; its status is {reason}", hint=hint) from error
