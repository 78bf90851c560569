"""The page of a series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import falcon
from markupsafe import Markup

from domain.api_keys import Scope
from domain.errors import SeriesNotFound
from domain.fetches import FetchQuery
from domain.releases import Counted, Releases
from domain.use_cases.describe_series import Described
from domain.use_cases.read_releases import TriangleQuery
from entrypoints.rest.http.links import public_path
from entrypoints.rest.http.params import QueryParameters, parse_code
from entrypoints.rest.http.rate_limits import requester_of
from entrypoints.rest.openapi.operation import operation
from entrypoints.web.charts.plot import Kind, draw
from entrypoints.web.charts.strips import strip
from entrypoints.web.following import follow, looks_ahead
from entrypoints.web.forms import read_form, redirect
from entrypoints.web.freshness import freshness
from entrypoints.web.rendering import current_path, page_headers, series_path
from entrypoints.web.series.files import MEDIA_TYPES, as_file
from entrypoints.web.series.looking_back import Vintages, difference, step_links
from entrypoints.web.series.picture import plot_of
from entrypoints.web.series.releases_table import table, usual
from entrypoints.web.series.state import PARAMETERS, FileFormat, Tab, available_units, parse_state
from entrypoints.web.series.use_it import downloads, snippets
from entrypoints.web.series.view import View, aligned, ranges, read_view
from entrypoints.web.site import Site

_ALL = 10**9
_MOST_DATES = 400
_CACHE_SIZE = 64
_MOST_ROWS, _MOST_LISTED, _MOST_FETCHES = 1000, 500, 50


class SeriesPage:
    """A series: its chart, its vintages and how to use it."""

    def __init__(self, site: Site) -> None:
        self._site, self._use_cases = site, site.use_cases
        # The releases of a state never change, so the number of vintages tells whether they are those of today.
        self._releases = lru_cache(_CACHE_SIZE)(self._read_releases)

    @operation({200: None}, PARAMETERS, etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, reference: str) -> None:
        """Show it, or give the view as a file."""
        parameters = QueryParameters(req.params, PARAMETERS)
        kind = parameters.choice("format", FileFormat)
        try:
            described = self._described(reference)
        except SeriesNotFound:
            if kind:
                raise
            resp.status = falcon.HTTP_NOT_FOUND
            self._site.render(req, resp, "not_kept.html", reference=reference)
            return
        if described.series.newest is None and kind is None:
            self._site.render(req, resp, "pending.html", described=described, series=described.series, fresh=freshness(described))
            return
        with self._site.sender.read_slots.acquire(req.context.client):
            view = read_view(self._use_cases.read_series, described, parse_state(parameters, described.series.frequency))
            self._site.sender.check_size(view.today)
            if kind is FileFormat.PART:
                self._site.render(req, resp, "part.html", **self._picture(view))
            elif kind:
                _send_file(resp, view, kind, parameters.number("points", minimum=10, maximum=100_000))
            else:
                self._site.render(req, resp, "series.html", **self._shown(req, view))

    @operation({303: None}, scope=Scope.FETCH)
    def on_post(self, req: falcon.Request, resp: falcon.Response, reference: str) -> None:
        """Fetch the series again, or follow it or no longer, as its field ``follow`` says."""
        form = read_form(req, self._site.sender.body_slots)
        series = self._described(reference).series
        if "follow" in form:
            follow(self._use_cases.manage_schedules, series, wanted=form["follow"] == "yes")
        else:
            self._use_cases.request_fetch.refetch(series.id, request_id=req.context.request_id, requester=requester_of(req))
        redirect(resp, current_path(req))

    def _described(self, reference: str) -> Described:
        provider, code = parse_code(reference, None)
        return self._use_cases.describe_series.by_code(code, provider)

    def _picture(self, view: View) -> dict[str, Any]:
        """Return what follows the vintage that is shown."""
        page = self._use_cases.list_vintages(view.series.id, limit=_ALL)
        vintages = Vintages.of(page.items, view.chosen or view.newest)
        found = self._found_releases(view, len(page.items))
        plot = plot_of(view)
        return {
            "view": view,
            "state": view.state,
            "series": view.series,
            "charts": (draw(plot, cls="wide"), draw(plot, width=400, height=260, cls="narrow")),
            "vintages": vintages,
            "changes": page.changes,
            "found": found,
            "steps": step_links(vintages, view.state),
            "difference": difference(view, next((row for row in found if row.date == view.date), None)),
        }

    def _shown(self, req: falcon.Request, view: View) -> dict[str, Any]:
        state, series, picture = view.state, view.series, self._picture(view)
        vintages, found = picture["vintages"], picture["found"]
        several = len(vintages.items) > 1
        origin = f"{req.scheme}://{req.get_header('Host', default='localhost')}{public_path('')}"
        return {
            **picture,
            "described": view.described,
            "fresh": freshness(view.described),
            "ahead": looks_ahead(view.described, self._use_cases.manage_schedules.looks_at(series.id)),
            "units": available_units(series.frequency),
            "kinds": tuple(Kind),
            "ranges": ranges(view),
            "strips": _strips(vintages, "then" if view.chosen else "now"),
            "usual": usual(view, found) if several else None,
            "downloads": downloads(view),
            "snippets": snippets(view, origin, keyed=self._site.guard is not None),
            "permalink": f"{origin}{series_path(series)}{state.link(as_of=None, vintage=vintages.shown.number)}",
            "tabs": [tab for tab in Tab if several or tab not in (Tab.RELEASES, Tab.HISTORY)],
            **self._below(view, found, several=several),
        }

    def _below(self, view: View, found: Sequence[Releases], *, several: bool) -> dict[str, Any]:
        tab = view.state.tab or (Tab.RELEASES if several else Tab.TABLE)
        shown: dict[str, Any] = {"tab": tab}
        if tab is Tab.RELEASES:
            rows = table(view, found)
            shown |= {"releases": rows, "positions": range(1, 1 + max((len(row.cells) for row in rows), default=0))}
        elif tab is Tab.TABLE:
            whole = aligned(view)
            shown |= {"rows": [(day, *values) for day, values in whole.latest(_MOST_ROWS).rows()][::-1], "count": len(whole)}
        elif tab is Tab.HISTORY and view.date is not None:
            shown["history"] = self._use_cases.read_releases.history(view.series.id, view.date, view.column).releases
        elif tab is Tab.VINTAGES:
            shown["most"] = _MOST_LISTED
        elif tab is Tab.FETCHES:
            shown["fetches"] = self._use_cases.follow_fetches.list(FetchQuery(series_id=view.series.id, limit=_MOST_FETCHES)).items
        return shown

    def _found_releases(self, view: View, count: int) -> Sequence[Releases]:
        if count < 2:  # noqa: PLR2004 - one vintage has no revisions
            return ()
        end = view.shown(view.today).last
        transform = view.state.units.transform
        query = TriangleQuery(column=view.column, end=end, transform=transform, counted=Counted.CHANGE, limit=_MOST_DATES)
        return self._releases(view.series.id, count, query)

    def _read_releases(self, series_id: UUID, _count: int, query: TriangleQuery) -> Sequence[Releases]:
        return self._use_cases.read_releases(series_id, query).rows


def _strips(vintages: Vintages, role: str) -> Sequence[Markup]:
    moments = [each.known_at for each in vintages.items]
    return [strip(moments, vintages.position, role, width=width, cls=cls) for width, cls in ((736, "wide"), (360, "narrow"))]


def _send_file(resp: falcon.Response, view: View, kind: FileFormat, points: int | None) -> None:
    resp.set_headers({**page_headers(), "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"})
    resp.append_header("Vary", "Cookie")
    resp.content_type, resp.data = MEDIA_TYPES[kind], as_file(view, kind, points)
    name = str(view.series.code).replace("/", "-").replace('"', "")
    resp.set_header("Content-Disposition", f'inline; filename="{name}.{kind}"')


def routes(site: Site) -> Iterator[tuple[str, object]]:
    """Yield the route."""
    yield "/s/{reference:path}", SeriesPage(site)
