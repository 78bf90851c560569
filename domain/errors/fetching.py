"""The ways a fetch can fail: a closed list."""

from __future__ import annotations

from collections.abc import Sequence

from domain.errors.domain_error import DomainError
from domain.gates.cells import SuspiciousCell


class FetchError(DomainError):
    """
    The fetch failed.

    Attributes:
        cells: the first of those for which the answer was refused.

    """

    code = "error"
    cells: tuple[SuspiciousCell, ...] = ()


class DatasetNotFound(FetchError):
    """The provider has no dataset of this code."""

    code = "not_found"
    hint = "Check the code at the provider."


class SourceGone(FetchError):
    """The provider has shut this service down for good."""

    code = "gone"
    hint = "Route the database to another provider with LANNER_ROUTES."


class KeyMissing(FetchError):
    """The provider asks for an API key and none is configured."""

    code = "key_missing"


class KeyRejected(FetchError):
    """The provider does not accept the configured API key."""

    code = "key_rejected"
    hint = "Check the key in the provider's account page, and the variable that holds it."


class SourceForbidden(FetchError):
    """The provider denies access to this dataset."""

    code = "forbidden"


class AnswerTooLarge(FetchError):
    """The provider's answer is larger than lanner accepts."""

    code = "too_large"


class AnswerNotUnderstood(FetchError):
    """
    The provider's answer does not conform to its format.

    Attributes:
        is_lasting: whether another attempt would be answered alike, as by a file.

    """

    code = "not_understood"
    hint = "Check the code at the provider; `lanner parse` shows what lanner reads from a saved answer."
    is_lasting: bool = False


class UnsupportedFrequency(FetchError):
    """The provider's answer has a frequency or axis that lanner does not keep."""

    code = "unsupported_frequency"


class SuspiciousShrink(FetchError):
    """The new answer holds less than half of what is stored of a column, so it was not stored."""

    code = "suspicious_shrink"
    hint = 'Accept it with `lanner fetch --refresh --allow shrink CODE` or {"refresh": true, "allow": ["shrink"]}.'


class SuspiciousValues(FetchError):
    """The new answer looks like a fault: it is written in another way than what is stored, or one of the series' gates refuses it."""

    code = "suspicious_values"
    hint = 'If that is right, accept it with `lanner fetch --refresh --allow values CODE` or {"refresh": true, "allow": ["values"]}.'

    def __init__(self, message: str = "", *, hint: str = "", cells: Sequence[SuspiciousCell] = ()) -> None:
        super().__init__(message, hint=hint)
        self.cells = tuple(cells)


class AttemptsExhausted(FetchError):
    """Workers crashed on this fetch too often, so it is not retried."""

    code = "attempts_exhausted"


class FetchCancelled(FetchError):
    """The fetch was cancelled."""

    code = "cancelled"


class TransientError(FetchError):
    """The provider cannot answer now, but may soon."""

    code = "unavailable"
    retryable = True

    def __init__(self, message: str = "", *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class RateLimited(TransientError):
    """The provider's rate limit is reached."""

    code = "rate_limited"
    hint = "lanner waits and retries by itself; a key of your own may raise the limit."


class ThrottledLocally(TransientError):
    """lanner may not call the provider just now."""

    code = "rate_limited"
    hint = "lanner waits and tries again by itself; `lanner providers` shows the limits."

    def __init__(self, message: str = "", *, circuit: bool = False, retry_after: float = 0.0) -> None:
        super().__init__(message, retry_after=retry_after)
        self.circuit = circuit


class SourceUnavailable(TransientError):
    """The provider cannot be reached or answers with a server error."""

    hint = "lanner tries again by itself; check the network and the provider's base URL."


class SourceTimedOut(TransientError):
    """The provider did not answer in time."""

    code = "timed_out"
    hint = "lanner tries again by itself."


class AnswerTruncated(TransientError):
    """The provider's answer ended too early."""

    code = "truncated"
    hint = "lanner tries again by itself."
