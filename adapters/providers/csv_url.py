"""
Files on any server: a template tells where a code's file lies. Databases are sent here by ``LANNER_ROUTES``.

With ``BASE_URL=https://example.org/data`` and ``PATH={database}/{dataset}.csv``, ``SHOP/sales`` is read from
``https://example.org/data/SHOP/sales.csv``; a ``?`` in the template begins a query. ``OPTIONS`` names a file of options for files of
one's own (lanner.toml), whose patterns are matched against the part below the base URL.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qsl

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.conditional import conditions, validators_in
from adapters.provider_kit.http.request import HttpRequest
from adapters.provider_kit.http.status_errors import ErrorContext, is_html, is_success, status_error
from adapters.provider_kit.own_files import as_refusals, read_file, stem_of
from adapters.provider_kit.own_files.options import NAMES, FileOptions, options_for
from adapters.provider_kit.spec import ProviderSpec
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood
from domain.ports import Fetched, ParsedSeries, PriorState, RawResponse
from domain.providers import Terms

_VARIABLE = "LANNER_PROVIDERS__CSV_URL__"
_CHARSET = re.compile(r"charset=\"?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """
    The options of the provider.

    Attributes:
        path: below the base URL, with ``{database}`` and ``{dataset}``.
        api_key: sent as ``Authorization: Bearer`` if there is one.
        options: a file of the form of lanner.toml, with options by patterns of paths below the base URL.

    """

    base_url: str = ""
    path: str = "{database}/{dataset}.csv"
    api_key: str = field(default="", repr=False)
    options: Path | None = None


def problem(options: Options) -> str:
    """Return why no file can be requested; empty if it can."""
    if not options.base_url:
        return f"Set {_VARIABLE}BASE_URL to the address below which the files lie."
    if "{dataset}" not in options.path:
        return f"{_VARIABLE}PATH does not say where {{dataset}} stands."
    there = options.options is None or options.options.expanduser().is_file()
    return "" if there else f"{_VARIABLE}OPTIONS does not name a file that lanner can see."


def request_for(template: str, code: DatasetCode) -> tuple[Sequence[str], Mapping[str, str]]:
    """Fill a template: path segments and query, each part of the code standing in one of them alone."""
    path, _, query = template.partition("?")
    segments = [part for place in path.strip("/").split("/") for part in _filled(place, code).split("/")]
    return segments, {name: _filled(value, code) for name, value in parse_qsl(query, keep_blank_values=True)}


class CsvUrlSource:
    """The data source of the configured server."""

    file_options: Collection[str] = NAMES

    def __init__(self, options: Options, http: HttpClient) -> None:
        self._http, self._template, self._options = http, options.path, options.options
        self._headers = {"Authorization": f"Bearer {options.api_key}"} if options.api_key else {}
        self._error_context = ErrorContext(host=http.host, key=options.api_key, key_variable=http.variable("api_key"))

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        segments, params = request_for(self._template, code)
        options = {"options": sha256(self._toml() or b"").hexdigest()}
        # Under other options the same file is another series, so it is wanted in whole.
        asked = conditions(known) if known.validators.get("options") == options["options"] else {}
        answer = self._http.send(HttpRequest(segments=segments, params=params, headers={**self._headers, **asked}))
        origin = PROVIDER.origin(answer.url, answer.body)
        if answer.status == HTTPStatus.NOT_MODIFIED:
            return Fetched.unchanged(origin, known.validators)
        [series] = self.parse(code, answer)
        return Fetched(
            metadata=series.metadata,
            vintages=series.vintages,
            origin=origin,
            left_out=series.left_out,
            validators={**validators_in(answer), **options},
            dialect=series.dialect,
        )

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        """Read a file, which does not name its code."""
        if not is_success(answer):
            raise status_error(answer, self._error_context)
        if code is None:
            raise AnswerNotUnderstood("A file does not name its series.", hint="Give a code in place of *.")
        if is_html(answer):
            raise AnswerNotUnderstood("The answer is an HTML page where a file must be.", hint="Check the address of the file.")
        with as_refusals():
            series = read_file(answer.body, "The answer", self._options_of(code, answer))
        return [series.parsed(code, stem_of(code.dataset))]

    def _options_of(self, code: DatasetCode, answer: RawResponse) -> FileOptions:
        segments, _ = request_for(self._template, code)
        return options_for(self._toml(), "/".join(segments), {**_declared(answer), **answer.options})

    def _toml(self) -> bytes | None:
        try:
            return self._options.expanduser().read_bytes() if self._options else None
        except OSError as exc:
            raise AnswerNotUnderstood(f"The file of options cannot be read: {exc.strerror}.", hint=f"Check {_VARIABLE}OPTIONS.") from exc


def _declared(answer: RawResponse) -> Mapping[str, str]:
    """Return the encoding that the server declares; what is called Latin-1 is Windows' Western, as the standard of the web has it."""
    said = _CHARSET.search(answer.headers.get("content-type", ""))
    try:
        name = codecs.lookup(said[1]).name if said else ""
    except LookupError:
        return {}
    return {"encoding": "cp1252" if name == "iso8859-1" else name} if name else {}


def _filled(place: str, code: DatasetCode) -> str:
    return place.replace("{database}", code.database).replace("{dataset}", code.dataset)


PROVIDER = ProviderSpec(
    provider_api=2,
    name="csv_url",
    title="Files on a server of your choice",
    databases=(),
    terms=Terms(attribution="The server's own", url=""),
    open=CsvUrlSource,
    options=Options,
    problem=problem,
    reads_files=True,
    adapter_version=4,
)
