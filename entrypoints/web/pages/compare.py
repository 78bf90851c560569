"""The page that compares several series."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import falcon

from domain.api_keys import Scope
from domain.errors import InvalidCode, SeriesNotFound
from domain.series import SeriesQuery, TimeSeries
from entrypoints.rest.http.params import QueryParameters, parse_code, parse_words
from entrypoints.rest.openapi.operation import operation
from entrypoints.web.charts.palette import MOST
from entrypoints.web.charts.png import can_draw, check_can_draw
from entrypoints.web.compare import controls
from entrypoints.web.compare.comparison import Comparison, read_comparison
from entrypoints.web.compare.drawing import document_of
from entrypoints.web.compare.files import MEDIA_TYPES, as_file
from entrypoints.web.compare.lines import SeriesProblem
from entrypoints.web.compare.picture import described, shown, title_of
from entrypoints.web.compare.state import PARAMETERS, ComparisonFormat, Show, State, parse_state
from entrypoints.web.forms import redirect
from entrypoints.web.rendering import origin_of
from entrypoints.web.sending import send_document, send_file
from entrypoints.web.series.state import MOST_PIXELS
from entrypoints.web.sharing import Sharing
from entrypoints.web.site import Site

_PATH = "/compare"
_MOST_ROWS, _MOST_FOUND = 1000, 12
_WIDTH, _HEIGHT = 1160, 400


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
        elif query and len(state.items) < MOST and (kept := self._kept(query)):
            redirect(resp, _PATH + state.adding(f"{kept.provider}:{kept.code}"))
        else:
            self._show(req, resp, state, {"state": state, "most": MOST, "searched": query, "matches": self._matches(state, query)})

    def _show(self, req: falcon.Request, resp: falcon.Response, state: State, shared: Mapping[str, Any]) -> None:
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
            others = state.link([item for item in state.items if item is not problem.item])
            resp.status = problem.status
            self._site.render(req, resp, "compare_missing.html", **shared, problem=problem, others=others)

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

    def _kept(self, text: str) -> TimeSeries | None:
        with suppress(InvalidCode, SeriesNotFound):
            provider, code = parse_code(text, None)
            return self._use_cases.describe_series.by_code(code, provider).series
        return None

    def _matches(self, state: State, text: str) -> list[tuple[TimeSeries, str]]:
        if not text:
            return []
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
        "views": controls.views(comparison),
        "ranges": controls.ranges(comparison),
        "swapped": controls.swapped(state) if state.show is not Show.LINES else None,
        "correlations": controls.correlation_rows(comparison),
        "formats": [kind for kind in MEDIA_TYPES if kind is not ComparisonFormat.PNG or can_draw()],
        "embedded": f"{origin_of(req)}/embed{_PATH}?{query}",
        "sharing": Sharing.of(title_of(comparison), described(comparison), f"{address}?{query}"),
    }


def routes(site: Site) -> Iterator[tuple[str, object]]:
    """Yield the route."""
    yield _PATH, ComparePage(site)
