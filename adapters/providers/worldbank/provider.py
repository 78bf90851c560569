"""
The World Bank: its indicators, by country.

A code is the country's and the indicator's, as in ``WB/DEU.NY.GDP.MKTP.CD``. Countries have ISO codes of three letters,
aggregates such ones as ``WB/EUU.SP.POP.TOTL`` or ``WB/WLD.SP.POP.TOTL``. Of an indicator that comes by months or quarters too,
as in the Global Economic Monitor, the bare code are the years: ``WB/BRA.DPANUSSPB:M`` are the months of
``WB/BRA.DPANUSSPB``, ``WB/CHL.DP.DOD.DECD.CR.BC.CD:Q`` are quarters.
Dates are the first days of the periods; null is a missing value.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from adapters.provider_kit.hits import only_hits, search_hit
from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.session import ProviderSession
from adapters.provider_kit.http.status_errors import ErrorContext, is_html, is_success
from adapters.provider_kit.options import base_url_option
from adapters.provider_kit.parsing.columns import number_column, observations
from adapters.provider_kit.parsing.documents import json_of, read_text
from adapters.provider_kit.parsing.flag_codes import code_of, meanings_of
from adapters.provider_kit.parsing.period_texts import API
from adapters.provider_kit.parsing.periods import read_periods
from adapters.provider_kit.parsing.select import code_for, one_state, select_series
from adapters.provider_kit.spec import ProviderSpec
from adapters.provider_kit.statistics.formats import read_answer
from adapters.provider_kit.statistics.naming import Naming, read_series
from adapters.provider_kit.text import text_of, texts_of
from adapters.providers.worldbank.answers import Page, indicators_of, named_error, page_of, read_xml
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound
from domain.periods import Anchor
from domain.ports import Fetched, ParsedSeries, PriorState, RawResponse
from domain.providers import Redistribution, Terms
from domain.searching import SearchHit, SearchKind
from domain.series import FLAGS, Metadata

_ROWS_A_PAGE = "20000"
_FIRST_YEAR = 1960
_WORLD, _WORLD_DEVELOPMENT = "WLD", "2"
_SPANS = {"M": "{first}M01:{last}M12", "Q": "{first}Q1:{last}Q4"}
_CODE = re.compile(r"([^.:;]+)\.([^:;]+)(?::([MQ]))?")
_SDMX = re.compile(rb"sdmx\.org|\"dataSets\"")
_HEAD, _STATUS = 4_000, "obs_status"


def parts_of(code: DatasetCode) -> tuple[str, str, str]:
    """
    Return a code's country, its indicator, and the letter of its periods, which is empty for years.

    Raises:
        DatasetNotFound: the code has not the two parts of one.

    """
    match = _CODE.fullmatch(code.dataset)
    if match is None:
        raise DatasetNotFound(f"{code} is not a code of the World Bank.", hint="Write it as WB/COUNTRY.INDICATOR, with :M for months.")
    return match[1], match[2], match[3] or ""


def request_for(code: DatasetCode) -> tuple[Sequence[str], Mapping[str, str]]:
    """Build the path and the parameters of a series; without a span of months or quarters the World Bank sends years alone."""
    country, indicator, letter = parts_of(code)
    span = {"date": _SPANS[letter].format(first=_FIRST_YEAR, last=datetime.now(UTC).year)} if letter else {}
    return ("country", country, "indicator", indicator), {"format": "json", "per_page": _ROWS_A_PAGE, **span}


class WorldBankSource:
    """The data source of the World Bank."""

    def __init__(self, http: HttpClient) -> None:
        self._http, self._error_context = http, ErrorContext(host=http.host)

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        calls = ProviderSession(self._http)
        rows: list[dict[str, Any]] = []
        (segments, params), number = request_for(code), 1
        while True:
            page = self._page(calls.get(segments, {**params, "page": str(number)}))
            rows += page.rows
            if number >= page.pages or not page.rows:
                return calls.fetched(select_series(_series_in(rows, code), code)[0], PROVIDER.adapter_version)
            number += 1

    def search(self, text: str, limit: int) -> Sequence[SearchHit]:
        """List the World Development Indicators, the World Bank's own choice; each is shown as the world's."""
        answer = self._http.get(("indicator",), {"format": "json", "source": _WORLD_DEVELOPMENT, "per_page": _ROWS_A_PAGE})
        return only_hits(
            search_hit(
                "WB",
                f"{_WORLD}.{row['id']}",
                row.get("name"),
                unit=row.get("unit"),
                is_series=False,
                hint=f"{_WORLD} is the world: write the three letters of a country in its place, such as DEU.",
            )
            for row in indicators_of(json_of(answer, self._error_context, named_error))
        )

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        """Read an answer; of a series that comes in pages, one page. The World Bank's SDMX is read, too."""
        if is_success(answer) and _SDMX.search(answer.body, 0, _HEAD):
            return read_series(read_answer(answer).all(), Naming(database="WB", attribution=PROVIDER.terms.attribution), code)
        return select_series(_series_in(self._page(answer).rows, code), code)

    def _page(self, answer: RawResponse) -> Page:
        if answer.body[:64].lstrip().startswith(b"<") and not is_html(answer) and is_success(answer):
            document = read_xml(read_text(answer.body))
            error = named_error(document, answer, self._error_context)
            if error:
                raise error
            return page_of(document)
        return page_of(json_of(answer, self._error_context, named_error))


