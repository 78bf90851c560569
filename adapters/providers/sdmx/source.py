"""A statistical agency: its facts as a provider has them, how it is asked, and how its series are named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.status_errors import ErrorContext, is_success, status_error
from adapters.provider_kit.options import base_url_option, variable
from adapters.provider_kit.parsing.bodies import plain
from adapters.provider_kit.parsing.periods import STATISTICS
from adapters.provider_kit.spec import ProviderSpec
from adapters.provider_kit.statistics.eurofxref import ALL
from adapters.provider_kit.statistics.naming import Naming, read_series
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound, FetchError
from domain.ports import Fetched, ParsedSeries, PriorState, RawResponse
from domain.providers import Limit, Terms

_ACCEPT = "application/vnd.sdmx.genericdata+xml;version=2.1, application/xml;q=0.9, */*;q=0.5"


@dataclass(frozen=True, kw_only=True)
class Agency:
    """
    A provider's facts, as in ``ProviderSpec``, and the rest of its entry in the table.

    Attributes:
        base_url: under which ``path`` lies; empty if only the operator can know.
        path: of the data of ``{flow}`` and ``{key}``; ``{code}`` is both, ``{parts[0]}`` the key's first value.
        bare: the path for a code without a key.
        params: the query, with the same names.
        accept: the formats that are asked for by header.
        identity, order: as in ``Naming``.
        letters: what letters in its periods mean, such as T for a quarter, where that is not the SDMX standard.
        own_format: reads an answer in a format that is the agency's alone, or returns None where it is in another.

    """

    name: str
    title: str
    databases: tuple[str, ...]
    terms: Terms
    example: str
    base_url: str
    path: str = "data/{flow}/{key}"
    bare: str = "data/{flow}"
    params: Mapping[str, str] = field(default_factory=dict)
    accept: str = _ACCEPT
    identity: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    adapter_version: int = 1
    letters: Mapping[str, str] = field(default_factory=dict)
    own_format: Callable[[bytes, DatasetCode, str], Sequence[ParsedSeries] | None] | None = None

    @cached_property
    def spec(self) -> ProviderSpec:
        """Return the provider; its one option is the base URL."""
        return ProviderSpec(
            provider_api=2,
            name=self.name,
            title=self.title,
            databases=self.databases,
            example=self.example,
            terms=self.terms,
            open=lambda _options, http: AgencySource(self, http),
            options=base_url_option(self.base_url),
            limits=self.limits,
            adapter_version=self.adapter_version,
            problem=self._problem,
        )

    def _problem(self, options: Any) -> str:
        return "" if options.base_url else f"Set {variable(self.name, 'base_url')} to the address of the service."

    @cached_property
    def naming(self) -> Naming:
        """How its series are named."""
        return Naming(
            database=self.databases[0],
            identity=self.identity,
            order=self.order,
            attribution=self.terms.attribution,
            letters=self.letters,
            forms=replace(STATISTICS, letters={**STATISTICS.letters, **self.letters}) if self.letters else STATISTICS,
        )

    def request(self, code: DatasetCode) -> tuple[Sequence[str], Mapping[str, str]]:
        """
        Build the request for a series: path segments and a query.

        Raises:
            DatasetNotFound: the agency has no such codes.

        """
        flow, key = self.naming.parts(code)
        path = self.path if key else self.bare
        fill = partial(_filled, flow=flow, key=key, code=code.dataset, parts=key.split("."))
        try:
            segments = [fill(segment) for segment in path.split("/") if segment]
            params = {name: fill(text) for name, text in self.params.items()}
        except IndexError as exc:
            raise DatasetNotFound(f"{code} is not a code of {self.title}.", hint=f"Write it as {self.example}.") from exc
        return [part for segment in segments for part in segment.split("/")], params


class AgencySource:
    """The data source of one agency."""

    def __init__(self, agency: Agency, http: HttpClient) -> None:
        self._agency, self._http = agency, http
        self._error_context = ErrorContext(host=http.host)

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        segments, params = self._agency.request(code)
        answer = self._http.get(segments, params, {"Accept": self._agency.accept})
        [series] = self.parse(code, answer)
        origin = self._agency.spec.origin(answer.url, answer.body)
        return Fetched(metadata=series.metadata, vintages=series.vintages, origin=origin)

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        # Imported late: every command that lists providers loads this module, but only a fetch needs the formats.
        from adapters.provider_kit.statistics.formats import read_answer

        answer = plain(answer)
        if self._agency.own_format and is_success(answer):
            own = self._agency.own_format(answer.body, code or DatasetCode(self._agency.databases[0], ALL), self._agency.terms.attribution)
            if own is not None:
                return own
        try:
            found = read_answer(answer).all()
        except FetchError as exc:
            if is_success(answer) or not isinstance(exc, AnswerNotUnderstood):
                raise
            raise status_error(answer, self._error_context) from exc
        if not is_success(answer):
            raise status_error(answer, self._error_context)
        return read_series(found, self._agency.naming, code)


def _filled(text: str, **names: Any) -> str:
    return text.format(**names)
