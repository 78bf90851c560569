"""FRED and ALFRED, one host: what is asked, in which order, and what its refusals mean."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from adapters.provider_kit.hits import only_hits, search_hit
from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.status_errors import ErrorContext, is_success, key_missing, key_rejected, status_error
from adapters.provider_kit.parsing.limits import ROWS
from adapters.provider_kit.parsing.select import another_series, check_named
from adapters.provider_kit.spec import ProviderSpec
from adapters.providers.fred.answers import BEGINNING, END, States, day_of, frequency_of, listed, metadata, names_in, read_document, states
from adapters.providers.fred.releases import release_dates, release_id
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound, FetchError
from domain.frequency import Frequency
from domain.ports import Fetched, ParsedSeries, PriorState, RawResponse
from domain.schedules.calendar import ReleaseEvent
from domain.searching import SearchHit
from domain.vintages import Origin

BASE_URL = "https://api.stlouisfed.org/fred"

_ID = re.compile(r"[A-Za-z0-9_]{1,40}")
_VINTAGES_A_QUERY = 2_000
_DAYS_A_PAGE = 10_000
_ROWS_A_PAGE = 100_000
_NO_VINTAGES = "ALFRED"
#: The latest of a release, planned ones included; more is not given at once.
_RELEASE_DATES = 1_000


@dataclass(frozen=True, slots=True)
class FredVariant:
    """
    What is FRED's or ALFRED's own.

    Attributes:
        whole_history: whether all vintages are wanted of a series of this frequency, or only those from now on.

    """

    spec: ProviderSpec
    whole_history: Callable[[Frequency | None], bool]

    @property
    def attribution(self) -> str:
        """The provider's, for its series' metadata."""
        return self.spec.terms.attribution


class FredSource:
    """The data source of FRED."""

    def __init__(self, key: str, http: HttpClient, variant: FredVariant) -> None:
        self._key, self._http, self._variant = key, http, variant
        self._error_context = ErrorContext(host=http.host, key=key, key_variable=http.variable("api_key"))

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        if not _ID.fullmatch(code.dataset):
            raise DatasetNotFound(f"{code} is no code of FRED.", hint="Its ids are made of letters, digits and _, as GDP.")
        return _FredFetch(self._ask, self._variant, code.dataset, self._http.deadline()).fetch(known)

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        document, facts = self._read(answer), metadata(None, self._variant.attribution)
        names, several = names_in(document), document.get("columns", {})
        if code and names and code.dataset.casefold() not in map(str.casefold, names):
            raise another_series(", ".join(names), str(code))
        wanted = [name for name in several if not code or name.casefold() == code.dataset.casefold()]
        found: dict[str, Mapping[str, Any]] = {_id(name): {"observations": several[name], "column": name} for name in wanted}
        found = found or {_id_in(answer.url): document}
        [database] = self._variant.spec.databases
        return [ParsedSeries(code=code or DatasetCode(database, name), metadata=facts, vintages=states(found[name])) for name in found]

    def search(self, text: str, limit: int) -> Sequence[SearchHit]:
        params = {"search_text": text, "limit": str(limit)}
        _, document = self._ask(("series", "search"), params, self._http.deadline())
        [database] = self._variant.spec.databases
        rows = [row for row in listed(document, "seriess") if isinstance(row, dict)]
        return only_hits(
            search_hit(
                database,
                row.get("id"),
                row.get("title"),
                description=row.get("notes"),
                frequency=frequency_of(row),
                unit=row.get("units"),
                first=row.get("observation_start"),
                last=row.get("observation_end"),
            )
            for row in rows
        )

    def release_of(self, code: DatasetCode) -> str:
        _, document = self._ask(("series", "release"), {"series_id": code.dataset}, self._http.deadline())
        return release_id(document)

    def release_dates(self, release: str) -> Sequence[ReleaseEvent]:
        days = {"include_release_dates_with_no_data": "true", "sort_order": "desc", "limit": str(_RELEASE_DATES), "release_id": release}
        _, document = self._ask(("release", "dates"), days, self._http.deadline())
        return release_dates(document)

    def _ask(self, segments: Sequence[str], params: Mapping[str, str], until: float) -> tuple[RawResponse, Mapping[str, Any]]:
        answer = self._http.get(segments, {**params, "file_type": "json"}, secret_params={"api_key": self._key}, until=until)
        return answer, self._read(answer)

    def _read(self, answer: RawResponse) -> Mapping[str, Any]:
        try:
            document = read_document(answer.body)
        except FetchError as exc:
            if is_success(answer):
                raise
            raise status_error(answer, self._error_context) from exc
        if "error_code" in document or not is_success(answer):
            raise self._error(document, answer)
        return document

    def _error(self, document: Mapping[str, Any], answer: RawResponse) -> FetchError:
        said = self._error_context.quoted(str(document.get("error_message") or document.get("message") or ""))
        code = str(document.get("error_code", ""))
        status = int(code) if code.isdecimal() and is_success(answer) else answer.status
        if "api_key" in said:
            return (key_missing if "not set" in said else key_rejected)(f"FRED refuses: {said}", self._error_context)
        if status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND) and ("does not exist" in said or "series_id" in said):
            return DatasetNotFound(f"FRED says: {said}")
        return status_error(RawResponse(body=answer.body, status=status, headers=answer.headers, url=answer.url), self._error_context, said)


class _FredFetch:
    """One fetch of one series."""

    def __init__(self, ask: Callable[..., tuple[RawResponse, Mapping[str, Any]]], variant: FredVariant, series: str, until: float) -> None:
        self._ask, self._variant, self._series, self._until = ask, variant, series, until
        self._sha, self._first_url = hashlib.sha256(), ""

    def fetch(self, known: PriorState) -> Fetched:
        answer, described = self._get("series")
        facts = metadata(described, self._variant.attribution)
        told = next((each for each in listed(described, "seriess") if isinstance(each, dict)), {})
        check_named(told.get("id"), self._series)
        validators = {"last_updated": str(told["last_updated"])} if "last_updated" in told else {}
        if validators.get("last_updated") and known.validators == validators:
            return Fetched.unchanged(self._origin(answer.url), validators)
        every = self._vintage_days()
        days = self._wanted(every, known, whole=self._variant.whole_history(facts.frequency))
        found = self._history(days, since=BEGINNING if days == every else days[0].isoformat()) if days else self._now()
        return Fetched(metadata=facts, vintages=found, origin=self._origin(self._first_url), validators=validators)

    def _wanted(self, days: Sequence[date], known: PriorState, *, whole: bool) -> Sequence[date]:
        """Choose the vintages to ask for: the newest one kept again, because it may have been corrected, and the later ones."""
        since = known.newest.published if known.newest else None
        if since is None:
            return days if whole else days[-1:]
        return [day for day in days if day.isoformat() >= since.isoformat()[:10]] or days[-1:]

    def _vintage_days(self) -> Sequence[date]:
        days: list[date] = []
        while True:
            page = {"limit": str(_DAYS_A_PAGE), "offset": str(len(days))}
            try:
                _, document = self._get("series", "vintagedates", **page)
            except DatasetNotFound as error:
                if _NO_VINTAGES in error.message:
                    return []
                raise
            listing = listed(document, "vintage_dates")
            days += map(day_of, listing)
            ROWS.check(len(days))
            if len(listing) < _DAYS_A_PAGE:
                return sorted(set(days))

    def _history(self, days: Sequence[date], since: str) -> States:
        found = [state for part in _parts(days, since) for state in self._states(*part)]
        if not found:
            raise AnswerNotUnderstood("FRED names vintages of the series, but sends no observations of them.")
        return found

    def _states(self, days: Sequence[date], window: tuple[str, str]) -> States:
        return states(self._observations(realtime_start=window[0], realtime_end=window[1]), days)

    def _now(self) -> States:
        """Ask for the state of today, which carries no label."""
        return states({**self._observations(), "output_type": "4"})

    def _observations(self, **window: str) -> Mapping[str, Any]:
        rows: list[Any] = []
        while True:
            page = {"limit": str(_ROWS_A_PAGE), "offset": str(len(rows))}
            answer, document = self._get("series", "observations", **window, **page)
            self._sha.update(answer.sent)
            self._first_url = self._first_url or answer.url
            part = listed(document, "observations")
            rows += part
            ROWS.check(len(rows))
            if len(part) < _ROWS_A_PAGE:
                return {**document, "observations": rows}

    def _get(self, *segments: str, **params: str) -> tuple[RawResponse, Mapping[str, Any]]:
        return self._ask(segments, {"series_id": self._series, **params}, self._until)

    def _origin(self, url: str) -> Origin:
        return Origin(request=url, response_sha256=self._sha.hexdigest(), adapter_version=self._variant.spec.adapter_version)


def _parts(days: Sequence[date], since: str) -> Iterator[tuple[Sequence[date], tuple[str, str]]]:
    """Cut the vintages into what one query may span, each part with its window."""
    for first in range(0, len(days), _VINTAGES_A_QUERY):
        part, later = days[first : first + _VINTAGES_A_QUERY], days[first + _VINTAGES_A_QUERY :]
        yield part, (part[0].isoformat() if first else since, (later[0] - timedelta(days=1)).isoformat() if later else END)


def _id_in(url: str) -> str:
    query = parse_qs(urlsplit(url).query)
    return _id((query.get("series_id") or query.get("id") or [""])[0])


def _id(named: str) -> str:
    return named if _ID.fullmatch(named) else "UNNAMED"
