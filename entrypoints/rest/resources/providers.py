"""The providers: who can be asked, how often, and under which terms."""

from __future__ import annotations

from collections.abc import Iterator

import falcon

from domain.api_keys import Scope
from domain.use_cases import UseCases
from domain.use_cases.list_providers import ListProviders
from entrypoints.rest.http.params import QueryParameters
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.response_schemas import PROVIDERS
from entrypoints.rest.schemas import ProviderSchema


class ProvidersResource:
    """All providers."""

    def __init__(self, list_providers: ListProviders) -> None:
        self._list_providers = list_providers

    @operation({200: PROVIDERS}, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List them by name, with how things stand now."""
        QueryParameters(req.params)
        resp.media = {"items": ProviderSchema(many=True).dump(self._list_providers())}


def routes(use_cases: UseCases) -> Iterator[tuple[str, object]]:
    """Give the routes."""
    yield "/providers", ProvidersResource(use_cases.list_providers)
