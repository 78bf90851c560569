"""
The US Treasury's daily interest rates: yield curves and bill rates, a column for each tenor.

Codes are the names of its data sets: ``US_TREASURY/daily_treasury_yield_curve``, ``US_TREASURY/daily_treasury_bill_rates``. One
that holds several rates a day has a series for each, ``US_TREASURY/daily_treasury_long_term_rate.BC_20year``, and one of all:
``US_TREASURY/daily_treasury_long_term_rate.ALL``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.status_errors import ErrorContext, is_success, status_error
from adapters.provider_kit.options import base_url_option
from adapters.provider_kit.parsing.tables import Table
from adapters.provider_kit.spec import ProviderSpec
from adapters.providers.us_treasury.answers import joined, read_answer, series_in
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound, InvalidCode
from domain.frequency import Frequency
from domain.ports import Fetched, ParsedSeries, PriorState, RawResponse
from domain.providers import Redistribution, Terms
from domain.series import Metadata
from domain.vintages import Origin
from domain.window import Window

_FIRST_PAGES = 200
_DATASET = re.compile(r"(daily_treasury_[a-z_]{1,60})(?:\.(.+))?")
_TITLES = {
    "daily_treasury_yield_curve": "Daily Treasury par yield curve rates",
    "daily_treasury_bill_rates": "Daily Treasury bill rates",
    "daily_treasury_long_term_rate": "Daily Treasury long-term rates",
    "daily_treasury_real_yield_curve": "Daily Treasury par real yield curve rates",
    "daily_treasury_real_long_term": "Daily Treasury real long-term rates",
}


def dataset_of(code: DatasetCode) -> tuple[str, str]:
    """Return the name of a code's data set, and the series' own in it; not found if the Treasury has no such code."""
    match = _DATASET.fullmatch(code.dataset)
    if match is None:
        raise DatasetNotFound(f"{code} is no code of the Treasury.", hint=f"There are US_TREASURY/{', US_TREASURY/'.join(_TITLES)}.")
    return match[1], match[2] or ""


def code_from_alias(alias: DatasetCode) -> DatasetCode | None:
    """Return the data set of this name; the Treasury writes them in small letters."""
    return DatasetCode(alias.database, alias.dataset.lower()) if alias.database in PROVIDER.databases else None


class TreasurySource:
    """The data source of the Treasury's site."""

    def __init__(self, http: HttpClient) -> None:
        self._http, self._error_context = http, ErrorContext(host=http.host)

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        """Fetch a series; one that is kept, from the year of its last date on."""
        dataset, _ = dataset_of(code)
        years = _years(known)
        sha, urls, tables = hashlib.sha256(), [], []
        for answer, table in self._by_year(dataset, years) if years else self._pages(dataset):
            sha.update(answer.sent)
            urls.append(answer.url)
            tables.append(table)
        [series] = series_in(joined(tables), code)
        return Fetched(
            metadata=_metadata(dataset, series.date_column),
            vintages=[(None, series.observations)],
            origin=Origin(request=urls[0], response_sha256=sha.hexdigest(), adapter_version=PROVIDER.adapter_version),
            left_out=series.left_out,
            covers=Window(start=date(years[0], 1, 1), end=date(years[-1], 12, 31)) if years else None,
        )

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        asked = (parse_qs(urlsplit(answer.url).query).get("data") or ["UNNAMED"])[0]
        dataset = _dataset_in(code, asked)
        found = series_in(self._read(answer, _known(dataset) if code else ""), code or _code(asked), every=code is None)
        return [
            ParsedSeries(
                code=each.code,
                metadata=_metadata(dataset, each.date_column),
                vintages=[(None, each.observations)],
                left_out=each.left_out,
            )
            for each in found
        ]

    def _by_year(self, dataset: str, years: Sequence[int]) -> Iterator[tuple[RawResponse, Table]]:
        until = self._http.deadline()
        for year in years:
            answer = self._http.get(("xml",), {"data": dataset, "field_tdr_date_value": str(year)}, until=until)
            yield answer, self._read(answer, dataset)

    def _pages(self, dataset: str) -> Iterator[tuple[RawResponse, Table]]:
        """Ask for all years, page by page, until a page brings nothing that was not there before."""
        until, seen = self._http.deadline(), set[str]()
        for page in range(_FIRST_PAGES):
            answer = self._http.get(("xml",), {"data": dataset, "field_tdr_date_value": "all", "page": str(page)}, until=until)
            table = self._read(answer, dataset)
            rows = {repr(row) for row in table.rows}
            if page and rows <= seen:
                return
            if not rows:
                raise DatasetNotFound(f"The Treasury has nothing under {dataset}.")
            seen |= rows
            yield answer, table
        raise AnswerNotUnderstood(f"The Treasury sends more than {_FIRST_PAGES} pages.")

    def _read(self, answer: RawResponse, dataset: str) -> Table:
        if not is_success(answer):
            raise status_error(answer, self._error_context)
        return read_answer(answer.body, dataset)


def _known(dataset: str) -> str:
    return dataset if _DATASET.fullmatch(dataset) else ""


def _dataset_in(code: DatasetCode | None, asked: str) -> str:
    """Return the data set that a code names, else the one that was asked for: an answer is read however its code is spelt."""
    with suppress(DatasetNotFound):
        return dataset_of(code)[0] if code else asked
    return asked


def _years(known: PriorState) -> Sequence[int]:
    last = known.newest.last if known.newest else None
    return range(last.year, max(datetime.now(UTC).year, last.year) + 1) if last else ()


def _metadata(dataset: str, date_column: str) -> Metadata:
    return Metadata(
        name=_TITLES.get(dataset, dataset),
        unit="Percent",
        frequency=Frequency.DAILY,
        source="U.S. Department of the Treasury",
        attribution=PROVIDER.terms.attribution,
        date_column=date_column,
        extra={"dates": "the provider's own day"},
    )


def _code(dataset: str) -> DatasetCode:
    try:
        return DatasetCode("US_TREASURY", dataset)
    except InvalidCode:
        return DatasetCode("US_TREASURY", "UNNAMED")


PROVIDER = ProviderSpec(
    provider_api=2,
    name="us_treasury",
    zone="America/New_York",
    title="U.S. Department of the Treasury, daily interest rates",
    databases=("US_TREASURY",),
    example="US_TREASURY/daily_treasury_yield_curve",
    terms=Terms(
        attribution="U.S. Department of the Treasury",
        url="https://home.treasury.gov/subfooter/site-policies-and-notices",
        redistribution=Redistribution.OPEN,
    ),
    adapter_version=2,
    open=lambda _options, http: TreasurySource(http),
    any_case=True,
    options=base_url_option("https://home.treasury.gov/resource-center/data-chart-center/interest-rates/pages"),
    code_from_alias=code_from_alias,
)
