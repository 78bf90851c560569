"""Charts for the pages of others: a series or a comparison alone, to be shown in a frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Any

import falcon

from domain.api_keys import Scope
from domain.errors import InvalidInput
from entrypoints.rest.http.errors import no_observations
from entrypoints.rest.http.links import public_path
from entrypoints.rest.http.params import QueryParameters, parse_code
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import Parameter, Parameters, enum_of
from entrypoints.web.charts.drawing import NARROW, draw
from entrypoints.web.compare import state as comparing
from entrypoints.web.compare.comparison import read_comparison
from entrypoints.web.compare.picture import shown
from entrypoints.web.rendering import framed_headers, series_path
from entrypoints.web.series import state as showing
from entrypoints.web.series.fan import with_fan
from entrypoints.web.series.picture import plot_of
from entrypoints.web.series.reading import read_view
from entrypoints.web.series.shading import read_shading
from entrypoints.web.site import Site


class Theme(StrEnum):
    """The colours of a frame."""

    LIGHT = "light"
    DARK = "dark"


_THEME: Parameters = {"theme": Parameter("The colours; by default those of the reader's system.", enum_of(Theme))}
#: What a frame has no use for.
_OF_PAGES = ("format", "pixels", "view", "date", "query", "against", "limit", "offset")
_ALL = 10**9
_OF_SERIES: Parameters = {**{name: each for name, each in showing.PARAMETERS.items() if name not in _OF_PAGES}, **_THEME}
_OF_COMPARISON: Parameters = {
    **{name: each for name, each in comparing.PARAMETERS.items() if name not in _OF_PAGES or name == "view"},
    **_THEME,
}


class _Framed:
    def __init__(self, site: Site) -> None:
        self._site, self._use_cases = site, site.use_cases

    def _render(self, req: falcon.Request, resp: falcon.Response, template: str, **values: Any) -> None:
        self._site.render(req, resp, template, **values)
        resp.set_headers(framed_headers(self._site.embed_origins))


class EmbeddedSeriesPage(_Framed):
    """The chart of a series."""

    @operation({200: None}, _OF_SERIES, etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, reference: str) -> None:
        """Show it, with its title, its source and a link to its page."""
        parameters = QueryParameters(req.params, _OF_SERIES)
        theme = parameters.choice("theme", Theme) or ""
        provider, code = parse_code(reference, None)
        described = self._use_cases.describe_series.by_code(code, provider)
        if described.series.newest is None:
            raise no_observations(described)
        with self._site.sender.read_slots.acquire(req.context.client):
            view = read_view(self._use_cases.read_series, described, showing.parse_state(parameters, described.series.frequency))
            view = replace(view, shading=read_shading(self._use_cases, view))
            self._site.sender.check_size(view.today, further=2 * view.state.fan * len(view.today))
            if view.state.fan and not view.series.is_formula:
                view = with_fan(self._use_cases.read_series, view, self._use_cases.list_vintages(view.series.id, limit=_ALL).items)
            plot = plot_of(view)
            charts = (draw(plot, cls="wide"), draw(plot, width=NARROW[0], height=NARROW[1], cls="narrow"))
            page = public_path(f"{series_path(view.series)}{view.state.link().rstrip('?')}")
            self._render(req, resp, "embed_series.html", view=view, charts=charts, page=page, theme=theme)


class EmbeddedComparisonPage(_Framed):
    """The chart of a comparison."""

    @operation({200: None}, _OF_COMPARISON, etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Show it, with its title, its sources and a link to its page."""
        parameters = QueryParameters(req.params, _OF_COMPARISON)
        theme = parameters.choice("theme", Theme) or ""
        state = comparing.parse_state(parameters)
        if not state.items:
            raise InvalidInput("s is missing.", field="s", hint="Name the series: /embed/compare?s=DATABASE/DATASET.")
        with self._site.sender.read_slots.acquire(req.context.client):
            comparison = read_comparison(self._site, state)
            page = public_path(f"/compare{state.link()}")
            self._render(req, resp, "embed_compare.html", **shown(comparison), page=page, theme=theme)


def routes(site: Site) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    yield "/embed/s/{reference:path}", EmbeddedSeriesPage(site)
    yield "/embed/compare", EmbeddedComparisonPage(site)
