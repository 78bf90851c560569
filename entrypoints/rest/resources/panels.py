"""Point-in-time panels: what was known of many series at many moments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import falcon
import orjson

from domain.api_keys import Scope
from domain.errors import InvalidInput
from domain.panels.panel import Panel
from domain.panels.query import MOST_SERIES, OPTIONS, PanelQuery, document_of
from domain.panels.spelling import read_series, write_series
from domain.use_cases import UseCases
from entrypoints.formats import Format
from entrypoints.panel_files import LONG, Shape, encode_panel
from entrypoints.rest.http.body import read_object
from entrypoints.rest.http.links import public_path
from entrypoints.rest.http.params import QueryParameters
from entrypoints.rest.http.response_cache import EncodedResponse
from entrypoints.rest.http.responses import CacheableResponse, ResponseSender, choose_encoding, compress
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.panel_parameters import KEPT_PANEL, PANEL
from entrypoints.rest.requests import load
from entrypoints.rest.resources.observations import negotiate
from entrypoints.rest.schemas.panels import PANEL_FILES, PanelRequestSchema

#: Series of a GET, whose address names each of them; and bytes of a body.
_MOST_NAMED, _MOST_BYTES = 50, 512 * 1024
_DIGEST = re.compile("[0-9a-f]{64}")
_DECISIONS = ("start", "end", "every", "at")


class _Resource:
    def __init__(self, use_cases: UseCases, sender: ResponseSender, kind: Format | None) -> None:
        self._read_panel, self._sender, self._format = use_cases.read_panel, sender, kind

    def _format_of(self, req: falcon.Request, resp: falcon.Response) -> Format:
        return self._format or negotiate(req, resp)

    def _encoded(self, panel: Panel, shape: Shape, kind: Format, path: str) -> EncodedResponse:
        """Return the answer with the address that gives it for ever, and in the wide shape that of its long twin."""
        wide = 1 + len(panel.columns)
        cells = (
            wide * len(panel.query.decisions.moments) if shape is Shape.WIDE else len(LONG) * sum(len(each.cells) for each in panel.columns)
        )
        self._sender.check_size(further=cells)
        headers, more = {"Content-Location": _with_shape(path, shape)}, {}
        if shape is Shape.WIDE:
            more = {"long": public_path(_with_shape(path, Shape.LONG))}
            headers["Link"] = f'<{more["long"]}>; rel="alternate"; title="long"'
        return EncodedResponse(encode_panel(panel, shape, kind, more), headers)


class PanelResource(_Resource):
    """A panel of series at decision moments."""

    @operation({200: PANEL_FILES}, PANEL, problems=(404, 413, 502), etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return what was known of these series at these moments."""
        parameters = QueryParameters(req.params, PANEL)
        query, shape = _query(parameters), _shape(parameters)
        kind = self._format_of(req, resp)
        permanent = is_pinned(query)
        # The present's answer has its key, and so its ETag, from what it is pinned to.
        panel = None if permanent else self._read(req, query)
        query = panel.query if panel else query

        def build() -> EncodedResponse:
            return self._encoded(panel or self._read_panel(query), shape, kind, _address(query, kind))

        self._sender.send(req, resp, CacheableResponse(key=_key(query, shape), format=kind, build=build, permanent=permanent))

    @operation({200: PANEL_FILES}, KEPT_PANEL, body=PanelRequestSchema, problems=(404, 406, 413, 502), scope=Scope.READ)
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return what was known of up to 1000 series, and keep the question, so that an address gives the same answer for ever."""
        shape, kind = _shape(QueryParameters(req.params, KEPT_PANEL)), self._format_of(req, resp)
        query = PanelQuery.read(load(PanelRequestSchema(), read_object(req, self._sender.body_slots, most=_MOST_BYTES)))
        with self._sender.read_slots.acquire(req.context.client):
            panel = self._read_panel(query)
            found = self._encoded(panel, shape, kind, f"/panels/{self._read_panel.keep(panel)}.{kind}")
        encoding = "" if kind.is_columnar else choose_encoding(req.get_header("Accept-Encoding", default=""))
        coded = compress(found, encoding)
        resp.append_header("Vary", "Accept-Encoding")
        resp.set_headers({**coded.headers, "Content-Location": public_path(coded.headers["Content-Location"])})
        resp.content_type, resp.data = kind.media_type, coded.body

    def _read(self, req: falcon.Request, query: PanelQuery) -> Panel:
        """Return a panel whose address can name all its series; raises InvalidInput if there are too many."""
        with self._sender.read_slots.acquire(req.context.client):
            panel = self._read_panel(query)
        if len(panel.columns) > _MOST_NAMED:
            hint = f"Ask by POST /panel, which takes {MOST_SERIES}; GET takes {_MOST_NAMED}."
            raise InvalidInput(f"{len(panel.columns)} series are too many for an address.", field="series", hint=hint)
        return panel


class KeptPanelResource(_Resource):
    """A panel that was asked for by POST."""

    @operation({200: PANEL_FILES}, KEPT_PANEL, problems=(413, 502), etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, digest: str) -> None:
        """Return it as it was."""
        shape, kind = _shape(QueryParameters(req.params, KEPT_PANEL)), self._format_of(req, resp)
        if not _DIGEST.fullmatch(digest):
            raise InvalidInput("The digest is not one of a panel.", field="digest", hint="Take it from Content-Location of POST /panel.")
        query = self._read_panel.kept(digest)

        def build() -> EncodedResponse:
            return self._encoded(self._read_panel(query), shape, kind, f"/panels/{digest}.{kind}")

        self._sender.send(req, resp, CacheableResponse(key=_key(query, shape), format=kind, build=build, permanent=True))


def is_pinned(query: PanelQuery) -> bool:
    """Return whether the answer is the same for ever."""
    exact = all(each.selector.code and each.selector.provider and each.checked_at for each in query.series)
    return query.position is not None and exact


def _query(parameters: QueryParameters) -> PanelQuery:
    given: dict[str, Any] = {name: parameters.text(name) for name in (*_DECISIONS, *OPTIONS)}
    given["dates"] = [date for text in parameters.texts("dates") for date in text.split(",")]
    given["series"] = [read_series(text) for text in parameters.texts("series")]
    given["position"] = parameters.number("position", maximum=10**18)
    return PanelQuery.read(given)


def _shape(parameters: QueryParameters) -> Shape:
    return parameters.choice("shape", Shape) or Shape.LONG


def _address(query: PanelQuery, kind: Format) -> str:
    document: Mapping[str, Any] = document_of(query)
    words = {**document, "series": [write_series(each) for each in document["series"]]}
    return f"/panel.{kind}?{urlencode(words, doseq=True, safe=':/;,=')}"


def _with_shape(path: str, shape: Shape) -> str:
    return f"{path}{'&' if '?' in path else '?'}shape={shape}"


def _key(query: PanelQuery, shape: Shape) -> tuple[object, ...]:
    return "panel", orjson.dumps(document_of(query)), shape


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    for kind in (None, *Format):
        suffix = f".{kind}" if kind else ""
        yield f"/panel{suffix}", PanelResource(use_cases, sender, kind)
        yield f"/panels/{{digest}}{suffix}", KeptPanelResource(use_cases, sender, kind)
