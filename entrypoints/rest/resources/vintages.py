"""The vintages of a series, and the feed of all series' vintages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

import falcon

from domain.api_keys import Scope
from domain.errors import InvalidInput
from domain.moments import AsOf
from domain.use_cases import UseCases
from domain.use_cases.list_formula_vintages import FormulaVintage
from domain.use_cases.list_vintages import ListVintages
from entrypoints.rest.http.links import add_next_link, public_path
from entrypoints.rest.http.params import QueryParameters, parse_integer, parse_selection, parse_uuid
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import Content, operation
from entrypoints.rest.openapi.parameters import COMPUTED, RECORDED
from entrypoints.rest.openapi.response_schemas import FEED, page_of
from entrypoints.rest.schemas.formulas import FormulaVintageSchema, formula_vintage_document
from entrypoints.rest.schemas.vintages import ListedVintageSchema, listed_vintage_documents, vintage_documents

#: Of the cursors of formulas, which are whole numbers.
_BEGINNING, _LAST, _MICROSECOND = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC), timedelta(microseconds=1)
_VINTAGES: Content = {falcon.MEDIA_JSON: {"anyOf": [page_of(ListedVintageSchema), page_of(FormulaVintageSchema)]}}


class VintagesResource:
    """Vintages of a series."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._list_vintages, self._list_formula_vintages, self._sender = use_cases.list_vintages, use_cases.list_formula_vintages, sender

    @operation({200: _VINTAGES}, COMPUTED, problems=(422,), scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, series_id: str) -> None:
        """List vintages in the order in which they were stored; of a formula, the moments at which its result differs."""
        key = parse_uuid(series_id)
        parameters = QueryParameters(req.params, COMPUTED)
        moment = parse_selection(parameters).moment
        page = self._list_vintages(key, after=parameters.position("cursor"), limit=parameters.limit())
        if page.series.is_formula:
            self._list_results(req, resp, key, moment)
            return
        if moment != AsOf():
            raise InvalidInput("Only the vintages of a formula are computed for a moment.", hint="Omit all but limit and cursor.")
        resp.media = {"items": listed_vintage_documents(key, page), "next": add_next_link(req, resp, page.next)}

    def _list_results(self, req: falcon.Request, resp: falcon.Response, key: UUID, moment: AsOf) -> None:
        parameters = QueryParameters(req.params, COMPUTED)
        cursor = parameters.number("cursor", maximum=(_LAST - _BEGINNING) // _MICROSECOND)
        after = _BEGINNING + cursor * _MICROSECOND if cursor else None
        with self._sender.read_slots.acquire(req.context.client):
            page = self._list_formula_vintages(key, moment, after=after, limit=parameters.limit())
        cursor = (page.next - _BEGINNING) // _MICROSECOND if page.next else None
        items = [{**formula_vintage_document(each), "links": _links(key, each, page.position, moment)} for each in page.items]
        resp.media = {"items": items, "next": add_next_link(req, resp, cursor)}

    @operation({200: ListedVintageSchema}, scope=Scope.READ)
    def on_get_one(self, _req: falcon.Request, resp: falcon.Response, series_id: str, number: str) -> None:
        """Return the vintage with this number."""
        key = parse_uuid(series_id)
        [resp.media] = listed_vintage_documents(key, self._list_vintages.one(key, parse_integer(number, "number")))


class FeedResource:
    """Feed of new vintages of all series."""

    def __init__(self, list_vintages: ListVintages) -> None:
        self._list_vintages = list_vintages

    @operation({200: FEED}, RECORDED, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List vintages after a position; ``next`` is the position to continue after, now or later."""
        parameters = QueryParameters(req.params, RECORDED)
        after = parameters.position("after")
        found = self._list_vintages.recorded(after=after, limit=parameters.limit())
        vintages = vintage_documents((each.series_id, each.vintage) for each in found)
        resp.media = {
            "items": [
                {
                    "position": each.position,
                    "timeseries": {"id": each.series_id, "provider": each.provider, "code": str(each.code)},
                    "is_newest": each.is_newest,
                    "vintage": vintage,
                }
                for each, vintage in zip(found, vintages, strict=True)
            ],
            "next": found[-1].position if found else after,
        }


def _links(series_id: UUID, found: FormulaVintage, position: int, moment: AsOf) -> dict[str, str]:
    asked = {"seen_by": moment.seen_by, "definition_as_of": moment.definition_as_of, "as_of": found.at}
    query = urlencode({**{name: each.isoformat() for name, each in asked.items() if each}, "position": position})
    return {"data": public_path(f"/timeseries/{series_id}/data.json?{query}")}


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object] | tuple[str, object, str]]:
    """Yield the routes."""
    resource = VintagesResource(use_cases, sender)
    yield "/timeseries/{series_id}/vintages", resource
    yield "/timeseries/{series_id}/vintages/{number}", resource, "one"
    yield "/vintages", FeedResource(use_cases.list_vintages)
