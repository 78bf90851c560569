"""How a fetch stands."""

from __future__ import annotations

from collections.abc import Iterator

import falcon

from domain.use_cases import UseCases
from domain.use_cases.follow_fetches import FollowFetches
from entrypoints.rest.openapi.description import described
from entrypoints.rest.params import Parameters, identifier
from entrypoints.rest.schemas import FetchSchema


class FetchResource:
    """One fetch."""

    def __init__(self, follow_fetches: FollowFetches) -> None:
        self._follow_fetches = follow_fetches

    @described({200: FetchSchema})
    def on_get(self, req: falcon.Request, resp: falcon.Response, fetch_id: str) -> None:
        """Show it as it is now."""
        Parameters(req)
        resp.media = FetchSchema().dump(self._follow_fetches(identifier(fetch_id)))


def routes(use_cases: UseCases) -> Iterator[tuple[str, object]]:
    """Give the routes."""
    yield "/fetches/{fetch_id}", FetchResource(use_cases.follow_fetches)
