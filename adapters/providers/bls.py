"""
The U.S. Bureau of Labor Statistics.

A code is the series' own, as in ``BLS/LNS14000000``. Where a series has periods of several lengths, the shortest has the
bare code; the others have the kind of their periods behind a dot: ``BLS/CUUR0000SA0.M13`` are the annual averages of the
monthly ``BLS/CUUR0000SA0``, Q05 and S03 those of quarters and halves; S are halves. Averages are asked for by name.
Dates are the first days of the periods; "-" is a missing value.
A key is free and needed for averages only; with one, an answer spans 20 years in place of 10 and more calls a day are permitted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.session import ProviderSession
from adapters.provider_kit.http.status_errors import ErrorContext, key_missing, key_rejected, retry_after
from adapters.provider_kit.parsing.columns import number_column, observations
from adapters.provider_kit.parsing.documents import json_of, objects
from adapters.provider_kit.parsing.flag_codes import code_of, joined, meanings_of
from adapters.provider_kit.parsing.periods import read_periods
from adapters.provider_kit.parsing.select import another_series, code_for, one_state, select_series
from adapters.provider_kit.spec import ProviderSpec, in_capitals
from adapters.provider_kit.text import text_of
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound, FetchError, RateLimited, SourceUnavailable
from domain.frequency import Frequency
from domain.periods import Anchor
from domain.ports import Fetched, ParsedSeries, PriorState, RawResponse
from domain.providers import Limit, Redistribution, Terms
from domain.schedules.calendar import ReleaseRule
from domain.series import FLAGS, Metadata

_SERIES_ID = re.compile(r"([A-Z0-9_#\-]+)(?:\.(M|M13|Q|Q05|S|S03|A))?", re.IGNORECASE)
_PERIOD = re.compile(r"(?:(M)(0[1-9]|1[0-2])|(Q)0([1-4])|(S)0([12])|(A)01|(M13|Q05|S03))")
_FIRST_YEAR = 1900
_YEARS_WITH_KEY, _YEARS_WITHOUT = 20, 10
_KINDS = {
    "M": Frequency.MONTHLY,
    "Q": Frequency.QUARTERLY,
    "S": Frequency.SEMIANNUAL,
    "A": Frequency.ANNUAL,
    "M13": Frequency.ANNUAL,
    "Q05": Frequency.ANNUAL,
    "S03": Frequency.ANNUAL,
}
_AVERAGES = ("M13", "Q05", "S03")
#: The begin of a series id, which names its survey → the title of the survey's news release in the bureau's calendar.
_NEWS = {
    "CU": "Consumer Price Index",
    "CW": "Consumer Price Index",
    "SU": "Consumer Price Index",
    "LN": "Employment Situation",
    "CE": "Employment Situation",
    "WP": "Producer Price Index",
    "PC": "Producer Price Index",
    "EI": "Import and Export Price Indexes",
    "JT": "Job Openings and Labor Turnover",
    "CI": "Employment Cost Index",
    "CM": "Employer Costs for Employee Compensation",
    "PR": "Productivity and Costs",
    "LA": "State Employment and Unemployment",
    "SM": "State Employment and Unemployment",
    "EN": "County Employment and Wages",
    "BD": "Business Employment Dynamics",
}
#: Period, value and flag.
_Row = tuple[str, Any, str]
_FOOTNOTE = "footnote"
_NONE_SUCH = ("does not exist", "invalid series", "no series")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options: the registration key, which the API takes in the query only, and what stands before ``/timeseries``."""

    api_key: str = field(default="", repr=False)
    base_url: str = "https://api.bls.gov/publicAPI/v2"


def windows(last_year: int, years: int) -> Iterator[tuple[int, int]]:
    """Return the first and last years to ask for, newest first."""
    for end in range(last_year, _FIRST_YEAR - 1, -years):
        yield max(end - years + 1, _FIRST_YEAR), end


def parts_of(code: DatasetCode) -> tuple[str, str]:
    """
    Return the series' own code and the kind of its periods, which is empty for the shortest.

    Raises:
        DatasetNotFound: the code is none of the Bureau's.

    """
    match = _SERIES_ID.fullmatch(code.dataset)
    if match is None:
        raise DatasetNotFound(f"{code} is not a code of a series.", hint="Write it as BLS/LNS14000000.")
    return match[1], (match[2] or "").upper()


