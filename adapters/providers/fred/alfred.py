"""
ALFRED, the archive of FRED: every vintage of a series, whatever its frequency.

Codes are FRED's ids: ``ALFRED/GDP``. Host and key are FRED's.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.provider_kit.http.client import HttpClient
from adapters.providers.fred.source import BASE_URL, FredSource, FredVariant
from domain.ports import DataSource
from domain.providers import Limit, Redistribution, Terms

PROVIDER_API = 1
ADAPTER_VERSION = 1
NAME = "alfred"
TITLE = "ALFRED, the archive of FRED"
DATABASES = ("ALFRED",)
EXAMPLE = "ALFRED/GDP"
LIMITS = (Limit(120, 60),)
TERMS = Terms(
    attribution="ALFRED, Federal Reserve Bank of St. Louis",
    url="https://fred.stlouisfed.org/docs/api/terms_of_use.html",
    redistribution=Redistribution.ATTRIBUTION,
)
KEY_NEEDED = True
KEY_URL = "https://fredaccount.stlouisfed.org/apikeys"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of the provider."""

    api_key: str = field(default="", repr=False)
    base_url: str = BASE_URL


OPTIONS = Options


def source(options: Options, http: HttpClient) -> DataSource:
    """Give the source."""
    variant = FredVariant(
        database="ALFRED", attribution=TERMS.attribution, adapter_version=ADAPTER_VERSION, whole_history=lambda _frequency: True
    )
    return FredSource(options.api_key, http, variant)
