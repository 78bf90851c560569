"""
The euro reference rates of the European Central Bank, from 1999 on.

Codes are currencies: ``ECB_FX/USD``; ``ECB_FX/ALL`` has a column for each. ``ECB_FX/USDJPY`` is a cross, the yen that a dollar is
worth: the quotient of their two rates.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.conditional import conditions, validators_in
from adapters.provider_kit.http.status_errors import ErrorContext, is_success, status_error
from adapters.provider_kit.options import base_url_option
from adapters.provider_kit.spec import ProviderSpec, in_capitals
from adapters.provider_kit.statistics.eurofxref import ALL, currencies_in, series_in
from domain.codes import DatasetCode
from domain.ports import Fetched, ParsedSeries, PriorState, RawResponse
from domain.providers import Redistribution, Terms

_FILE = "eurofxref-hist.zip"


class RatesSource:
    """The data source of the ECB's reference rates: one file for all series."""

    def __init__(self, http: HttpClient) -> None:
        self._http, self._error_context = http, ErrorContext(host=http.host)

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        currencies_in(code)
        answer = self._http.get((_FILE,), {}, conditions(known))
        origin = PROVIDER.origin(answer.url, answer.sent)
        if answer.status == HTTPStatus.NOT_MODIFIED:
            return Fetched.unchanged(origin, known.validators)
        [series] = self.parse(code, answer)
        return Fetched(metadata=series.metadata, vintages=series.vintages, origin=origin, validators=validators_in(answer))

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        """Read a file; without a code all currencies are columns of one series."""
        if not is_success(answer):
            raise status_error(answer, self._error_context)
        return series_in(answer.body, code or DatasetCode("ECB_FX", ALL), PROVIDER.terms.attribution)


PROVIDER = ProviderSpec(
    provider_api=2,
    name="ecb_fx",
    zone="Europe/Berlin",
    title="European Central Bank, euro reference rates",
    databases=("ECB_FX",),
    example="ECB_FX/USD",
    terms=Terms(
        attribution="European Central Bank",
        url="https://www.ecb.europa.eu/services/using-our-site/disclaimer/html/index.en.html",
        redistribution=Redistribution.ATTRIBUTION,
    ),
    adapter_version=2,
    open=lambda _options, http: RatesSource(http),
    own_spelling=in_capitals,
    options=base_url_option("https://www.ecb.europa.eu/stats/eurofxref"),
)