class BlsSource:
    """The data source of the Bureau of Labor Statistics."""

    def __init__(self, options: Options, http: HttpClient) -> None:
        self._http = http
        self._years = _YEARS_WITH_KEY if options.api_key else _YEARS_WITHOUT
        self._catalog = {"catalog": "true"} if options.api_key else {}
        self._secret = {"registrationkey": options.api_key} if options.api_key else {}
        self._error_context = ErrorContext(host=http.host, key=options.api_key, key_variable=http.variable("api_key"))

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        """Fetch a series window by window, back to the first year: years without data may stand between others."""
        name, kind = parts_of(code)
        calls = ProviderSession(self._http, secret_params=self._secret)
        rows: list[dict[str, Any]] = []
        catalog: Any = None
        more = {**self._catalog, **({"annualaverage": "true"} if kind in _AVERAGES else {})}
        for start, end in windows(datetime.now(UTC).year, self._years):
            answer = calls.get(("timeseries", "data", name), {"startyear": str(start), "endyear": str(end), **more})
            [found] = _named(self._series(answer), name)[:1] or [{}]
            catalog = catalog or found.get("catalog")
            rows += [row for row in _rows(found) if start <= int(row["year"]) <= end]
        series = _by_kind(name, rows, catalog, kind)
        if rows and kind and not any(one.code.dataset.endswith(f".{kind}") for one in series):
            raise self._none_of(code, kind)
        return calls.fetched(select_series(series, code)[0], PROVIDER.adapter_version)

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        """Read an answer; of a series that comes in several windows, one of them."""
        found = self._series(answer)
        name, kind = parts_of(code) if code else ("", "")
        named = [(name or str(one.get("seriesID")), one) for one in (_named(found, name) if code else found)]
        return select_series([one for own, each in named for one in _by_kind(own, _rows(each), each.get("catalog"), kind)], code)

    def _none_of(self, code: DatasetCode, kind: str) -> FetchError:
        if kind in _AVERAGES and not self._error_context.key:
            return key_missing(f"The Bureau sends no averages of {code} without a key.", self._error_context)
        return DatasetNotFound(f"The Bureau has the series of {code}, but no periods {kind} of it.")

    def _series(self, answer: RawResponse) -> Sequence[dict[str, Any]]:
        document = json_of(answer, self._error_context, named_error)
        results = document.get("Results")
        results = results[0] if isinstance(results, list) and results else results
        if not isinstance(results, dict):
            raise AnswerNotUnderstood("The answer holds no results.")
        series = objects(results.get("series"), "series")
        if not any(found.get("data") for found in series):
            error = _by_words(_messages(document), answer, self._error_context)
            if isinstance(error, DatasetNotFound):
                raise error
        return series


def named_error(document: Any, answer: RawResponse, context: ErrorContext) -> FetchError | None:
    """Return the error that a document reports; the status is 200 all the same."""
    if not isinstance(document, dict) or "status" not in document:
        return AnswerNotUnderstood("The answer is JSON of another shape than the Bureau's.")
    if str(document["status"]) == "REQUEST_SUCCEEDED":
        return None
    return _by_words(_messages(document), answer, context)


def _messages(document: Mapping[str, Any]) -> str:
    messages = document.get("message")
    return "; ".join(map(str, messages)) if isinstance(messages, list) else str(messages or "")


def _by_words(messages: str, answer: RawResponse, context: ErrorContext) -> FetchError:
    said = context.quoted(messages)
    text, words = f"The Bureau refuses: {said or 'it gives no reason.'}", said.casefold()
    if any(none_such in words for none_such in _NONE_SUCH):
        return DatasetNotFound(text)
    if "threshold" in words or "exceeded" in words:
        return RateLimited(text, retry_after=retry_after(answer))
    if "key" in words and ("invalid" in words or "provided" in words):
        return key_rejected(text, context) if context.key else key_missing(text, context)
    if any(passing in words for passing in ("try again", "unavailable", "experienc")):
        return SourceUnavailable(text, retry_after=retry_after(answer))
    return AnswerNotUnderstood(text)


