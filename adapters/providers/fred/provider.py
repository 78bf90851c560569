"""
FRED, the Federal Reserve Bank of St. Louis: some 800,000 series with all their vintages; and ALFRED, its archive.

Codes are FRED's ids: ``FRED/GDP``, ``ALFRED/GDP``. Every vintage is labelled with the day on which it was published. ALFRED gives every
vintage whatever a series' frequency; host and key are FRED's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.spec import ProviderSpec, in_capitals
from adapters.providers.fred.source import BASE_URL, FredSource, FredVariant
from domain.frequency import Frequency
from domain.ports import DataSource
from domain.providers import Limit, Redistribution, Terms
from domain.schedules.calendar import ReleaseRule
from domain.searching import SearchKind


@dataclass(frozen=True, slots=True, kw_only=True)
class AlfredOptions:
    """The options of ALFRED."""

    api_key: str = field(default="", repr=False)
    base_url: str = BASE_URL


@dataclass(frozen=True, slots=True, kw_only=True)
class FredOptions(AlfredOptions):
    """
    The options of FRED.

    Attributes:
        history: the vintages that a first fetch brings: ``all``, or only those from then on (``new``). By default new for
            daily series, whose vintages are many and alike, and all for others.

    """

    history: Literal["all", "new"] | None = None


def _open_fred(options: FredOptions, http: HttpClient) -> DataSource:
    def whole_history(frequency: Frequency | None) -> bool:
        return options.history == "all" or (options.history is None and frequency not in (None, Frequency.DAILY))

    return FredSource(options.api_key, http, FredVariant(FRED, whole_history))


def _open_alfred(options: AlfredOptions, http: HttpClient) -> DataSource:
    return FredSource(options.api_key, http, FredVariant(ALFRED, lambda _frequency: True))


FRED = ProviderSpec(
    provider_api=2,
    name="fred",
    title="FRED, Federal Reserve Bank of St. Louis",
    databases=("FRED",),
    example="FRED/GDP",
    terms=Terms(
        attribution="FRED, Federal Reserve Bank of St. Louis",
        url="https://fred.stlouisfed.org/docs/api/terms_of_use.html",
        redistribution=Redistribution.ATTRIBUTION,
    ),
    adapter_version=2,
    open=_open_fred,
    own_spelling=in_capitals,
    options=FredOptions,
    limits=(Limit(120, 60),),
    key_needed=True,
    key_url="https://fredaccount.stlouisfed.org/apikeys",
    search=SearchKind.QUERY,
    zone="America/Chicago",
    releases=ReleaseRule(),
)
ALFRED = replace(
    FRED,
    name="alfred",
    title="ALFRED, the archive of FRED",
    databases=("ALFRED",),
    example="ALFRED/GDP",
    terms=replace(FRED.terms, attribution="ALFRED, Federal Reserve Bank of St. Louis"),
    open=_open_alfred,
    options=AlfredOptions,
    # The same series as at FRED.
    search=None,
)
