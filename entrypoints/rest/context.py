"""The context of a request: who sent it, and what that client may do."""

from __future__ import annotations

from typing import Any

import falcon

from domain.api_keys import ApiKey, Scope
from domain.errors import DomainError
from domain.fetches import ANONYMOUS
from domain.providers import Limit
from entrypoints.rest.http.rate_limits import client_of


class RequestContext:
    """
    The context of a request; the defaults hold for every client where no keys are required.

    Attributes:
        begun: when it was received, by ``perf_counter``.
        address: of the client.
        key: the valid API key that it came with.
        owner: whose idempotency keys it may use.
        query_key: the API key that was in the query, where that is allowed.
        refusal: why it is refused wherever a key is needed.
        fetch_limits: of the fetches that its client may request.
        span: of its trace, as a context that is entered; None where it has none.
        problem_writer: writes problems in another format than RFC 9457's.

    """

    request_id: str = ""
    begun: float = 0.0
    address: str = ""
    scopes: frozenset[Scope] = frozenset(Scope)
    key: ApiKey | None = None
    owner: str = ANONYMOUS
    query_key: str = ""
    refusal: Exception | DomainError | None = None
    fetch_limits: tuple[Limit, ...] = ()
    span: Any = None
    problem_writer: Any = None

    @property
    def client(self) -> str:
        """The client's name in limits and slots: its key, or else its address."""
        return f"key {self.key.id}" if self.key else client_of(self.address)


class Request(falcon.Request):
    """A request with this context."""

    context_type = RequestContext
