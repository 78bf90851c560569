"""Finding what is kept and what providers have, and adding a series by its code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from http import HTTPStatus

import falcon

from domain.api_keys import Scope
from domain.errors import InvalidInput
from domain.searching import MOST_HITS, ProviderHits
from domain.series import SeriesQuery
from domain.use_cases.describe_series import Described
from entrypoints.rest.http.errors import Problem
from entrypoints.rest.http.params import QueryParameters, parse_code, parse_words
from entrypoints.rest.http.rate_limits import requester_of
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import Parameter, Parameters, enum_of, integer
from entrypoints.rest.resources.search import check_may_search
from entrypoints.web.adding import code_of, offer
from entrypoints.web.changes import Changes
from entrypoints.web.compare.state import State, read_query
from entrypoints.web.following import follow
from entrypoints.web.forms import read_form, redirect
from entrypoints.web.freshness import freshness
from entrypoints.web.rendering import series_path
from entrypoints.web.site import Site


class _Format(StrEnum):
    PART = "part"


_PARAMETERS: Parameters = {
    "query": Parameter("Words, or a code."),
    "cursor": Parameter("Where the list goes on.", integer(0, 10**18)),
    "provider": Parameter("A provider to search, too."),
    "compare": Parameter("The query of a comparison to which a series is added: what is chosen goes there."),
    "format": Parameter("`part`: what this provider found alone.", enum_of(_Format)),
}
#: How many series a page has, and of how many the first ones have a picture.
_PAGE, _SPARKS = 50, 12


class FindPage:
    """Search."""

    def __init__(self, site: Site) -> None:
        self._site, self._use_cases = site, site.use_cases
        self._changes = Changes(site.use_cases)

    @operation({200: None, 202: None}, _PARAMETERS, etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List the kept series that match and what a provider has, and offer to add it, or what looks like a code."""
        parameters = QueryParameters(req.params, _PARAMETERS)
        text = " ".join((parameters.text("query") or "").split())
        provider, compare = parameters.text("provider"), parameters.text("compare")
        comparing = read_query(compare) if compare else None
        if parameters.choice("format", _Format):
            if provider is None:
                raise InvalidInput("provider is missing.", field="provider", hint="A part is what one provider found.")
            self._send_part(req, resp, text, provider, comparing=comparing)
            return
        groups = self._groups(req, text, provider)
        query = SeriesQuery(words=parse_words(text), after=parameters.position("cursor"), limit=_PAGE)
        page = self._use_cases.search_series(query)
        named, code = code_of(text)
        known = any(series.code == code and named in (None, series.provider) for series in page.items)
        now = self._use_cases.search_series.now()
        with self._site.sender.read_slots.acquire(req.context.client):
            sparks = [self._changes.spark(series) if place < _SPARKS else "" for place, series in enumerate(page.items)]
        self._site.render(
            req,
            resp,
            "find.html",
            query=text,
            items=[
                (series, freshness(Described(series, stale=False, now=now)), spark)
                for series, spark in zip(page.items, sparks, strict=True)
            ],
            more=page.next,
            offer=None if known else offer(self._use_cases, text),
            groups=groups,
            comparing=comparing,
            now=now,
        )

    @operation({303: None}, scope=Scope.FETCH)
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Request a series by its code, and go to its page, or to the comparison for which it is added; and follow it, if asked to."""
        form = read_form(req, self._site.sender.body_slots)
        provider, code = parse_code(form.get("code", ""), form.get("provider") or None)
        comparing = read_query(form["compare"]) if form.get("compare") else None
        requested = self._use_cases.request_fetch(code, provider=provider, request_id=req.context.request_id, requester=requester_of(req))
        if form.get("follow") == "yes":
            follow(self._use_cases.manage_schedules, requested.series, wanted=True)
        series = requested.series
        redirect(resp, f"/compare{comparing.with_series(series.provider, series.code)}" if comparing else series_path(series))

    def _groups(self, req: falcon.Request, text: str, provider: str | None) -> Sequence[ProviderHits]:
        """Return the providers that can be searched, with the hits of the one that is named, which comes first."""
        asked = [self._asked(req, text, provider)] if provider else []
        may_search = text and Scope.FETCH in req.context.scopes
        others = self._use_cases.search_providers.not_asked() if may_search else ()
        return [*asked, *(each for each in others if each.provider.name != provider)]

    def _asked(self, req: falcon.Request, text: str, provider: str) -> ProviderHits:
        check_may_search(req)
        parse_words(text)
        with self._site.sender.wait_slots.acquire(req.context.client):
            [found] = self._use_cases.search_providers(text, [provider], limit=MOST_HITS, requester=requester_of(req))
        return found

    def _send_part(self, req: falcon.Request, resp: falcon.Response, text: str, provider: str, *, comparing: State | None) -> None:
        """Send what a provider has, or, while no search can begin, its empty place (202) and when to ask again."""
        try:
            group = self._asked(req, text, provider)
        except Problem as problem:
            waiting = next((each for each in self._use_cases.search_providers.not_asked() if each.provider.name == provider), None)
            if problem.code != "busy" or waiting is None:
                raise
            group, resp.status = waiting, HTTPStatus.ACCEPTED
            resp.set_headers(dict(problem.headers))
        self._site.render(req, resp, "find_group.html", query=text, group=group, comparing=comparing)


def routes(site: Site) -> Iterator[tuple[str, object]]:
    """Yield the route."""
    yield "/find", FindPage(site)
