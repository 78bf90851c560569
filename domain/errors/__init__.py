"""
lanner's errors, each with a message, a code and, where one helps, a hint; a line over each group names its module.

::

    DomainError
    │       input: a field of the request is wrong; it is named
    ├── InvalidInput
    │   ├── InvalidCode
    │   ├── InvalidObservations
    │   ├── InvalidFormula
    │   ├── LooksAhead                   a formula that no back-test may use
    │   └── UnknownProvider
    │       settings: one is needed and missing
    ├── ProviderNotConfigured            a provider's key
    ├── WebhookSecretMissing
    │       clients: what a client may not do
    ├── InvalidApiKey · InsufficientScope    one of our API keys is required
    ├── TooManyRequests                  a client's quota is used up
    ├── TooManyCells                     one answer would be too large
    ├── RemovalNotConfirmed
    ├── IdempotencyKeyReused             the same Idempotency-Key, another request
    │       not_found
    ├── NotFound
    │   ├── SeriesNotFound
    │   ├── FetchNotFound
    │   ├── VintageNotFound
    │   ├── NotKnownYet
    │   ├── NoObservationsYet
    │   ├── ScheduleNotFound
    │   ├── FormulaNotFound · ComponentMissing
    │   ├── ProviderNotFound
    │   ├── WebhookNotFound
    │   ├── EquivalenceNotFound
    │   ├── PanelNotFound
    │   └── KeyNotFound
    │       states: what a fetch, a schedule or a formula does not allow as it is
    ├── FetchAlreadyRunning
    ├── FetchAlreadyEnded
    ├── LeaseLost                        the fetch belongs to another worker, or has ended
    ├── SchedulePaused
    ├── FormulaFailed                    its series do not fit together, or it takes too long
    ├── NotOfFormulas                    what only fetched series have
    │       store: the database cannot serve what is stored
    ├── StoreUnavailable
    │   └── SchemaMismatch
    ├── DamagedVintage
    │       fetching: the ways a fetch can fail, a closed list
    └── FetchError
        ├── DatasetNotFound · SourceGone · KeyMissing · KeyRejected · SourceForbidden
        ├── AnswerTooLarge · AnswerNotUnderstood · UnsupportedFrequency
        ├── SuspiciousShrink · SuspiciousValues
        ├── AttemptsExhausted · FetchCancelled
        └── TransientError               a retry may help
            ├── ThrottledLocally         lanner itself holds the call back
            └── RateLimited · SourceUnavailable · SourceTimedOut · AnswerTruncated
"""

from domain.errors.clients import IdempotencyKeyReused, InsufficientScope, InvalidApiKey, RemovalNotConfirmed, TooManyCells, TooManyRequests
from domain.errors.domain_error import DomainError
from domain.errors.fetching import (
    AnswerNotUnderstood,
    AnswerTooLarge,
    AnswerTruncated,
    AttemptsExhausted,
    DatasetNotFound,
    FetchCancelled,
    FetchError,
    KeyMissing,
    KeyRejected,
    RateLimited,
    SourceForbidden,
    SourceGone,
    SourceTimedOut,
    SourceUnavailable,
    SuspiciousShrink,
    SuspiciousValues,
    ThrottledLocally,
    TransientError,
    UnsupportedFrequency,
)
from domain.errors.input import InvalidCode, InvalidFormula, InvalidInput, InvalidObservations, LooksAhead, UnknownProvider
from domain.errors.not_found import (
    ComponentMissing,
    EquivalenceNotFound,
    FetchNotFound,
    FormulaNotFound,
    KeyNotFound,
    NoObservationsYet,
    NotFound,
    NotKnownYet,
    PanelNotFound,
    ProviderNotFound,
    ScheduleNotFound,
    SeriesNotFound,
    VintageNotFound,
    WebhookNotFound,
)
from domain.errors.settings import ProviderNotConfigured, WebhookSecretMissing
from domain.errors.states import FetchAlreadyEnded, FetchAlreadyRunning, FormulaFailed, LeaseLost, NotOfFormulas, SchedulePaused
from domain.errors.store import DamagedVintage, SchemaMismatch, StoreUnavailable

__all__ = [
    "AnswerNotUnderstood",
    "AnswerTooLarge",
    "AnswerTruncated",
    "AttemptsExhausted",
    "ComponentMissing",
    "DamagedVintage",
    "DatasetNotFound",
    "DomainError",
    "EquivalenceNotFound",
    "FetchAlreadyEnded",
    "FetchAlreadyRunning",
    "FetchCancelled",
    "FetchError",
    "FetchNotFound",
    "FormulaFailed",
    "FormulaNotFound",
    "IdempotencyKeyReused",
    "InsufficientScope",
    "InvalidApiKey",
    "InvalidCode",
    "InvalidFormula",
    "InvalidInput",
    "InvalidObservations",
    "KeyMissing",
    "KeyNotFound",
    "KeyRejected",
    "LeaseLost",
    "LooksAhead",
    "NoObservationsYet",
    "NotFound",
    "NotKnownYet",
    "NotOfFormulas",
    "PanelNotFound",
    "ProviderNotConfigured",
    "ProviderNotFound",
    "RateLimited",
    "RemovalNotConfirmed",
    "ScheduleNotFound",
    "SchedulePaused",
    "SchemaMismatch",
    "SeriesNotFound",
    "SourceForbidden",
    "SourceGone",
    "SourceTimedOut",
    "SourceUnavailable",
    "StoreUnavailable",
    "SuspiciousShrink",
    "SuspiciousValues",
    "ThrottledLocally",
    "TooManyCells",
    "TooManyRequests",
    "TransientError",
    "UnknownProvider",
    "UnsupportedFrequency",
    "VintageNotFound",
    "WebhookNotFound",
    "WebhookSecretMissing",
]
