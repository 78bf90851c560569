"""
The World Bank: its indicators, by country.

A code is the country's and the indicator's, as in ``WB/DEU.NY.GDP.MKTP.CD``. Countries have ISO codes of three letters,
aggregates such ones as ``WB/EUU.SP.POP.TOTL`` or ``WB/WLD.SP.POP.TOTL``.
Dates are the first days of the periods; null is a missing value.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.session import ProviderSession
from adapters.provider_kit.http.status_errors import ErrorContext, is_html, is_success
from adapters.provider_kit.options import base_url_option
from adapters.provider_kit.parsing.bodies import plain
from adapters.provider_kit.parsing.columns import number_column, observations
from adapters.provider_kit.parsing.documents import json_of, read_text
from adapters.provider_kit.parsing.periods import read_periods
from adapters.provider_kit.parsing.select import code_for, one_state, select_series
from adapters.provider_kit.spec import ProviderSpec
from adapters.provider_kit.statistics.formats import read_answer
from adapters.provider_kit.statistics.naming import Naming, read_series
from adapters.provider_kit.text import text_of, texts_of
from adapters.providers.worldbank.answers import Page, named_error, page_of, read_xml
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound
from domain.ports import Fetched, ParsedSeries, PriorState, RawResponse
from domain.providers import Redistribution, Terms
from domain.series import Metadata

_ROWS_A_PAGE = "20000"
_SDMX = re.compile(rb"sdmx\.org|\"dataSets\"")
_HEAD = 4_000


def segments_for(code: DatasetCode) -> Sequence[str]:
    """
    Build the path of a series.

    Raises:
        DatasetNotFound: the code has not the two parts of one.

    """
    dataset = code.dataset.replace("_", ".") if code.database == "WORLDBANK" else code.dataset
    country, dot, indicator = dataset.partition(".")
    if not (country and dot and indicator) or ";" in code.dataset:
        raise DatasetNotFound(f"{code} is not a code of the World Bank.", hint="Write it as WB/COUNTRY.INDICATOR.")
    return ("country", country, "indicator", indicator)


class WorldBankSource:
    """The data source of the World Bank."""

    def __init__(self, http: HttpClient) -> None:
        self._http, self._error_context = http, ErrorContext(host=http.host)

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        calls = ProviderSession(self._http)
        rows: list[dict[str, Any]] = []
        segments, number = segments_for(code), 1
        while True:
            page = self._page(calls.get(segments, {"format": "json", "per_page": _ROWS_A_PAGE, "page": str(number)}))
            rows += page.rows
            if number >= page.pages or not page.rows:
                return calls.fetched(select_series(_series_in(rows), code)[0], PROVIDER.adapter_version)
            number += 1

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        """Read an answer; of a series that comes in pages, one page. The World Bank's SDMX is read, too."""
        answer = plain(answer)
        if is_success(answer) and _SDMX.search(answer.body, 0, _HEAD):
            return read_series(read_answer(answer).all(), Naming(database="WB", attribution=PROVIDER.terms.attribution), code)
        return select_series(_series_in(self._page(answer).rows), code)

    def _page(self, answer: RawResponse) -> Page:
        answer = plain(answer)
        if answer.body[:64].lstrip(b"\xef\xbb\xbf \r\n").startswith(b"<") and not is_html(answer) and is_success(answer):
            document = read_xml(read_text(answer.body))
            error = named_error(document, answer, self._error_context)
            if error:
                raise error
            return page_of(document)
        return page_of(json_of(answer, self._error_context, named_error))


def _series_in(rows: Sequence[Mapping[str, Any]]) -> Sequence[ParsedSeries]:
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        indicator, country = texts_of(row.get("indicator")), texts_of(row.get("country"))
        groups[text_of(row.get("countryiso3code")) or country.get("id", ""), indicator.get("id", "")].append(row)
    return [_series(".".join(filter(None, key)), group) for key, group in groups.items()]


def _series(name: str, rows: Sequence[Mapping[str, Any]]) -> ParsedSeries:
    axis = read_periods(row["date"] for row in rows)
    values = number_column([row["value"] for row in rows], name)
    indicator, country = texts_of(rows[0].get("indicator")), texts_of(rows[0].get("country"))
    metadata = Metadata(
        name=", ".join(filter(None, (indicator.get("value"), country.get("value")))),
        unit=text_of(rows[0].get("unit")) or values.unit,
        frequency=axis.frequency,
        source="World Bank",
        attribution=PROVIDER.terms.attribution,
        extra={"dates": "first day of the period"},
    )
    return one_state(code_for("WB", name), metadata, observations(axis, {"Value": values.values}))


PROVIDER = ProviderSpec(
    provider_api=2,
    name="worldbank",
    title="World Bank",
    databases=("WB",),
    terms=Terms(
        attribution="The World Bank",
        url="https://datacatalog.worldbank.org/public-licenses#cc-by",
        redistribution=Redistribution.ATTRIBUTION,
    ),
    open=lambda _options, http: WorldBankSource(http),
    options=base_url_option("https://api.worldbank.org/v2"),
    quandl_codes=("WORLDBANK/*",),
)
