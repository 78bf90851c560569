"""Searching: among the stored series, and at the providers themselves."""

from __future__ import annotations

from collections.abc import Iterator

import falcon

from domain.api_keys import Scope
from domain.errors import InsufficientScope, InvalidInput
from domain.searching import MOST_HITS
from domain.series import SeriesQuery
from domain.use_cases import UseCases
from entrypoints.rest.http.params import QueryParameters, parse_words
from entrypoints.rest.http.rate_limits import requester_of
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import FINDING
from entrypoints.rest.openapi.response_schemas import FOUND
from entrypoints.rest.schemas.providers import ProviderHitsSchema
from entrypoints.rest.schemas.series import ItemSchema

_DEFAULT_LIMIT = 20


class SearchResource:
    """Search."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._search_series, self._search_providers, self._sender = use_cases.search_series, use_cases.search_providers, sender

    @operation({200: FOUND}, FINDING, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Find series that are stored, and at the providers that are named, which needs the scope to fetch."""
        parameters = QueryParameters(req.params, FINDING)
        text = parameters.text("query") or ""
        words = parse_words(text)
        if not words:
            raise InvalidInput("query is missing.", field="query", hint="Write words to look for.")
        limit, names = parameters.number("limit", minimum=1, maximum=MOST_HITS) or _DEFAULT_LIMIT, parameters.texts("provider")
        stored = self._search_series(SeriesQuery(words=words, limit=limit)).items
        if not names:
            found = self._search_providers.not_asked()
        else:
            check_may_search(req)
            with self._sender.wait_slots.acquire(req.context.client):
                found = self._search_providers(text, names, limit=limit, requester=requester_of(req))
        resp.media = {"stored": ItemSchema(many=True).dump(stored), "providers": ProviderHitsSchema(many=True).dump(found)}


def check_may_search(req: falcon.Request) -> None:
    """Raise InsufficientScope unless the client may use the providers' limits."""
    if Scope.FETCH not in req.context.scopes:
        raise InsufficientScope("Searching at providers uses their limits, which needs a key with the scope fetch.")


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the route."""
    yield "/search", SearchResource(use_cases, sender)
