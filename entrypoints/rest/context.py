"""What is known of a request besides what HTTP says of it: who asks, and what that one may do."""

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
    The context of a request; what is not said otherwise holds for everybody where no keys are required.

    Attributes:
        address: of the client.
        key: the good API key that it came with.
        owner: whose idempotency keys it may use.
        refusal: why it is let in nowhere but where no key is needed.
        fetch_limits: of the fetches that its client may ask for.

    """

    request_id: str = ""
    begun: float = 0.0
    address: str = ""
    scopes: frozenset[Scope] = frozenset(Scope)
    key: ApiKey | None = None
    owner: str = ANONYMOUS
    refusal: Exception | DomainError | None = None
    fetch_limits: tuple[Limit, ...] = ()
    sender: Any = None
    write_problem: Any = None

    @property
    def client(self) -> str:
        """By what limits and places know who asks: the key, or else the address."""
        return f"key {self.key.id}" if self.key else client_of(self.address)


class Request(falcon.Request):
    """A request with this context."""

    context_type = RequestContext
