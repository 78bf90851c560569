"""Bodies as text or JSON, and errors that name what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson

from adapters.provider_kit.http.status_errors import ErrorContext, is_html, is_success, status_error
from adapters.provider_kit.text import replace_escaped_surrogates
from domain.errors import AnswerNotUnderstood, AnswerTruncated, FetchError
from domain.ports import RawResponse

_LINE = re.compile(rb"[^\r\n]{0,4000}")
_DATES = frozenset({b"date", b"time", b"timestamp", b"period"})


def read_text(body: bytes) -> str:
    """
    Decode a body in UTF-8.

    Raises:
        AnswerNotUnderstood: it is empty or not UTF-8.
        AnswerTruncated: it ends inside a character.

    """
    try:
        text = body.decode()
    except UnicodeDecodeError as exc:
        if exc.end == len(body) and exc.reason == "unexpected end of data":
            raise AnswerTruncated("The answer ends in the middle of a character.") from exc
        line = body.count(b"\n", 0, exc.start) + 1
        raise AnswerNotUnderstood(f"The answer is not text in UTF-8 in line {line}, and does not say in which other encoding.") from exc
    if not text.strip():
        raise AnswerNotUnderstood("The answer is empty.")
    return text


def read_json(text: str) -> Any:
    """
    Read JSON.

    Raises:
        AnswerNotUnderstood: it is not JSON.
        AnswerTruncated: it ends too early.

    """
    with _json_errors():
        return _loaded(text)


def read_object(content: Any, loads: Callable[[Any], Any] | None = None) -> dict[str, Any]:
    """Read a JSON object from text, or with ``loads``; raises as ``read_json``, and AnswerNotUnderstood for a list."""
    with _json_errors():
        document = (loads or _loaded)(content)
    if not isinstance(document, dict):
        raise AnswerNotUnderstood("The answer is a JSON list where an object must be.")
    return document


def is_json(answer: RawResponse) -> bool:
    """Return whether a body begins as JSON does."""
    return answer.body[:64].lstrip().startswith((b"{", b"["))


def is_csv(answer: RawResponse) -> bool:
    """Return whether the first line of a successful answer names several columns, one of them for dates."""
    line = _LINE.match(answer.body.lstrip())
    names = [name.strip(b'" ').lower() for name in line[0].split(b",")] if line else []
    return is_success(answer) and len(names) > 1 and not _DATES.isdisjoint(names)


def json_of(answer: RawResponse, context: ErrorContext, named_error: Callable[[Any, RawResponse, ErrorContext], FetchError | None]) -> Any:
    """
    Return the JSON of a successful answer.

    Args:
        named_error: returns the provider's error in a document, or None.

    Raises:
        FetchError: by the provider's error, else by the status, else because it is no JSON.

    """
    if is_success(answer) and is_html(answer) and not is_json(answer):
        raise AnswerNotUnderstood(f"{context.host or 'The provider'} answered with a page for people instead of data.")
    try:
        document = read_json(read_text(answer.body))
    except FetchError as exc:
        if is_success(answer):
            raise
        raise status_error(answer, context) from exc
    error = named_error(document, answer, context)
    if not is_success(answer):
        raise _clearer(error, status_error(answer, context))
    if error:
        raise error
    return document


def objects(items: Any, what: str) -> Sequence[dict[str, Any]]:
    """
    Return a value that is a list of objects.

    Raises:
        AnswerNotUnderstood: it is not.

    """
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise AnswerNotUnderstood(f"The answer's {what} are not a list of objects.")
    return items


def _clearer(said: FetchError | None, by_status: FetchError) -> FetchError:
    """Return the provider's error, unless only the status tells what went wrong."""
    if said is None or (type(said) is AnswerNotUnderstood and type(by_status) is not AnswerNotUnderstood):
        return by_status
    return said


@contextmanager
def _json_errors() -> Iterator[None]:
    try:
        yield
    except orjson.JSONDecodeError as exc:
        if exc.pos >= len(exc.doc):
            raise AnswerTruncated("The answer is JSON that ends too early.") from exc
        raise AnswerNotUnderstood(f"The answer is not JSON: {exc}.") from exc


def _loaded(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        mended = replace_escaped_surrogates(text)
        if mended == text:
            raise
        return orjson.loads(mended)
