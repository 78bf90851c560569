"""Atom feeds (RFC 4287) of new vintages: of all series, and of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid5
from xml.etree.ElementTree import Element, SubElement, tostring

import falcon

from domain.api_keys import Scope
from domain.use_cases import UseCases
from domain.use_cases.list_vintages import ListVintages
from domain.vintages import Vintage
from entrypoints.rest.http.links import public_path
from entrypoints.rest.http.params import QueryParameters, parse_uuid
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import Content, operation
from entrypoints.rest.openapi.parameters import NEWEST

_ATOM = "application/atom+xml"
_NAMESPACE = "http://www.w3.org/2005/Atom"
_FEED: Content = {_ATOM: {"type": "string"}}
#: Of a feed without entries, which must have one.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Entry:
    series_id: UUID
    title: str
    vintage: Vintage


class AtomResource:
    """Atom feeds."""

    def __init__(self, list_vintages: ListVintages) -> None:
        self._list_vintages = list_vintages

    @operation({200: _FEED}, NEWEST, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return the newest vintages of all series, newest first, for feed readers."""
        found = self._list_vintages.last_recorded(QueryParameters(req.params, NEWEST).limit())
        entries = [_Entry(each.series_id, f"{each.provider}:{each.code}", each.vintage) for each in found]
        address = f"{req.prefix}{public_path(req.path)}"
        _send(resp, _document(address, "New vintages of all series", entries, link=public_path(req.path)))

    @operation({200: _FEED}, NEWEST, scope=Scope.READ)
    def on_get_series(self, req: falcon.Request, resp: falcon.Response, series_id: str) -> None:
        """Return the newest vintages of a series, newest first, for feed readers."""
        limit = QueryParameters(req.params, NEWEST).limit()
        series, vintages = self._list_vintages.last_ones(parse_uuid(series_id), limit)
        name = f"{series.provider}:{series.code}"
        entries = [_Entry(series.id, name, vintage) for vintage in vintages]
        _send(resp, _document(series.id.urn, f"New vintages of {name}", entries, link=public_path(req.path)))


def _send(resp: falcon.Response, document: bytes) -> None:
    resp.content_type, resp.data = _ATOM, document


def _document(feed_id: str, title: str, entries: Sequence[_Entry], *, link: str) -> bytes:
    feed = Element("feed", xmlns=_NAMESPACE)
    updated = max((entry.vintage.fetched_at for entry in entries), default=_NEVER)
    _add_texts(feed, id=feed_id, title=title, updated=updated.isoformat())
    SubElement(feed, "link", rel="self", type=_ATOM, href=link)
    SubElement(SubElement(feed, "author"), "name").text = "lanner"
    for entry in entries:
        _add_entry(feed, entry)
    document: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return document


def _add_entry(feed: Element, entry: _Entry) -> None:
    element, vintage = SubElement(feed, "entry"), entry.vintage
    # The same in every feed, so that a reader of both shows a vintage once.
    entry_id = uuid5(entry.series_id, str(vintage.number)).urn
    _add_texts(
        element,
        id=entry_id,
        title=f"{entry.title}, vintage {vintage.number}",
        updated=vintage.fetched_at.isoformat(),
        summary=(
            f"{vintage.cause.value.capitalize()}, known since {vintage.known_at.isoformat()}: "
            f"{vintage.added} dates added, {vintage.changed} changed, {vintage.deleted} deleted."
        ),
    )
    path = f"/timeseries/{entry.series_id}/vintages/{vintage.number}"
    SubElement(element, "link", rel="alternate", type="application/json", href=public_path(path))


def _add_texts(parent: Element, **texts: str) -> None:
    for name, text in texts.items():
        SubElement(parent, name).text = text


def routes(use_cases: UseCases, _sender: ResponseSender) -> Iterator[tuple[str, object] | tuple[str, object, str]]:
    """Yield the routes."""
    resource = AtomResource(use_cases.list_vintages)
    yield "/feed.atom", resource
    yield "/timeseries/{series_id}/feed.atom", resource, "series"
