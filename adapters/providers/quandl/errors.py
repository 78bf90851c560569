"""Quandl's own errors, in JSON, CSV or XML and whatever the status, as the domain's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from adapters.provider_kit.http.status_errors import ErrorContext, is_success, key_missing, key_rejected, retry_after, status_error
from domain.errors import (
    AnswerNotUnderstood,
    AnswerTooLarge,
    DatasetNotFound,
    FetchError,
    RateLimited,
    SourceForbidden,
    SourceUnavailable,
)
from domain.ports import RawResponse

_CODE = re.compile(r"QE([A-Z])x([0-9]{2})", re.IGNORECASE)
_TOO_LARGE = ("06", "07", "08")
_V1_WORDS = (("does not exist", "C"), ("not found", "C"), ("api key", "A"), ("token", "A"), ("limit", "L"), ("permission", "P"))


def named_error(document: Mapping[str, Any], answer: RawResponse, context: ErrorContext) -> FetchError | None:
    """Return the error that a body reports, or None."""
    error = document.get("quandl_error")
    if isinstance(error, dict):
        message = context.quoted(str(error.get("message") or "Quandl gives no reason."))
        return _by_code(str(error.get("code")), message, answer, context)
    errors = document.get("errors") or (None if "column_names" in document else document.get("error"))
    return _by_words(context.quoted(_sentence(errors)), answer, context) if errors else None


def _by_code(code: str, message: str, answer: RawResponse, context: ErrorContext) -> FetchError:
    match = _CODE.fullmatch(code)
    if match is None or answer.status == HTTPStatus.GONE:
        return _by_words(message, answer, context)
    text, letter = f"{message} ({code})", match[1].upper()
    if letter == "L" and match[2] in _TOO_LARGE and answer.status != HTTPStatus.TOO_MANY_REQUESTS:
        return AnswerTooLarge(text)
    return _by_letter(letter, text, answer, context)


def _by_letter(letter: str, text: str, answer: RawResponse, context: ErrorContext) -> FetchError:
    match letter:
        case "C":
            return DatasetNotFound(text)
        case "A":
            return key_rejected(text, context)
        case "P":
            return SourceForbidden(text, hint="The key's account may not see it.") if context.key else key_missing(text, context)
        case "L":
            return RateLimited(text, retry_after=retry_after(answer))
        case "M" | "X":
            return SourceUnavailable(text, retry_after=retry_after(answer))
        case _:
            return AnswerNotUnderstood(text)


def _by_words(message: str, answer: RawResponse, context: ErrorContext) -> FetchError:
    """Name an error that has no code of the known form: by the status, else by its words."""
    if not is_success(answer):
        return status_error(answer, context, message)
    letter = next((letter for words, letter in _V1_WORDS if words in message.casefold()), "S")
    return _by_letter(letter, f"Quandl refuses: {message}", answer, context)


def _sentence(errors: Any) -> str:
    if isinstance(errors, dict):
        return ", ".join(f"{name}: {_sentence(value)}" for name, value in errors.items())
    return ", ".join(map(str, errors)) if isinstance(errors, list) else str(errors)
