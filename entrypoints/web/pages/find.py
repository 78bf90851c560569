"""Finding what is kept, and adding a series by its code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import falcon

from domain.api_keys import Scope
from domain.codes import DatasetCode
from domain.errors import DomainError, InvalidCode
from domain.series import SeriesQuery
from domain.use_cases.describe_series import Described
from entrypoints.rest.http.params import QueryParameters, parse_code, parse_words
from entrypoints.rest.http.rate_limits import requester_of
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import Parameter, Parameters, integer
from entrypoints.web.forms import read_form, redirect
from entrypoints.web.freshness import freshness
from entrypoints.web.rendering import series_path
from entrypoints.web.site import Site

_PARAMETERS: Parameters = {
    "query": Parameter("Words, or a code."),
    "cursor": Parameter("Where the list goes on.", integer(0, 10**18)),
}
_PAGE = 50


class FindPage:
    """Search."""

    def __init__(self, site: Site) -> None:
        self._site, self._use_cases = site, site.use_cases

    @operation({200: None}, _PARAMETERS, etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List the kept series that match, and offer to add what looks like a code."""
        parameters = QueryParameters(req.params, _PARAMETERS)
        text = (parameters.text("query") or "").strip()
        query = SeriesQuery(words=parse_words(text), after=parameters.position("cursor"), limit=_PAGE)
        page = self._use_cases.search_series(query)
        provider, code = _code_of(text)
        known = any(series.code == code and provider in (None, series.provider) for series in page.items)
        served, problem = ("", "") if code is None or known else self._who_serves(code, provider)
        now = self._use_cases.search_series.now()
        self._site.render(
            req,
            resp,
            "find.html",
            query=text,
            items=[(series, freshness(Described(series, stale=False, now=now))) for series in page.items],
            more=page.next,
            code=None if known else code,
            reference=text,
            served=served,
            problem=problem,
            now=now,
        )

    @operation({303: None}, scope=Scope.FETCH)
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Request a series by its code, and go to its page."""
        form = read_form(req, self._site.sender.body_slots)
        provider, code = parse_code(form.get("code", ""), None)
        requested = self._use_cases.request_fetch(code, provider=provider, request_id=req.context.request_id, requester=requester_of(req))
        redirect(resp, series_path(requested.series))

    def _who_serves(self, code: DatasetCode, provider: str | None) -> tuple[str, str]:
        """Return the title of the provider that would be asked, and why it cannot be."""
        try:
            return self._use_cases.request_fetch.provider_of(code, provider).title, ""
        except DomainError as error:
            return "", f"{error.message} {error.hint}".strip()


def _code_of(text: str) -> tuple[str | None, DatasetCode | None]:
    with suppress(InvalidCode):
        return parse_code(text, None)
    return None, None


def routes(site: Site) -> Iterator[tuple[str, object]]:
    """Yield the route."""
    yield "/find", FindPage(site)
