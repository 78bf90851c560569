"""A statistical agency: its facts as a provider has them, how it is asked, and how its series are named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, make_dataclass, replace
from functools import cached_property, partial
from typing import Any

from adapters.provider_kit.hits import only_hits, search_hit
from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.status_errors import ErrorContext, is_success, status_error
from adapters.provider_kit.options import base_url_option, variable
from adapters.provider_kit.parsing.period_texts import FORMS, STATISTICS
from adapters.provider_kit.spec import ProviderSpec
from adapters.provider_kit.statistics.conventions import Conventions
from adapters.provider_kit.statistics.eurofxref import ALL
from adapters.provider_kit.statistics.naming import Naming, read_series
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound
from domain.ports import Fetched, ParsedSeries, PriorState, RawResponse
from domain.providers import Limit, Terms
from domain.schedules.calendar import ReleaseRule
from domain.searching import SearchHit, SearchKind

_ASKS_FOR_SERIES = ("{key}", "{code}", "{parts")
_LETTER = re.compile(rf"([A-Z])=({'|'.join(FORMS)})")
_ACCEPT_FLOWS = "application/vnd.sdmx.structure+xml;version=2.1, application/xml;q=0.9, */*;q=0.5"
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
        letters: the forms of letters in its periods, such as T for a quarter, where they are not the SDMX standard's.
        frequencies, attributes, doubtful: as in ``Conventions``.
        is_any: whether it stands for any service, whose letters the operator says in an option.
        flows, flow_params: path and query of the list of its data flows; without a path it is not searched.
        flow_code: how a flow is written in a code, with ``{id}`` and ``{agency}``.
        own_format: reads an answer in a format that is the agency's alone, or returns None where it is in another.
        zone, releases: as in ``ProviderSpec``.

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
    adapter_version: int = 2
    letters: Mapping[str, str] = field(default_factory=dict)
    frequencies: Mapping[str, str] = field(default_factory=dict)
    attributes: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    is_any: bool = False
    flows: str = ""
    flow_params: Mapping[str, str] = field(default_factory=dict)
    flow_code: str = "{id}"
    own_format: Callable[[bytes, DatasetCode, str], Sequence[ParsedSeries] | None] | None = None
    zone: str = ""
    releases: ReleaseRule | None = None

    @cached_property
    def spec(self) -> ProviderSpec:
        """Return the provider, whose options are the base URL and for any service its letters."""
        return ProviderSpec(
            provider_api=2,
            name=self.name,
            title=self.title,
            databases=self.databases,
            example=self.example,
            terms=self.terms,
            open=self._open,
            any_case=True,
            options=_any_options(self.base_url) if self.is_any else base_url_option(self.base_url),
            limits=self.limits,
            adapter_version=self.adapter_version,
            problem=self._problem,
            search=SearchKind.LIST if self.flows else None,
            zone=self.zone,
            releases=self.releases,
        )

    def _open(self, options: Any, http: HttpClient) -> AgencySource:
        letters = _letters(options.letters) if self.is_any else None
        return AgencySource(replace(self, letters=letters, frequencies=letters) if letters else self, http)

    def _problem(self, options: Any) -> str:
        if self.is_any and _letters(options.letters) is None:
            return f"{variable(self.name, 'letters')} is not written as K=Q,U=W: a letter, and what it means of {', '.join(FORMS)}."
        return "" if options.base_url else f"Set {variable(self.name, 'base_url')} to the address of the service."

    @cached_property
    def naming(self) -> Naming:
        """How its series are named."""
        return Naming(
            database=self.databases[0],
            identity=self.identity,
            order=self.order,
            attribution=self.terms.attribution,
            conventions=Conventions(
                forms=STATISTICS.with_letters(self.letters),
                frequencies=self.frequencies,
                attributes=frozenset(self.attributes),
                doubtful=frozenset(self.doubtful),
            ),
            in_whole_tables=not any(part in text for text in (self.path, *self.params.values()) for part in _ASKS_FOR_SERIES),
            hint=f"Say what a letter of its periods means in {variable(self.name, 'letters')}, such as K=Q." if self.is_any else "",
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
        origin = self._agency.spec.origin(answer.url, answer.sent)
        return Fetched(metadata=series.metadata, vintages=series.vintages, origin=origin, dialect=series.dialect)

    def search(self, text: str, limit: int) -> Sequence[SearchHit]:
        """List the data flows."""
        from adapters.provider_kit.statistics.flow_list import read_flows

        agency = self._agency
        answer = self._http.get(agency.flows.split("/"), agency.flow_params, {"Accept": _ACCEPT_FLOWS})
        with self._checked_status(answer):
            flows = read_flows(answer.body)
        hint = f"A data flow of many series: write the key of one behind it, as in {agency.example}."
        named = ((agency.flow_code.format(id=flow.id, agency=flow.agency), flow) for flow in flows)
        return only_hits(
            search_hit(agency.databases[0], code, flow.name, description=flow.description, is_series=False, hint=hint)
            for code, flow in named
        )

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        # Imported late: every command that lists providers loads this module, but only a fetch needs the formats.
        from adapters.provider_kit.statistics.formats import read_answer

        if self._agency.own_format and is_success(answer):
            own = self._agency.own_format(answer.body, code or DatasetCode(self._agency.databases[0], ALL), self._agency.terms.attribution)
            if own is not None:
                return own
        with self._checked_status(answer):
            found = read_answer(answer, self._agency.naming.conventions).all()
        return read_series(found, self._agency.naming, code)

    @contextmanager
    def _checked_status(self, answer: RawResponse) -> Iterator[None]:
        """Raise the error of a failed answer's status behind the block, unless reading it there has found a more exact one."""
        try:
            yield
        except AnswerNotUnderstood as exc:
            if is_success(answer):
                raise
            raise status_error(answer, self._error_context) from exc
        if not is_success(answer):
            raise status_error(answer, self._error_context)


def _any_options(base_url: str) -> type[Any]:
    """Return the options of any service: its address, and what letters in its periods mean, such as ``K=Q,U=W``."""
    fields = [("base_url", str, field(default=base_url)), ("letters", str, field(default=""))]
    return make_dataclass("Options", fields, frozen=True, kw_only=True)


def _letters(text: str) -> dict[str, str] | None:
    """Return what letters mean; None if the text does not say it."""
    found = [_LETTER.fullmatch(part.strip().upper()) for part in text.split(",") if part.strip()]
    return {match[1]: match[2] for match in found if match} if all(found) else None


def _filled(text: str, **names: Any) -> str:
    return text.format(**names)
