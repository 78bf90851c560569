"""
DBnomics: the series of some ninety statistical offices and banks behind one API, without a key.

A code is the provider's, the dataset's and the series' own, as in ``DBNOMICS/AMECO/ZUTN/EA19.1.0.0.0.ZUTN`` or
``DBNOMICS/IMF/WEO:2025-04/DEU.NGDP_RPCH``. Dates are the first days of the periods; "NA" is a missing value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any
from urllib.parse import unquote

from adapters.provider_kit.hits import only_hits, search_hit
from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.session import ProviderSession
from adapters.provider_kit.http.status_errors import ErrorContext, is_success, status_error
from adapters.provider_kit.options import base_url_option
from adapters.provider_kit.parsing.columns import number_columns, numbers, observations
from adapters.provider_kit.parsing.csv_tables import read_csv, rows_of
from adapters.provider_kit.parsing.documents import is_csv, json_of, objects, read_text
from adapters.provider_kit.parsing.flag_codes import flag_of, is_flag, meanings_of
from adapters.provider_kit.parsing.period_texts import API
from adapters.provider_kit.parsing.periods import read_days, read_periods
from adapters.provider_kit.parsing.select import code_for, one_state, select_series
from adapters.provider_kit.parsing.tables import Table
from adapters.provider_kit.spec import ProviderSpec
from adapters.provider_kit.text import storable, text_of, texts_of
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound, FetchError
from domain.frequency import Frequency
from domain.periods import Anchor
from domain.ports import Fetched, ParsedSeries, PriorState, RawResponse
from domain.providers import Redistribution, Terms
from domain.searching import SearchHit, SearchKind
from domain.series import FLAGS, Metadata

_COLUMN = "Value"
_PARTS = 3
_DATA_SET = re.compile(r"DBNOMICS/([^/]+)/([^/]+)", re.IGNORECASE)
_SERIES_IN_NAME = re.compile(r"\(([^()/]+/[^()/]+/[^()]+)\)\s*$")
_SERIES_IN_URL = re.compile(r"/series/([^/?]+/[^/?]+/[^/?]+)")
#: B1 to B6 are two months each, from January.
_PERIODS = API.with_letters({"B": "2M"})
_FREQUENCIES: Mapping[str, Frequency] = {"A": Frequency.ANNUAL, "Q": Frequency.QUARTERLY, "M": Frequency.MONTHLY} | {
    str(known): known for known in Frequency
}


def segments_for(code: DatasetCode) -> Sequence[str]:
    """
    Build the path of a series.

    Raises:
        DatasetNotFound: the code has not the three parts of one.

    """
    parts = code.dataset.split("/", _PARTS - 1)
    if len(parts) < _PARTS:
        raise DatasetNotFound(f"{code} is not a code of DBnomics.", hint="Write it as DBNOMICS/PROVIDER/DATASET/SERIES.")
    return ("series", *parts)


class DbnomicsSource:
    """The data source of DBnomics."""

    def __init__(self, http: HttpClient) -> None:
        self._http, self._error_context = http, ErrorContext(host=http.host)

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        calls = ProviderSession(self._http)
        answer = calls.get(segments_for(code), {"observations": "1", "metadata": "1", "format": "json"})
        return calls.fetched(self.parse(code, answer)[0], PROVIDER.adapter_version)

    def search(self, text: str, limit: int) -> Sequence[SearchHit]:
        """Search data sets; a text that begins with the code of one, as ``DBNOMICS/IMF/WEO germany``, searches its series."""
        beginning, _, words = text.partition(" ")
        within = _DATA_SET.fullmatch(beginning)
        if within is None:
            answer = self._http.get(("search",), {"q": text, "limit": str(limit)})
            found = json_of(answer, self._error_context, _named_search_error).get("results")
            return only_hits(_data_set_hit(doc) for doc in objects(found.get("docs") if isinstance(found, dict) else None, "results"))
        params = {"observations": "0", "limit": str(limit), "format": "json"} | ({"q": words} if words else {})
        document = json_of(self._http.get(("series", *within.groups()), params), self._error_context, named_error)
        series = document.get("series")
        return only_hits(_series_hit(doc) for doc in objects(series.get("docs") if isinstance(series, dict) else None, "series"))

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        asked = code.dataset.split("/", _PARTS - 1) if code else []
        if is_csv(answer):
            return select_series(_series_in_table(read_csv(read_text(answer.body)), answer.url, code), code)
        document = json_of(answer, self._error_context, named_error)
        series = _series_in(document, asked)
        if code is not None and not series and document.get("errors"):
            raise _said(document["errors"], self._error_context)
        return select_series(series, code)


def named_error(document: Any, answer: RawResponse, context: ErrorContext) -> FetchError | None:
    """Return the error of an answer without series."""
    if not isinstance(document, dict):
        return AnswerNotUnderstood("The answer is a JSON list where an object must be.")
    if "series" in document:
        errors, series = document.get("errors"), document["series"]
        return _said(errors, context) if errors and not (isinstance(series, dict) and series.get("docs")) else None
    message = document.get("message")
    if not message:
        return None
    if not is_success(answer):
        return status_error(answer, context)
    return _by_words(context.quoted(str(message)))


def _said(errors: Any, context: ErrorContext) -> FetchError:
    every = errors if isinstance(errors, list) else [errors]
    messages = [str(error.get("message", "")) if isinstance(error, dict) else str(error) for error in every]
    return _by_words(context.quoted("; ".join(messages)))


def _by_words(said: str) -> FetchError:
    return (DatasetNotFound if "not found" in said.casefold() else AnswerNotUnderstood)(f"DBnomics refuses: {said}")


def _named_search_error(document: Any, answer: RawResponse, context: ErrorContext) -> FetchError | None:
    if not isinstance(document, dict) or "results" not in document:
        return named_error(document, answer, context)
    return _said(document["errors"], context) if document.get("errors") else None


def _data_set_hit(doc: Mapping[str, Any]) -> SearchHit | None:
    names = text_of(doc.get("provider_code")), text_of(doc.get("code"))
    count = doc.get("nb_matching_series") or doc.get("nb_series")
    said = f"{count:,} series" if isinstance(count, int) else ""
    return search_hit(
        "DBNOMICS",
        "/".join(names) if all(names) else "",
        doc.get("name"),
        description=", ".join(filter(None, (text_of(doc.get("provider_name")), said))),
        is_series=False,
        lists_series=True,
        hint="A data set: search its series, or write the code of one behind it.",
    )


def _series_hit(doc: Mapping[str, Any]) -> SearchHit | None:
    names = [text_of(doc.get(name)) for name in ("provider_code", "dataset_code", "series_code")]
    return search_hit(
        "DBNOMICS",
        "/".join(names) if all(names) else "",
        doc.get("series_name"),
        description=doc.get("dataset_name"),
        frequency=_FREQUENCIES.get(str(doc.get("@frequency"))),
    )


def _series_in(document: Any, asked: Sequence[str]) -> Sequence[ParsedSeries]:
    found = document.get("series")
    if not isinstance(found, dict):
        raise AnswerNotUnderstood("The answer holds no series.")
    provider = document.get("provider")
    facts = provider if isinstance(provider, dict) else {}
    return [_series(doc, facts, asked) for doc in objects(found.get("docs", found.get("data")), "series")]


def _names(doc: Mapping[str, Any], provider: Mapping[str, Any], asked: Sequence[str]) -> Sequence[str]:
    """Return the three parts of a series' code, as far as it has them; the release that is asked for as ``latest`` has two names."""
    said = [doc.get("provider_code") or provider.get("code"), doc.get("dataset_code"), doc.get("series_code")]
    names = [str(name) if name else default for name, default in zip_longest(said, asked, fillvalue="")]
    if len(asked) == _PARTS and asked[1].casefold() == f"{names[1].partition(':')[0]}:latest".casefold():
        names[1] = asked[1]
    return names


