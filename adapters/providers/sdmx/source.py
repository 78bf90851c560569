"""A statistical agency: its facts as a provider has them, how it is asked, and how its series are named."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, make_dataclass
from functools import partial
from typing import Any

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.status_errors import ErrorContext, is_success, status_error
from adapters.provider_kit.options import variable
from adapters.provider_kit.statistics.formats import read_answer
from adapters.provider_kit.statistics.naming import Naming, read_series
from adapters.providers.ecb_fx.answers import ALL, is_eurofxref, series_in
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound, FetchError
from domain.ports import DataSource, Fetched, ParsedSeries, PriorState, RawResponse
from domain.providers import Limit, Terms
from domain.vintages import Origin

_ACCEPT = "application/vnd.sdmx.genericdata+xml;version=2.1, application/xml;q=0.9, */*;q=0.5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """
    A provider as a module is one, with the same names, and the rest of its entry in the table.

    Attributes:
        EXAMPLE: a code that works.
        base_url: under which ``path`` lies; empty if only the operator can know.
        path: of the data of ``{flow}`` and ``{key}``; ``{code}`` is both, ``{parts[0]}`` the key's first value.
        bare: the path for a code without a key.
        params: the query, with the same names.
        accept: the formats that are asked for by header.
        identity, order: as in ``Naming``.

    """

    NAME: str
    TITLE: str
    DATABASES: tuple[str, ...]
    TERMS: Terms
    EXAMPLE: str
    base_url: str
    path: str = "data/{flow}/{key}"
    bare: str = "data/{flow}"
    params: Mapping[str, str] = field(default_factory=dict)
    accept: str = _ACCEPT
    identity: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    LIMITS: tuple[Limit, ...] = ()
    PROVIDER_API: int = 1
    ADAPTER_VERSION: int = 1

    @property
    def OPTIONS(self) -> type[Any]:  # noqa: N802 - the name a module has
        """The options: the base URL alone."""
        return make_dataclass("Options", [("base_url", str, field(default=self.base_url))], frozen=True, kw_only=True)

    def problem(self, options: Any) -> str:
        """Say that nobody knows where the service is; empty if it is known."""
        return "" if options.base_url else f"Set {variable(self.NAME, 'base_url')} to the address of the service."

    def source(self, options: Any, http: HttpClient) -> DataSource:
        """Give the source."""
        return AgencySource(self, http)

    @property
    def naming(self) -> Naming:
        """Tell how its series are named."""
        return Naming(database=self.DATABASES[0], identity=self.identity, order=self.order, attribution=self.TERMS.attribution)

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
            raise DatasetNotFound(f"{code} is not a code of {self.TITLE}.", hint=f"Write it as {self.EXAMPLE}.") from exc
        return [part for segment in segments for part in segment.split("/")], params


class AgencySource:
    """Speaks to one agency."""

    def __init__(self, agency: Agency, http: HttpClient) -> None:
        self._agency, self._http = agency, http
        self._error_context = ErrorContext(host=http.host)

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        """See the port."""
        segments, params = self._agency.request(code)
        answer = self._http.get(segments, params, {"Accept": self._agency.accept})
        [series] = self.parse(code, answer)
        origin = Origin(
            request=answer.url,
            response_sha256=hashlib.sha256(answer.body).hexdigest(),
            adapter_version=self._agency.ADAPTER_VERSION,
        )
        return Fetched(metadata=series.metadata, vintages=series.vintages, origin=origin)

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        """See the port."""
        if self._agency.NAME == "ecb" and is_success(answer) and is_eurofxref(answer.body):
            return series_in(answer.body, code or DatasetCode("ECB", ALL), self._agency.TERMS.attribution)
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
