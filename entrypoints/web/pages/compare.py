"""The page that compares several series."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import falcon

from domain.api_keys import Scope
from domain.errors import SeriesNotFound
from domain.series import SeriesQuery, TimeSeries
from domain.use_cases.describe_series import Described
from entrypoints.rest.http.params import QueryParameters, parse_words
from entrypoints.rest.openapi.operation import operation
from entrypoints.web.adding import kept, offer
from entrypoints.web.charts.palette import MOST
from entrypoints.web.charts.png import can_draw, check_can_draw
from entrypoints.web.compare import controls
from entrypoints.web.compare.comparison import Comparison, read_comparison
from entrypoints.web.compare.drawing import document_of
from entrypoints.web.compare.files import MEDIA_TYPES, as_file
from entrypoints.web.compare.items import Item
from entrypoints.web.compare.lines import SeriesProblem
from entrypoints.web.compare.picture import described, shown, title_of
from entrypoints.web.compare.state import PARAMETERS, ComparisonFormat, Show, State, parse_state
from entrypoints.web.forms import redirect
from entrypoints.web.freshness import freshness
from entrypoints.web.rendering import origin_of
from entrypoints.web.sending import send_document, send_file
from entrypoints.web.series.state import MOST_PIXELS
from entrypoints.web.sharing import Sharing
from entrypoints.web.site import Site

_PATH = "/compare"
_MOST_ROWS, _MOST_FOUND = 1000, 12
_WIDTH, _HEIGHT = 1160, 400
_NOT_SEARCHED: Mapping[str, Any] = {"searched": "", "matches": (), "offer": None}


class ComparePage:
    """Several series in one picture and one table."""

    def __init__(self, site: Site) -> None:
        self._site, self._use_cases = site, site.use_cases

    @operation({200: None}, PARAMETERS, etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Show them, give the view as a file, or go to the view with one more series."""
        parameters = QueryParameters(req.params, PARAMETERS)
        state, kind = parse_state(parameters), parameters.choice("format", ComparisonFormat)
        query = (parameters.text("query") or "").strip()
        if kind:
            with self._site.sender.read_slots.acquire(req.context.client):
                self._send(req, resp, state, parameters, kind=kind)
        elif query and len(state.items) < MOST:
            self._find(req, resp, state, query)
        else:
            self._show(req, resp, state, _NOT_SEARCHED)

    def _find(self, req: falcon.Request, resp: falcon.Response, state: State, query: str) -> None:
        """Add what is kept, offer to add a code that is not, or list what matches; where nothing does, go on to the providers."""
        series = kept(self._use_cases, query)
        if series:
            redirect(resp, _PATH + state.adding(f"{series.provider}:{series.code}"))
            return
        offered, matches = offer(self._use_cases, query), self._matches(state, query)
        if offered is None and not matches and Scope.FETCH in req.context.scopes:
            redirect(resp, f"/find?{urlencode({'query': query, 'compare': state.link()})}")
            return
        self._show(req, resp, state, {"searched": query, "matches": matches, "offer": offered})

    def _show(self, req: falcon.Request, resp: falcon.Response, state: State, found: Mapping[str, Any]) -> None:
        shared = {"state": state, "most": MOST, **found}
        if not state.items:
            self._site.render(req, resp, "compare_empty.html", **shared)
            return
        try:
            with self._site.sender.read_slots.acquire(req.context.client):
                comparison = read_comparison(self._site, state)
                self._site.render(
                    req, resp, "compare.html", **shared, **shown(comparison, width=_WIDTH, height=_HEIGHT), **_around(req, comparison)
                )
        except SeriesProblem as problem:
            self._show_missing(req, resp, state, problem)

    def _show_missing(self, req: falcon.Request, resp: falcon.Response, state: State, problem: SeriesProblem) -> None:
        """Say what a series lacks; while its first fetch goes on, how that does, until the comparison can be shown."""
        found = self._described(problem.item)
        fresh = freshness(found) if found and found.series.newest is None else None
        resp.status = HTTPStatus.OK if fresh and fresh.dot == "busy" else problem.status
        self._site.render(
            req,
            resp,
            "compare_missing.html",
            state=state,
            problem=problem,
            series=found.series if found else None,
            fresh=fresh,
            others=state.link([item for item in state.items if item is not problem.item]),
        )

    def _send(
        self, req: falcon.Request, resp: falcon.Response, state: State, parameters: QueryParameters, *, kind: ComparisonFormat
    ) -> None:
        if kind is ComparisonFormat.PLOT:
            pixels = parameters.number("pixels", minimum=50, maximum=MOST_PIXELS) or _WIDTH
            send_document(req, resp, document_of(self._site, state, pixels))
            return
        if kind is ComparisonFormat.PNG:
            check_can_draw()
        body = as_file(read_comparison(self._site, state), kind)
        send_file(req, resp, body, media_type=MEDIA_TYPES[kind], name=f"comparison.{kind}")

    def _described(self, item: Item) -> Described | None:
        with suppress(SeriesNotFound):
            return self._use_cases.describe_series.by_code(item.code, item.provider)
        return None

    def _matches(self, state: State, text: str) -> list[tuple[TimeSeries, str]]:
        found = self._use_cases.search_series(SeriesQuery(words=parse_words(text), limit=_MOST_FOUND)).items
        return controls.matches(state, found)


def _around(req: falcon.Request, comparison: Comparison) -> dict[str, Any]:
    state, table = comparison.state, comparison.table
    rows: Sequence[tuple[Any, list[float | None]]] = list(table.latest(_MOST_ROWS).rows())[::-1]
    address = f"{origin_of(req)}{_PATH}"
    query = state.query()
    return {
        "computed": state.show in (Show.SPREAD, Show.RATIO),
        "chips": controls.chips(comparison),
        "columns": comparison.lines if state.show is Show.LINES else comparison.pair,
        "rows": [(day, [comparison.write(place, value) for place, value in enumerate(values)]) for day, values in rows],
        "count": len(table),
        "units": controls.units_of_all(comparison),
        "collapses": controls.collapses(state),
        "shared_periods": controls.shared_periods(comparison),
        "views": controls.views(comparison),
        "ranges": controls.ranges(comparison),
        "swapped": controls.swapped(state) if state.show is not Show.LINES else None,
        "notes": controls.index_notes(comparison),
        "correlations": controls.correlation_rows(comparison),
        "formats": [kind for kind in MEDIA_TYPES if kind is not ComparisonFormat.PNG or can_draw()],
        "embedded": f"{origin_of(req)}/embed{_PATH}?{query}",
        "sharing": Sharing.of(title_of(comparison), described(comparison), f"{address}?{query}"),
    }


def routes(site: Site) -> Iterator[tuple[str, object]]:
    """Yield the route."""
    yield _PATH, ComparePage(site)
