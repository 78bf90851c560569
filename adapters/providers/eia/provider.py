"""
The U.S. Energy Information Administration, with a key.

A code is a series of the API's first version, which the second still knows: ``EIA/PET.RWTC.D``, ``EIA/ELEC.PRICE.CO-RES.M``;
or a route of the second with frequency, columns and facets behind colons:
``EIA/electricity/rto/region-data:hourly:value:respondent=BPAT,type=D``. Facets may be fewer than there are, as long as they
leave one series. Dates are the first days of the periods, of weeks the last; hours are UTC.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.session import ProviderSession
from adapters.provider_kit.http.status_errors import ErrorContext, is_success, key_missing, key_rejected, retry_after, status_error
from adapters.provider_kit.parsing.documents import json_of
from adapters.provider_kit.spec import ProviderSpec
from adapters.providers.eia.answers import ApiRoute, place_of, rows_in
from adapters.providers.eia.naming import select_named
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound, FetchError, RateLimited
from domain.ports import Fetched, ParsedSeries, PriorState, RawResponse
from domain.providers import Limit, Redistribution, Terms

_SERIES_ID = re.compile(r"[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]+)+")
_OLD = re.compile(r"([A-Z]+)_([A-Z0-9_]+)_([ADHMQW])")
_ROWS_A_PAGE = 5_000
_PARTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options: the key, which the API takes in the query only, and what stands before the route."""

    api_key: str = field(default="", repr=False)
    base_url: str = "https://api.eia.gov/v2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request: path segments, parameters, and the place in the API that they are."""

    segments: tuple[str, ...]
    params: Mapping[str, str]
    place: ApiRoute


def request_for(code: DatasetCode) -> Request:
    """
    Build the request for a series, without its page.

    Raises:
        DatasetNotFound: the code is neither a series nor a route.

    """
    if _SERIES_ID.fullmatch(code.dataset):
        return Request(segments=("seriesid", code.dataset), params={}, place=ApiRoute(series_id=code.dataset))
    parts = code.dataset.split(":", _PARTS - 1)
    if len(parts) < _PARTS or not all("=" in facet for facet in parts[-1].split(",") if facet):
        hint = "Write it as EIA/PET.RWTC.D or EIA/ROUTE:FREQUENCY:COLUMN,COLUMN:FACET=VALUE,FACET=VALUE."
        raise DatasetNotFound(f"{code} is not a code of the EIA.", hint=hint)
    route, frequency, columns, facets = parts
    params = {"frequency": frequency, "sort[0][column]": "period", "sort[0][direction]": "asc"}
    params |= {f"data[{i}]": column for i, column in enumerate(columns.split(","))}
    params |= {f"facets[{name}][]": value for name, _, value in (facet.partition("=") for facet in facets.split(",") if facet)}
    return Request(segments=(*route.split("/"), "data"), params=params, place=ApiRoute(route=route, columns=tuple(columns.split(","))))


def code_from_alias(alias: DatasetCode) -> DatasetCode | None:
    """Read an old code of Quandl's, ``EIA/PET_RBRTE_D``: category, series and frequency, between which the API has dots."""
    match = _OLD.fullmatch(alias.dataset)
    return DatasetCode(alias.database, ".".join(match.groups())) if match else None


class EiaSource:
    """The data source of the Energy Information Administration."""

    def __init__(self, options: Options, http: HttpClient) -> None:
        self._http = http
        self._secret = {"api_key": options.api_key}
        self._error_context = ErrorContext(host=http.host, key=options.api_key, key_variable=http.variable("api_key"))

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        """Fetch a series, page by page until one is short: totals are not reliable."""
        request = request_for(code)
        calls = ProviderSession(self._http, secret_params=self._secret)
        rows: list[dict[str, Any]] = []
        while True:
            page = {"offset": str(len(rows)), "length": str(_ROWS_A_PAGE)}
            document = json_of(calls.get(request.segments, {**request.params, **page}), self._error_context, named_error)
            more = rows_in(document)
            if more and rows and more[0] == rows[0]:
                break
            rows += more
            if not more or (len(more) < _ROWS_A_PAGE and len(rows) >= _total(document)):
                break
        whole = {"response": {**document["response"], "data": rows}}
        return calls.fetched(select_named(whole, request.place, code)[0], PROVIDER.adapter_version)

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        """Read an answer; of a series that comes in pages, one page."""
        document = json_of(answer, self._error_context, named_error)
        return select_named(document, place_of(answer.url), code)


def named_error(document: Any, answer: RawResponse, context: ErrorContext) -> FetchError | None:
    """Return the error that a document reports, in the form of either version."""
    if not isinstance(document, dict):
        return AnswerNotUnderstood("The answer is a JSON list where an object must be.")
    data = document.get("data")
    error = document.get("error") or (data.get("error") if isinstance(data, dict) else None)
    if not error:
        return None
    fields = error if isinstance(error, dict) else {"message": error}
    said = context.quoted(f"{fields.get('message', '')} {fields.get('code', '')}".strip())
    return _by_words(said, replace(answer, status=_status(document, answer)), context)


def _by_words(said: str, answer: RawResponse, context: ErrorContext) -> FetchError:
    text, words = f"The EIA refuses: {said}", said.casefold()
    if "rate_limit" in words or "rate limit" in words:
        return RateLimited(text, retry_after=retry_after(answer))
    if "api_key" in words or "api key" in words:
        return key_missing(text, context) if "missing" in words or not context.key else key_rejected(text, context)
    if "series_id" in words or "not found" in words or answer.status == HTTPStatus.NOT_FOUND:
        return DatasetNotFound(text)
    return AnswerNotUnderstood(text) if is_success(answer) else status_error(answer, context, said)


def _status(document: Mapping[str, Any], answer: RawResponse) -> int:
    """Return the status in the document where the HTTP status is a success."""
    code = document.get("code")
    return code if is_success(answer) and type(code) is int else answer.status


def _total(document: Mapping[str, Any]) -> int:
    total = str(document["response"].get("total", 0))
    return int(total) if total.isdecimal() else 0


PROVIDER = ProviderSpec(
    provider_api=2,
    name="eia",
    zone="America/New_York",
    title="U.S. Energy Information Administration",
    databases=("EIA",),
    terms=Terms(
        attribution="U.S. Energy Information Administration",
        url="https://www.eia.gov/about/copyrights_reuse.php",
        redistribution=Redistribution.OPEN,
    ),
    adapter_version=2,
    open=EiaSource,
    any_case=True,
    options=Options,
    limits=(Limit(5, 1), Limit(9_000, 3_600)),
    key_needed=True,
    key_url="https://www.eia.gov/opendata/register.php",
    code_from_alias=code_from_alias,
)
