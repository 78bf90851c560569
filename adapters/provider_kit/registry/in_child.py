"""The child process's side: a provider's source, run on the responses that its parent has recorded."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from adapters.provider_kit.child_process.source import Address, Work, address_of
from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.request import HttpRequest
from adapters.provider_kit.registry.discovery import discover
from adapters.provider_kit.registry.opening import open_source
from domain.errors import FetchError, ProviderNotConfigured
from domain.ports import DataSource, RawResponse


class _Replayed(HttpClient):
    """Replay recorded responses; further requests are made by the parent process."""

    outcomes: Sequence[tuple[Address, RawResponse | FetchError]] = ()
    ask: Callable[..., RawResponse]

    def send(self, request: HttpRequest) -> RawResponse:
        if not self.outcomes or self.outcomes[0][0] != address_of(request):
            self.outcomes = ()
            return self.ask(request)
        (_, outcome), *self.outcomes = self.outcomes
        if isinstance(outcome, FetchError):
            raise outcome
        return outcome


def run_in_child(ask: Callable[..., RawResponse], work: Work) -> Any:
    """Call a source's method in the child process."""
    source, client = _opened(work.how.provider, json.dumps(work.how.options), work.how.deadline_seconds)
    client.outcomes, client.ask = work.outcomes, ask
    return getattr(source, work.method)(*work.arguments)


@cache
def _opened(provider: str, options: str, deadline_seconds: float) -> tuple[DataSource, _Replayed]:
    spec = discover()[provider]
    if isinstance(spec, str):
        raise ProviderNotConfigured(spec)
    return open_source(spec, json.loads(options), _Replayed, deadline_seconds=deadline_seconds)