def _series(doc: Mapping[str, Any], provider: Mapping[str, Any], asked: Sequence[str]) -> ParsedSeries:
    code = code_for("DBNOMICS", *_names(doc, provider, asked))
    periods, values = doc.get("period_start_day") or doc.get("period"), doc.get("value")
    if not isinstance(periods, list) or not isinstance(values, list) or len(periods) != len(values):
        raise AnswerNotUnderstood(f"{code} comes without observations.", hint="Ask with observations=1.")
    axis = read_periods(periods, _PERIODS)
    # A week that is written as a day may begin or end on it.
    said = doc.get("period")
    is_day = isinstance(said, list) and read_days([str(text) for text in said]) is not None
    state = observations(axis, {_COLUMN: numbers(values, str(code))}, _flags(doc.get("observations_attributes"), len(values)))
    metadata = Metadata(
        name=text_of(doc.get("series_name") or doc.get("series_code")),
        description=text_of(doc.get("dataset_name")),
        frequency=_FREQUENCIES.get(str(doc.get("@frequency")), axis.frequency),
        source=text_of(provider.get("name")),
        attribution=text_of(provider.get("name")),
        terms=text_of(provider.get("terms_of_use")),
        extra={
            "dates": "the day itself" if is_day else Anchor.START.of(),
            "dimensions": texts_of(doc.get("dimensions")),
            **({FLAGS: meanings_of(state.flags.codes, {})} if state.flags else {}),
        },
    )
    return one_state(code, metadata, state)


