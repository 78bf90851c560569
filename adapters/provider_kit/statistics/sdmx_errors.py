"""Error messages of statistical services as domain errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.provider_kit.text import storable
from domain.errors import (
    AnswerNotUnderstood,
    AnswerTooLarge,
    DatasetNotFound,
    FetchError,
    RateLimited,
    SourceForbidden,
    SourceTimedOut,
    SourceUnavailable,
)

_BY_CODE: Mapping[str, type[FetchError]] = {
    **dict.fromkeys(("100", "150", "404"), DatasetNotFound),
    **dict.fromkeys(("110", "401", "403"), SourceForbidden),
    **dict.fromkeys(("130", "413", "510"), AnswerTooLarge),
    **dict.fromkeys(("408", "504"), SourceTimedOut),
    "429": RateLimited,
}
_WORDS = ("label", "title", "detail", "message", "text", "description")
_SERVER_ERROR = 500
_LENGTH = 300


def named_error(code: str, words: str) -> FetchError:
    """Return the error for an SDMX or HTTP code."""
    text = " ".join(storable(words).split())[:_LENGTH] or "The provider gives no reason."
    text = f"{text} ({code})" if code else text
    if code in _BY_CODE:
        hint = "Ask for fewer series at once: give the whole key." if _BY_CODE[code] is AnswerTooLarge else ""
        return _BY_CODE[code](text, hint=hint)
    if code.isdecimal() and int(code) >= _SERVER_ERROR:
        return SourceUnavailable(text)
    return AnswerNotUnderstood(f"The provider answers: {text}")


def json_error(document: Mapping[str, Any]) -> FetchError | None:
    """Return the error in a JSON answer, or None."""
    for key in ("errors", "error", "warning"):
        found = document.get(key)
        found = found[0] if isinstance(found, list) and found else found
        if isinstance(found, dict):
            words = next((found[name] for name in _WORDS if isinstance(found.get(name), str)), "")
            code = next((str(found[name]) for name in ("status", "code", "id") if str(found.get(name, "")).isdecimal()), "")
            return named_error(code, words)
        if isinstance(found, str) and found:
            return named_error("", found)
    status = document.get("STATUS")
    if isinstance(status, int) and status >= 400:  # noqa: PLR2004 - HTTP's own border
        return named_error(str(status), str(document.get("MESSAGE", "")))
    return None
