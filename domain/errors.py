"""
lanner's errors, each with a message, a code and, where one helps, a hint.

::

    DomainError
    ├── InvalidInput                 a field of the request is wrong; it is named
    │   ├── InvalidCode
    │   ├── InvalidObservations
    │   ├── InvalidFormula
    │   ├── LooksAhead               a formula that no back-test may use
    │   └── UnknownProvider
    ├── ProviderNotConfigured        a key is needed and missing
    ├── WebhookSecretMissing         a setting is needed and missing
    ├── NotFound
    │   ├── SeriesNotFound
    │   ├── FetchNotFound
    │   ├── VintageNotFound
    │   ├── NotKnownYet
    │   ├── NoObservationsYet
    │   ├── ScheduleNotFound
    │   ├── FormulaNotFound · ComponentMissing
    │   ├── WebhookNotFound
    │   ├── PanelNotFound
    │   └── KeyNotFound
    ├── InvalidApiKey · InsufficientScope    one of our API keys is required
    ├── TooManyRequests              a client's quota is used up
    ├── TooManyCells                 one answer would be too large
    ├── FetchAlreadyRunning
    ├── FetchAlreadyEnded
    ├── SchedulePaused
    ├── FormulaFailed                its series do not fit together, or it takes too long
    ├── NotOfFormulas                what only fetched series have
    ├── RemovalNotConfirmed
    ├── IdempotencyKeyReused             the same Idempotency-Key, another request
    ├── LeaseLost                    the fetch belongs to another worker, or has ended
    ├── StoreUnavailable
    │   └── SchemaMismatch
    ├── DamagedVintage
    └── FetchError                   the ways a fetch can fail: a closed list
        ├── DatasetNotFound · SourceGone · KeyMissing · KeyRejected · SourceForbidden
        ├── AnswerTooLarge · AnswerNotUnderstood · UnsupportedFrequency
        ├── SuspiciousShrink · SuspiciousValues
        ├── AttemptsExhausted · FetchCancelled
        └── TransientError             a retry may help
            ├── ThrottledLocally          lanner itself holds the call back
            └── RateLimited · SourceUnavailable · SourceTimedOut · AnswerTruncated
"""

from __future__ import annotations

from typing import ClassVar


class DomainError(Exception):
    """An error inside lanner."""

    code: ClassVar[str] = "internal_error"
    hint: str = ""
    retryable: ClassVar[bool] = False

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        self.message = message or " ".join((type(self).__doc__ or "").split())
        self.hint = hint or type(self).hint
        super().__init__(self.message)