def _flags(attributes: Any, count: int) -> Sequence[str]:
    """Return the flags among the attributes, which come as pairs of a name and a list of so many texts."""
    pairs = [pair for pair in attributes if isinstance(pair, list) and len(pair) == 2] if isinstance(attributes, list) else []  # noqa: PLR2004
    found = {
        name: list(map(text_of, texts))
        for name, texts in pairs
        if isinstance(name, str) and is_flag(name) and isinstance(texts, list) and len(texts) == count
    }
    return [flag_of(dict(zip(found, row, strict=True))) for row in zip(*found.values(), strict=True)]


def _series_in_table(table: Table, url: str, asked: DatasetCode | None) -> Sequence[ParsedSeries]:
    """Read a table of periods, with a column for each series that ends in its code in brackets; an only one may have none."""
    rows = list(rows_of(table))
    axis = read_periods((row[0] for row in rows), _PERIODS)
    named = [(title, [row[i] for row in rows]) for i, title in enumerate(table.names[1:], 1)]
    columns = number_columns(named, decimals=table.decimals, typed=[True] * len(named), fault=table.fault)
    series = []
    for i, (title, column) in enumerate(zip(table.names[1:], filter(None, columns), strict=True), 1):
        match, is_only = _SERIES_IN_NAME.search(title), i == len(table.names) - 1 == 1
        match = match or (_SERIES_IN_URL.search(unquote(url)) if is_only and not asked else None)
        code = asked if asked and is_only and not match else code_for("DBNOMICS", match[1] if match else title)
        metadata = Metadata(
            name=storable(_SERIES_IN_NAME.sub("", title).strip()),
            unit=column.unit,
            frequency=axis.frequency,
            extra={"dates": axis.convention},
        )
        series.append(one_state(code, metadata, observations(axis, {_COLUMN: column.values})))
    return series


PROVIDER = ProviderSpec(
    provider_api=2,
    name="dbnomics",
    title="DBnomics",
    databases=("DBNOMICS",),
    terms=Terms(
        attribution="DBnomics, and the provider of each series",
        url="https://db.nomics.world/docs/legal/",
        redistribution=Redistribution.ATTRIBUTION,
    ),
    open=lambda _options, http: DbnomicsSource(http),
    options=base_url_option("https://api.db.nomics.world/v22"),
    search=SearchKind.QUERY,
    adapter_version=2,
)
