"""
FRED, the Federal Reserve Bank of St. Louis: some 800,000 series with all their vintages.

Codes are FRED's ids: ``FRED/GDP``, ``FRED/DGS10``. Every vintage is labelled with the day on which it was published.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from adapters.provider_kit.http.client import HttpClient
from adapters.providers.fred.source import BASE_URL, FredSource, FredVariant
from domain.frequency import Frequency
from domain.ports import DataSource
from domain.providers import Limit, Redistribution, Terms

PROVIDER_API = 1
ADAPTER_VERSION = 1
NAME = "fred"
TITLE = "FRED, Federal Reserve Bank of St. Louis"
DATABASES = ("FRED",)
EXAMPLE = "FRED/GDP"
LIMITS = (Limit(120, 60),)
TERMS = Terms(
    attribution="FRED, Federal Reserve Bank of St. Louis",
    url="https://fred.stlouisfed.org/docs/api/terms_of_use.html",
    redistribution=Redistribution.ATTRIBUTION,
)
KEY_NEEDED = True
KEY_URL = "https://fredaccount.stlouisfed.org/apikeys"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """
    The options of the provider.

    Attributes:
        history: the vintages that a first fetch brings: ``all``, or only those from then on (``new``). By default new for
            daily series, whose vintages are many and alike, and all for others.

    """

    api_key: str = field(default="", repr=False)
    base_url: str = BASE_URL
    history: Literal["all", "new"] | None = None


OPTIONS = Options


def source(options: Options, http: HttpClient) -> DataSource:
    """Give the source."""

    def whole_history(frequency: Frequency | None) -> bool:
        return options.history == "all" or (options.history is None and frequency not in (None, Frequency.DAILY))

    variant = FredVariant(database="FRED", attribution=TERMS.attribution, adapter_version=ADAPTER_VERSION, whole_history=whole_history)
    return FredSource(options.api_key, http, variant)
