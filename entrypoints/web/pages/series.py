"""The page of a series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any
from uuid import UUID

import falcon
from markupsafe import Markup

from domain.api_keys import Scope
from domain.errors import SeriesNotFound
from domain.use_cases.describe_series import Described
from domain.use_cases.list_vintages import VintagePage
from entrypoints.rest.http.params import QueryParameters, parse_code
from entrypoints.rest.http.rate_limits import requester_of
from entrypoints.rest.openapi.operation import operation
from entrypoints.web.charts.drawing import NARROW, WIDE, draw
from entrypoints.web.charts.markup import frame
from entrypoints.web.charts.png import can_draw, check_can_draw
from entrypoints.web.charts.strips import strip
from entrypoints.web.following import follow, looks_ahead
from entrypoints.web.forms import read_form, redirect
from entrypoints.web.freshness import freshness
from entrypoints.web.remedies import allowed_by
from entrypoints.web.rendering import current_path, origin_of, series_path
from entrypoints.web.sending import send_document, send_file
from entrypoints.web.series.below import Below, table_rows
from entrypoints.web.series.fan import with_fan
from entrypoints.web.series.files import FILES, MEDIA_TYPES, as_file
from entrypoints.web.series.looking_back import Vintages, difference, step_links
from entrypoints.web.series.picture import described, document_of, plot_of, title_of
from entrypoints.web.series.reading import read_view
from entrypoints.web.series.releases_table import usual
from entrypoints.web.series.shading import read_shading
from entrypoints.web.series.state import ALL_COLUMNS, MOST_PIXELS, PARAMETERS, FileFormat, available_units, parse_state
from entrypoints.web.series.use_it import compare_query, downloads, pinned, snippets
from entrypoints.web.series.view import View, ranges
from entrypoints.web.sharing import Sharing
from entrypoints.web.site import Site

_ALL = 10**9
_CACHE_SIZE = 64
_USUAL_PIXELS = 1200


class SeriesPage:
    """A series: its chart, its vintages and how to use it."""

    def __init__(self, site: Site) -> None:
        self._site, self._use_cases = site, site.use_cases
        self._below = Below(site.use_cases)
        self._vintages = lru_cache(_CACHE_SIZE)(self._list_vintages)

    @operation({200: None}, PARAMETERS, etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, reference: str) -> None:
        """Show it, or give the view as a file."""
        parameters = QueryParameters(req.params, PARAMETERS)
        kind = parameters.choice("format", FileFormat)
        if kind is FileFormat.PNG:
            check_can_draw()
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
            view = replace(view, shading=read_shading(self._use_cases, view))
            self._site.sender.check_size(view.today, further=2 * view.state.fan * len(view.today))
            if kind is FileFormat.ROWS:
                self._site.render(req, resp, "part_rows.html", view=view, state=view.state, series=view.series, **table_rows(view))
                return
            if view.state.fan:
                view = with_fan(self._use_cases.read_series, view, self._page(view).items)
            pixels = parameters.number("pixels", minimum=50, maximum=MOST_PIXELS) or _USUAL_PIXELS
            if kind is FileFormat.PLOT:
                send_document(req, resp, document_of(view, pixels))
            elif kind is FileFormat.PART:
                shown = self._followed(view, self._page(view))
                texts = {name: self._site.render.fragment(req, f"part_{name}.html", **shown) for name in ("legend", "difference", "which")}
                send_document(req, resp, {"plot": document_of(view, pixels), "texts": texts})
            elif kind:
                body = self._below.as_csv(view, self._page(view)) if kind is FileFormat.CSV else None
                body = as_file(view, kind) if body is None else body
                send_file(req, resp, body, media_type=MEDIA_TYPES[kind], name=f"{view.series.code}.{kind}")
            else:
                self._site.render(req, resp, "series.html", **self._shown(req, view, self._page(view)))

    @operation({303: None}, scope=Scope.FETCH)
    def on_post(self, req: falcon.Request, resp: falcon.Response, reference: str) -> None:
        """Fetch the series again and accept what the form says; or follow it or no longer, as its field ``follow`` says."""
        form = read_form(req, self._site.sender.body_slots)
        series = self._described(reference).series
        if "follow" in form:
            follow(self._use_cases.manage_schedules, series, wanted=form["follow"] == "yes")
        else:
            self._use_cases.request_fetch.refetch(
                series.id, allow=allowed_by(form), request_id=req.context.request_id, requester=requester_of(req)
            )
        redirect(resp, current_path(req))

    def _described(self, reference: str) -> Described:
        provider, code = parse_code(reference, None)
        return self._use_cases.describe_series.by_code(code, provider)

    def _followed(self, view: View, page: VintagePage) -> dict[str, Any]:
        """Return what follows the vintage that is shown."""
        vintages = Vintages.of(page.items, view.chosen or view.newest)
        found = self._below.releases(view, len(page.items))
        return {
            "view": view,
            "state": view.state,
            "series": view.series,
            "vintages": vintages,
            "found": found,
            "steps": step_links(vintages, view.state),
            "difference": difference(view, next((row for row in found if row.date == view.date), None)),
        }

    def _shown(self, req: falcon.Request, view: View, page: VintagePage) -> dict[str, Any]:
        state, series, followed = view.state, view.series, self._followed(view, page)
        vintages, found = followed["vintages"], followed["found"]
        several = len(vintages.items) > 1
        origin = origin_of(req)
        address = f"{origin}{series_path(series)}"
        chosen = {} if series.is_formula else {"as_of": None, "vintage": vintages.shown.number}
        permalink, shown = f"{address}{state.link(**chosen)}", f"{address}{state.link().rstrip('?')}"
        plot = plot_of(view)
        return {
            **followed,
            "charts": (draw(plot, cls="wide"), draw(plot, width=NARROW[0], height=NARROW[1], cls="narrow")),
            "frames": (frame(WIDE, "wide"), frame(NARROW, "narrow")),
            "described": view.described,
            "fresh": freshness(view.described),
            "every_column": ALL_COLUMNS,
            "usual_pixels": _USUAL_PIXELS,
            "ahead": looks_ahead(self._use_cases.manage_schedules.looks_at(series.id)),
            "units": available_units(series.frequency),
            "ranges": ranges(view),
            "strips": _strips(vintages, "then" if view.chosen else "now"),
            "usual": usual(view, found) if several else (),
            "downloads": downloads(view),
            "snippets": snippets(view, origin, permalink if view.chosen else shown, keyed=self._site.guard is not None),
            "permalink": permalink,
            "pinned": pinned(view),
            "formats": [kind for kind in FILES if kind is not FileFormat.PNG or can_draw()],
            "compare": compare_query(view),
            "sharing": Sharing.of(title_of(view), described(view), shown),
            **self._below(view, page, found),
        }

    def _page(self, view: View) -> VintagePage:
        """Return the vintages of a series, read again only when there are more, or other metadata; of a formula what is shown alone."""
        if view.series.is_formula:
            return VintagePage(view.series, [view.chosen or view.newest], None, {})
        version = self._use_cases.read_series.stored_version(view.series.id).version
        return self._vintages(view.series.id, version.vintages, version.entry)

    def _list_vintages(self, series_id: UUID, _count: int, _entry: int) -> VintagePage:
        return self._use_cases.list_vintages(series_id, limit=_ALL)


def _strips(vintages: Vintages, role: str) -> Sequence[Markup]:
    moments = [each.known_at for each in vintages.items]
    return [strip(moments, vintages.position, role, width=width, cls=cls) for width, cls in ((736, "wide"), (360, "narrow"))]


def routes(site: Site) -> Iterator[tuple[str, object]]:
    """Yield the route."""
    yield "/s/{reference:path}", SeriesPage(site)
