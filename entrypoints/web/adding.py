"""Adding a series that is not kept yet: who would serve it, and the comparison for which it is added."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from domain.codes import DatasetCode
from domain.errors import DomainError, InvalidCode, SeriesNotFound
from domain.series import TimeSeries
from domain.use_cases import UseCases
from entrypoints.rest.http.params import parse_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """
    A code that can be added.

    Attributes:
        reference: the code as it was written, with its provider if one was named.
        served: the title of the provider that would be asked; empty if none can be.
        problem: why none can be.

    """

    reference: str
    code: DatasetCode
    served: str = ""
    problem: str = ""


def code_of(text: str) -> tuple[str | None, DatasetCode | None]:
    """Return the provider and the code that a text names, as far as it does."""
    with suppress(InvalidCode):
        return parse_code(text, None)
    return None, None


def kept(use_cases: UseCases, text: str) -> TimeSeries | None:
    """Return the series whose code a text is, if it is kept."""
    provider, code = code_of(text)
    with suppress(SeriesNotFound):
        return use_cases.describe_series.find(code, provider) if code else None
    return None


def offer(use_cases: UseCases, text: str) -> Offer | None:
    """Return the offer to add what a text names; None if it is no code."""
    provider, code = code_of(text)
    if code is None:
        return None
    try:
        return Offer(reference=text, code=code, served=use_cases.request_fetch.provider_of(code, provider).title)
    except DomainError as error:
        return Offer(reference=text, code=code, problem=f"{error.message} {error.hint}".strip())
