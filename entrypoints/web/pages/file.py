"""Dropping a file: the file as it stands, and what would be read of it; nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import falcon

from domain.api_keys import Scope
from domain.observations import Observations
from domain.ports import FilePreview, ParsedSeries
from entrypoints.rest.http.slots import SlotPool
from entrypoints.rest.http.uploads import MOST_BYTES, MOST_MEBIBYTES, Upload, read_upload
from entrypoints.rest.openapi.operation import operation
from entrypoints.web.file_answers import answers, with_answer
from entrypoints.web.file_options import OPTIONS, options_of
from entrypoints.web.series.meaning import said_dialect
from entrypoints.web.site import Site

#: How many files are read at once, and how many of them for one client.
_AT_ONCE, _OF_ONE_CLIENT = 2, 1
_SHOWN = 6


class FilePage:
    """A file that somebody drops."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._slots = SlotPool(_AT_ONCE, _OF_ONE_CLIENT, "Other files are being read at this moment.", max_wait=1.0)

    @operation({200: None}, etag=True, scope=Scope.FETCH)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Ask for a file."""
        self._site.render(req, resp, "file.html", **_form({}), asked=(), answers=(), name="", found=None)

    @operation({200: None}, scope=Scope.FETCH)
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Show it beside what would be read of it, with the options of the form."""
        sent = read_upload(req, self._site.sender.body_slots)
        fields = with_answer(sent.fields)
        options = options_of(fields)
        with self._slots.acquire(req.context.client):
            found = self._site.use_cases.preview_file(sent.body, sent.name, options)
        self._site.render(req, resp, "file.html", **_form(fields), **_shown(sent, found))
        resp.set_header("Cache-Control", "private, no-store")


def _form(given: Mapping[str, str]) -> dict[str, Any]:
    return {"options": OPTIONS, "given": given, "most": MOST_MEBIBYTES, "most_bytes": MOST_BYTES}


def _shown(sent: Upload, found: FilePreview) -> dict[str, Any]:
    width = max((len(row.cells) for row in found.rows), default=0)
    read = _read(found.series) if found.series else {}
    return {"name": sent.name, "found": found, "asked": found.options, "answers": answers(found), "width": width, **read}


def _read(series: ParsedSeries) -> dict[str, Any]:
    state = series.vintages[-1][1]
    units = series.metadata.column_units or ("",) * len(state.columns)
    count, ends = len(state), 2 * _SHOWN
    first = Observations.from_trusted(state.dates[:_SHOWN], state.columns, state.values[:_SHOWN])
    return {
        "state": state,
        "metadata": series.metadata,
        "columns": list(zip(state.columns, units, strict=False)),
        "first_rows": list(first.rows()),
        "last_rows": list(state.latest(min(_SHOWN, count - _SHOWN)).rows()) if count > _SHOWN else [],
        "between": max(0, count - ends),
        "dialect": said_dialect(series.dialect),
    }


def routes(site: Site) -> Iterator[tuple[str, object]]:
    """Yield the route."""
    yield "/file", FilePage(site)
