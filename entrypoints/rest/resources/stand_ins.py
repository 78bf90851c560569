"""Stand-ins: which series could go on for another, and what shows it."""

from __future__ import annotations

from collections.abc import Iterator

import falcon

from domain.api_keys import Scope
from domain.stand_ins.candidates import MOST_CANDIDATES
from domain.use_cases import UseCases
from entrypoints.rest.http.params import QueryParameters, parse_uuid, parse_words
from entrypoints.rest.http.rate_limits import requester_of
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import STANDING_IN
from entrypoints.rest.resources.search import check_may_search
from entrypoints.rest.schemas.stand_ins import StandInsSchema, candidate_document


class StandInsResource:
    """Stand-ins for a series."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._find_stand_ins, self._sender = use_cases.find_stand_ins, sender

    @operation({200: StandInsSchema}, STANDING_IN, problems=(422,), scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, series_id: str) -> None:
        """List candidates among what is stored, and at the providers that are named, which needs the scope to fetch."""
        key, parameters = parse_uuid(series_id), QueryParameters(req.params, STANDING_IN)
        names, query = parameters.texts("provider"), parameters.text("query") or ""
        parse_words(query)
        slots = self._sender.read_slots
        if names:
            check_may_search(req)
            slots = self._sender.wait_slots
        with slots.acquire(req.context.client):
            found = self._find_stand_ins(
                key,
                providers=names,
                query=query,
                column=parameters.text("column") or "",
                limit=parameters.number("limit", minimum=1, maximum=MOST_CANDIDATES) or MOST_CANDIDATES,
                requester=requester_of(req),
            )
        reference = f"{found.series.provider}:{found.series.code}"
        document = StandInsSchema(exclude=("items",)).dump(found)
        resp.media = {**document, "items": [candidate_document(each, reference) for each in found.items]}


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the route."""
    yield "/timeseries/{series_id}/stand-ins", StandInsResource(use_cases, sender)