def _rows(found: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    if "data" not in found and found:
        raise AnswerNotUnderstood("The answer names series and holds no data of them.")
    rows = objects(found.get("data", []), "data")
    if not all(str(row.get("year")).isdecimal() and "value" in row for row in rows):
        raise AnswerNotUnderstood("A row of the answer has no year or no value.")
    return rows


def _named(series: Sequence[dict[str, Any]], name: str) -> Sequence[dict[str, Any]]:
    """Return the series of this name; raises AnswerNotUnderstood if all have another."""
    found = [one for one in series if str(one.get("seriesID") or name).casefold() == name.casefold()]
    if series and not found:
        raise another_series(str(series[0]["seriesID"]), name)
    return found


def _by_kind(name: str, rows: Iterable[Mapping[str, Any]], catalog: Any, asked: str = "") -> Sequence[ParsedSeries]:
    """Part the rows by the length of their periods, of which the shortest has the bare name unless it is asked for by its kind."""
    groups: dict[str, list[_Row]] = defaultdict(list)
    meanings: dict[str, str] = {}
    for row in rows:
        kind, part = _kind(str(row.get("period")))
        notes = _footnotes(row)
        meanings |= {code: text or meanings.get(code, "") for code, text in notes.items()}
        groups[kind].append((f"{row['year']}{part}", row["value"], joined(notes)))
    kinds = sorted(groups, key=list(_KINDS).index) or [asked or "M"]
    bare = {kinds[0]} - {asked}
    return [_series(name if kind in bare else f"{name}.{kind}", kind, groups[kind], (catalog, meanings)) for kind in kinds]


def _footnotes(row: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the codes of a row's footnotes with their texts; most rows have one without either."""
    listed = row.get("footnotes")
    notes = [note for note in listed if isinstance(note, dict)] if isinstance(listed, list) else []
    return {code: text_of(note.get("text")) for note in notes if (code := code_of(_FOOTNOTE, str(note.get("code") or "")))}


def _kind(period: str) -> tuple[str, str]:
    match = _PERIOD.fullmatch(period)
    if match is None:
        raise AnswerNotUnderstood(f"The period {period[:10]!r} is not one of the Bureau's.")
    if match[8]:
        return match[8], ""
    kind = next(filter(None, (match[1], match[3], match[5], match[7])))
    return kind, "" if kind == "A" else period


def _series(name: str, kind: str, rows: Sequence[_Row], said: tuple[Any, Mapping[str, str]]) -> ParsedSeries:
    """Return a series, of which the catalogue and the footnotes' texts are said."""
    catalog, meanings = said
    facts = catalog if isinstance(catalog, dict) else {}
    axis = read_periods(period for period, _, _ in rows)
    values = number_column([value for _, value, _ in rows], name)
    state = observations(axis, {"Value": values.values}, [flag for _, _, flag in rows])
    flags = {FLAGS: meanings_of(state.flags.codes, meanings)} if state.flags else {}
    metadata = Metadata(
        name=text_of(facts.get("series_title")) or name,
        description=text_of(facts.get("survey_name")),
        unit=text_of(facts.get("measure_data_type")) or values.unit,
        frequency=_KINDS[kind],
        seasonal_adjustment=text_of(facts.get("seasonality")),
        source=PROVIDER.title,
        attribution=PROVIDER.terms.attribution,
        extra={"dates": Anchor.START.of(), **flags},
    )
    return one_state(code_for("BLS", name), metadata, state)


PROVIDER = ProviderSpec(
    provider_api=2,
    name="bls",
    title="U.S. Bureau of Labor Statistics",
    databases=("BLS",),
    terms=Terms(
        attribution="U.S. Bureau of Labor Statistics",
        url="https://www.bls.gov/developers/termsOfService.htm",
        redistribution=Redistribution.OPEN,
    ),
    adapter_version=3,
    open=BlsSource,
    own_spelling=in_capitals,
    options=Options,
    zone="America/New_York",
    releases=ReleaseRule(url="https://www.bls.gov/schedule/news_release/bls.ics", titles=_NEWS),
    limits=(Limit(50, 10), Limit(500, 86_400)),
    limits_without_key=(Limit(50, 10), Limit(25, 86_400)),
    key_url="https://data.bls.gov/registrationEngine/",
)
