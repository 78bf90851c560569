"""The providers, with their limits and terms."""

from __future__ import annotations

from collections.abc import Iterator

import falcon

from domain.api_keys import Scope
from domain.use_cases import UseCases
from domain.use_cases.list_providers import ListProviders
from domain.use_cases.unblock_provider import UnblockProvider
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.response_schemas import PROVIDERS
from entrypoints.rest.schemas.providers import ProviderSchema


class ProvidersResource:
    """Providers."""

    def __init__(self, list_providers: ListProviders) -> None:
        self._list_providers = list_providers

    @operation({200: PROVIDERS}, scope=Scope.READ)
    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        """List all providers by name, with their current state."""
        resp.media = {"items": ProviderSchema(many=True).dump(self._list_providers())}


class BlockResource:
    """What blocks calls to a provider."""

    def __init__(self, unblock_provider: UnblockProvider) -> None:
        self._unblock_provider = unblock_provider

    @operation({200: ProviderSchema}, scope=Scope.ADMIN)
    def on_delete(self, _req: falcon.Request, resp: falcon.Response, name: str) -> None:
        """Call it again from now on, and have the fetches that wait for it begin."""
        resp.media = ProviderSchema().dump(self._unblock_provider(name).after)


def routes(use_cases: UseCases, _sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    yield "/providers", ProvidersResource(use_cases.list_providers)
    yield "/providers/{name}/block", BlockResource(use_cases.unblock_provider)