def _series_in(rows: Sequence[Mapping[str, Any]], code: DatasetCode | None) -> Sequence[ParsedSeries]:
    """Part the rows by country, indicator and the length of their periods; years have no letter."""
    country, indicator, letter = parts_of(code) if code else ("", "", "")
    asked = f"{country}.{indicator}:{letter}".rstrip(":")
    groups: dict[str, dict[str, list[Mapping[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        period = API.read(str(row["date"]).strip())
        names = _country(row, country), texts_of(row.get("indicator")).get("id", indicator)
        groups[".".join(filter(None, names))][period.form.removeprefix("A") if period else ""].append(row)
    series = []
    for name, forms in groups.items():
        # A code without a letter means the only periods that there are.
        letters = [""] if code and not letter and len(forms) == 1 else list(forms)
        for own, group in zip(letters, forms.values(), strict=True):
            full = f"{name}:{own}" if own else name
            series.append(_series(code if code and full.casefold() == asked.casefold() else code_for("WB", full), group))
    return series


def _country(row: Mapping[str, Any], asked: str) -> str:
    """Return a row's country as it was asked for, by either of its codes, else by that of three letters."""
    names = [name for name in (text_of(row.get("countryiso3code")), texts_of(row.get("country")).get("id", "")) if name]
    return asked if asked.casefold() in map(str.casefold, names) else next(iter(names), asked)


def _series(code: DatasetCode, rows: Sequence[Mapping[str, Any]]) -> ParsedSeries:
    axis = read_periods(row["date"] for row in rows)
    values = number_column([row["value"] for row in rows], str(code))
    state = observations(axis, {"Value": values.values}, [code_of(_STATUS, text_of(row.get("obs_status"))) for row in rows])
    indicator, country = texts_of(rows[0].get("indicator")), texts_of(rows[0].get("country"))
    metadata = Metadata(
        name=", ".join(filter(None, (indicator.get("value"), country.get("value")))),
        unit=text_of(rows[0].get("unit")) or values.unit,
        frequency=axis.frequency,
        source="World Bank",
        attribution=PROVIDER.terms.attribution,
        extra={"dates": Anchor.START.of(), **({FLAGS: meanings_of(state.flags.codes, {})} if state.flags else {})},
    )
    return one_state(code, metadata, state)


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
    any_case=True,
    options=base_url_option("https://api.worldbank.org/v2"),
    adapter_version=3,
    search=SearchKind.LIST,
)
