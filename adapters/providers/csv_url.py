"""
CSV files on any server: a template tells where a code's file lies. Databases are sent here by ``LANNER_ROUTES``.

With ``BASE_URL=https://example.org/data`` and ``PATH={database}/{dataset}.csv``, ``SHOP/sales`` is read from
``https://example.org/data/SHOP/sales.csv``; a ``?`` in the template begins a query.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.conditional import conditions, validators_in
from adapters.provider_kit.http.status_errors import ErrorContext, is_html, is_success, status_error
from adapters.provider_kit.parsing.file_formats import FileSeries, read_file
from adapters.provider_kit.spec import ProviderSpec
from adapters.provider_kit.text import storable
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood
from domain.ports import Fetched, ParsedSeries, PriorState, RawResponse
from domain.providers import Terms
from domain.series import Metadata

_VARIABLE = "LANNER_PROVIDERS__CSV_URL__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """
    The options of the provider.

    Attributes:
        path: below the base URL, with ``{database}`` and ``{dataset}``.
        api_key: sent as ``Authorization: Bearer`` if there is one.

    """

    base_url: str = ""
    path: str = "{database}/{dataset}.csv"
    api_key: str = field(default="", repr=False)


def problem(options: Options) -> str:
    """Return why no file can be requested; empty if it can."""
    if not options.base_url:
        return f"Set {_VARIABLE}BASE_URL to the address below which the files lie."
    return "" if "{dataset}" in options.path else f"{_VARIABLE}PATH does not say where {{dataset}} stands."


def request_for(template: str, code: DatasetCode) -> tuple[Sequence[str], Mapping[str, str]]:
    """Fill a template: path segments and query, each part of the code standing in one of them alone."""
    path, _, query = template.partition("?")
    segments = [part for place in path.strip("/").split("/") for part in _filled(place, code).split("/")]
    return segments, {name: _filled(value, code) for name, value in parse_qsl(query, keep_blank_values=True)}


class CsvUrlSource:
    """The data source of the configured server."""

    def __init__(self, options: Options, http: HttpClient) -> None:
        self._http, self._template = http, options.path
        self._headers = {"Authorization": f"Bearer {options.api_key}"} if options.api_key else {}
        self._error_context = ErrorContext(host=http.host, key=options.api_key, key_variable=http.variable("api_key"))

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        segments, params = request_for(self._template, code)
        answer = self._http.get(segments, params, {**self._headers, **conditions(known)})
        origin = PROVIDER.origin(answer.url, answer.body)
        if answer.status == HTTPStatus.NOT_MODIFIED:
            return Fetched.unchanged(origin, known.validators)
        [series] = self.parse(code, answer)
        return Fetched(
            metadata=series.metadata,
            vintages=series.vintages,
            origin=origin,
            left_out=series.left_out,
            validators=validators_in(answer),
        )

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        """Read a file, which does not name its code."""
        if not is_success(answer):
            raise status_error(answer, self._error_context)
        if code is None:
            raise AnswerNotUnderstood("A file does not name its series.", hint="Give a code in place of *.")
        if is_html(answer):
            raise AnswerNotUnderstood("The answer is an HTML page where CSV must be.")
        table = read_file(answer.body, ".csv", "The answer")
        return [ParsedSeries(code=code, metadata=_metadata(code, table), vintages=[(None, table.observations)], left_out=_left_out(table))]


def _filled(place: str, code: DatasetCode) -> str:
    return place.replace("{database}", code.database).replace("{dataset}", code.dataset)


def _metadata(code: DatasetCode, table: FileSeries) -> Metadata:
    return Metadata(name=str(code), frequency=table.frequency, date_column=storable(table.date_column))


def _left_out(table: FileSeries) -> tuple[str, ...]:
    return tuple(map(storable, table.left_out))


PROVIDER = ProviderSpec(
    provider_api=2,
    name="csv_url",
    title="CSV files on a server of your choice",
    databases=(),
    terms=Terms(attribution="The server's own", url=""),
    open=CsvUrlSource,
    options=Options,
    problem=problem,
)
