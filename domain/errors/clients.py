"""What a client may not do: without a key or its scope, too often, too much at once, unconfirmed, or twice."""

from __future__ import annotations

from domain.errors.domain_error import DomainError


class InvalidApiKey(DomainError):
    """A valid API key is required here."""

    code = "key_refused"
    hint = "Send it as Authorization: Bearer KEY; `lanner keys create` makes one."


class InsufficientScope(DomainError):
    """The API key does not allow this."""

    code = "scope_missing"
    hint = "`lanner keys create --scope SCOPE` makes one; --scope may be repeated."


class TooManyRequests(DomainError):
    """The client has sent too many requests."""

    code = "too_many_requests"
    hint = "Wait as long as Retry-After says."
    retryable = True

    def __init__(self, message: str = "", *, seconds: float = 1.0) -> None:
        super().__init__(message)
        self.seconds = seconds


class TooManyCells(DomainError):
    """The response would have more cells than one response may have."""

    code = "too_many_cells"
    hint = "Request less at once: use start_date and end_date, columns, collapse or limit."


class RemovalNotConfirmed(DomainError):
    """Removing a series with all its vintages requires its code as confirmation."""

    code = "removal_not_confirmed"


class IdempotencyKeyReused(DomainError):
    """The Idempotency-Key was used with a different request before."""

    code = "idempotency_key_reused"
    hint = "Send a new key with every new request, and the same key only to repeat one."