class InvalidInput(DomainError):
    """A field of the request is not valid."""

    code = "invalid_input"

    def __init__(self, message: str = "", *, field: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.field = field


class InvalidCode(InvalidInput):
    """The code does not have the form DATABASE/DATASET."""

    code = "invalid_code"
    hint = "Write it as DATABASE/DATASET, for example WIKI/FB."


class InvalidObservations(InvalidInput):
    """Dates and columns do not make a time series."""

    code = "invalid_observations"


class InvalidFormula(InvalidInput):
    """The expression of a formula is not valid."""

    code = "invalid_formula"

    def __init__(self, message: str = "", *, field: str = "expression", hint: str = "") -> None:
        super().__init__(message, field=field, hint=hint)


class LooksAhead(InvalidInput):
    """The formula uses values of later dates, which nobody knew then."""

    code = "looks_ahead"


class UnknownProvider(InvalidInput):
    """There is no provider of this name."""

    code = "unknown_provider"
    hint = "`lanner providers` lists the names."


class ProviderNotConfigured(DomainError):
    """The provider needs an API key and none is configured."""

    code = "provider_not_configured"
    hint = "`lanner providers` shows what each one needs; settings are read at the start."


class WebhookSecretMissing(DomainError):
    """Webhooks are signed with secrets that are derived from LANNER_WEBHOOK_SECRET, which is not set."""

    code = "webhook_secret_missing"
    hint = "Set it to 32 random characters or more, the same for the API and all workers, and keep it: another one changes every secret."


class NotFound(DomainError):
    """The resource does not exist."""

    code = "not_found"


class SeriesNotFound(NotFound):
    """No time series of this id or code is kept here."""

    code = "series_not_found"
    hint = 'Request it: POST /timeseries {"code": "DATABASE/DATASET"}.'


class FetchNotFound(NotFound):
    """No fetch of this id is kept here."""

    code = "fetch_not_found"


class ScheduleNotFound(NotFound):
    """No schedule of this id is kept here."""

    code = "schedule_not_found"


class FormulaNotFound(NotFound):
    """No formula of this code is kept here."""

    code = "formula_not_found"


class ComponentMissing(NotFound):
    """A series that a formula reads is not kept here."""

    code = "component_missing"
    hint = "Request them first, or define the formula again with fetch=true."


class WebhookNotFound(NotFound):
    """No webhook of this id is kept here."""

    code = "webhook_not_found"


class PanelNotFound(NotFound):
    """No panel of this digest is kept here."""

    code = "panel_not_found"


class VintageNotFound(NotFound):
    """The series has no vintage of this number."""

    code = "vintage_not_found"


class NotKnownYet(NotFound):
    """Nothing of the series was known at that moment."""

    code = "not_known_yet"


class NoObservationsYet(NotFound):
    """The series has no vintage yet."""

    code = "no_observations_yet"
    hint = "Its first fetch has not succeeded yet; follow it at the series' own URL."
    retryable = True


class KeyNotFound(NotFound):
    """There is no API key of this id."""

    code = "key_not_found"
    hint = "`lanner keys list` lists the ids."


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


class FetchAlreadyRunning(DomainError):
    """A fetch of this series is running already, so its flags can no longer change."""

    code = "fetch_already_running"
    hint = "Follow the running fetch, then ask again."
    retryable = True


class FetchAlreadyEnded(DomainError):
    """The fetch has ended already, so it cannot be cancelled."""

    code = "fetch_already_ended"


class SchedulePaused(DomainError):
    """The schedule is paused."""

    code = "schedule_paused"
    hint = "Resume it first."


class FormulaFailed(DomainError):
    """The formula cannot be computed from its series."""

    code = "formula_failed"


class NotOfFormulas(DomainError):
    """The series is a formula, which is computed when it is read: it is never fetched and has no releases."""

    code = "not_of_formulas"
    hint = "Fetch or follow the series that it reads; GET /formulas/CODE names them."


class RemovalNotConfirmed(DomainError):
    """Removing a series with all its vintages requires its code as confirmation."""

    code = "removal_not_confirmed"


class IdempotencyKeyReused(DomainError):
    """The Idempotency-Key was used with a different request before."""

    code = "idempotency_key_reused"
    hint = "Send a new key with every new request, and the same key only to repeat one."


class LeaseLost(DomainError):
    """The worker no longer holds the fetch's lease; nothing of it is stored."""

    code = "lease_lost"


class StoreUnavailable(DomainError):
    """The database cannot be reached."""

    code = "store_unavailable"
    hint = "Check LANNER_DATABASE_URL and that the server runs."
    retryable = True


class SchemaMismatch(StoreUnavailable):
    """The database's schema is not the one that this version of lanner works with."""

    code = "schema_mismatch"
    hint = "Run `lanner migrate`, or use the version of lanner that wrote this database."


class DamagedVintage(DomainError):
    """A stored vintage does not match its checksum and is not served."""

    code = "damaged_vintage"
    hint = "If it is the newest, fetch the series again with refresh; an older one can only come from a backup."


class FetchError(DomainError):
    """The fetch failed."""

    code = "error"


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
    """The new answer is written in another way than what is stored, so that its values may mean something else."""

    code = "suspicious_values"
    hint = 'If that is right, accept it with `lanner fetch --refresh --allow values CODE` or {"refresh": true, "allow": ["values"]}.'


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
