"""Map HTTP statuses other than success to the domain's errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import orjson

from adapters.provider_kit.text import storable
from domain.errors import (
    AnswerNotUnderstood,
    AnswerTooLarge,
    DatasetNotFound,
    FetchError,
    KeyMissing,
    KeyRejected,
    RateLimited,
    SourceForbidden,
    SourceGone,
    SourceTimedOut,
    SourceUnavailable,
    TransientError,
)
from domain.ports import RawResponse
from domain.redaction import redactor

_DAY_SECONDS = 86400.0
_MESSAGE_LENGTH = 300
_SERVER_ERRORS = 500
_SECONDS = re.compile(r"[-+]?\d+(\.\d+)?", re.ASCII)
_TRANSIENT: Mapping[int, type[TransientError]] = {
    HTTPStatus.REQUEST_TIMEOUT: SourceTimedOut,
    HTTPStatus.TOO_EARLY: SourceUnavailable,
    HTTPStatus.TOO_MANY_REQUESTS: RateLimited,
}
_FINAL: Mapping[int, type[FetchError]] = {
    HTTPStatus.NOT_FOUND: DatasetNotFound,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: AnswerTooLarge,
    HTTPStatus.REQUEST_URI_TOO_LONG: AnswerTooLarge,
}
_MESSAGE_KEYS = ("message", "error_message", "error", "detail", "description")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorContext:
    """
    Facts about a provider for its error messages.

    Attributes:
        host: for messages.
        key: the API key that is sent, if any; redacted in what is quoted.
        key_variable: the variable that holds the key; empty if the provider takes none.
        gone_hint: what to do when the provider answers 410.

    """

    host: str
    key: str = field(default="", repr=False)
    key_variable: str = ""
    gone_hint: str = SourceGone.hint

    def quoted(self, words: str) -> str:
        """Return the provider's message on one line, shortened, without the key."""
        line = " ".join(storable(words).split())
        line = redactor((self.key,)).text(line)
        return line if len(line) <= _MESSAGE_LENGTH else line[:_MESSAGE_LENGTH] + "…"


def is_success(answer: RawResponse) -> bool:
    """Return whether the status is 2xx."""
    return HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES


def is_html(answer: RawResponse) -> bool:
    """Return whether a response is an HTML page."""
    return "html" in answer.headers.get("content-type", "").casefold() or b"<html" in answer.body[:2000].lower()


def status_error(answer: RawResponse, context: ErrorContext, said: str = "") -> FetchError:
    """
    Return the error for a response that is no success.

    Args:
        said: the provider's message, where the caller has found it.

    """
    status = answer.status
    said = said or context.quoted(_said(answer))
    text = f"{context.host} answered with status {status}{': ' + said if said else '.'}"
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return _refusal(answer, context, text)
    if status in _TRANSIENT or status >= _SERVER_ERRORS:
        return _TRANSIENT.get(status, SourceUnavailable)(text, retry_after=retry_after(answer))
    if status == HTTPStatus.GONE:
        return SourceGone(text, hint=context.gone_hint)
    return _FINAL.get(status, AnswerNotUnderstood)(text)


def key_missing(text: str, context: ErrorContext) -> KeyMissing:
    """Return the error for a missing key; its hint names the variable."""
    return KeyMissing(text, hint=f"Set {context.key_variable}.")


def key_rejected(text: str, context: ErrorContext) -> KeyRejected:
    """Return the error for a wrong key; its hint names the variable."""
    return KeyRejected(text, hint=f"Check the key in {context.key_variable}.")


def retry_after(answer: RawResponse, now: datetime | None = None) -> float | None:
    """Read ``Retry-After``, seconds or a date, as seconds between 0 and a day; None where it is missing or invalid."""
    text = answer.headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return min(max(float(text), 0.0), _DAY_SECONDS)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - (now or datetime.now(UTC))).total_seconds(), 0.0), _DAY_SECONDS)


def _refusal(answer: RawResponse, context: ErrorContext, text: str) -> FetchError:
    if is_html(answer):
        hint = f"The firewall of {context.host} blocks this machine or the API; a key does not help. "
        hint += "Route the database to another provider."
        return SourceForbidden(text, hint=hint)
    if context.key_variable and not context.key:
        return key_missing(text, context)
    if answer.status == HTTPStatus.UNAUTHORIZED and context.key:
        return key_rejected(text, context)
    return SourceForbidden(text)


def _said(answer: RawResponse) -> str:
    if is_html(answer):
        return "an HTML page."
    try:
        document = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        plain = answer.headers.get("content-type", "").startswith("text/plain")
        return answer.body.decode(errors="replace") if plain else ""
    if not isinstance(document, dict):
        return ""
    messages = (document.get(key) for key in _MESSAGE_KEYS)
    return next((message for message in messages if isinstance(message, str)), "")
