"""Reading a JSON body without trusting it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from http import HTTPStatus
from itertools import accumulate
from typing import Any

import falcon
import orjson

from domain.use_cases.request_fetch import ClientKey
from entrypoints.rest.http.errors import Problem
from entrypoints.rest.http.slots import SlotPool

_MAX_BYTES = 64 * 1024
_MAX_DEPTH = 16
_MAX_DIGITS = 300
# A body somewhat over the limit is still scanned, so that nesting is reported as such; a longer one is never read.
_MAX_READ_BYTES = 1024 * 1024

_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_REQUEST_KEY = re.compile("[!-~](?:[ -~]{0,253}[!-~])?")
_LONG_NUMBER = re.compile(rb"[0-9]{%d}" % _MAX_DIGITS)
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def read_object(req: falcon.Request, slots: SlotPool, *, most: int = _MAX_BYTES) -> dict[str, Any]:
    """
    Return the body, one JSON object, holding a slot while it is received.

    Args:
        most: bytes that it may have.

    Raises:
        Problem: it is no object, is too large or nested too deeply, has a duplicate name, or no slot is free.

    """
    _reject_other_types(req)
    body = _read(req, slots, most)
    _reject_nesting(body)
    if len(body) > most:
        raise _too_large(most)
    try:
        document = orjson.loads(body)
        json.loads(body, object_pairs_hook=_reject_duplicates)
    except orjson.JSONDecodeError as error:
        raise _invalid(f"The body is not valid JSON: {error.msg} (line {error.lineno}, column {error.colno}).") from error
    if not isinstance(document, dict):
        raise _invalid('The body must be a JSON object, such as {"code": "WIKI/FB"}.')
    return document


def idempotency_key(req: falcon.Request) -> ClientKey | None:
    """
    Return the Idempotency-Key header with its owner, or None.

    Raises:
        Problem: it is empty, too long, or not printable ASCII.

    """
    key = req.get_header("Idempotency-Key")
    if key is not None and not _REQUEST_KEY.fullmatch(key):
        detail = "The Idempotency-Key must be 1 to 255 printable ASCII characters."
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", detail, errors=[{"header": "Idempotency-Key", "detail": detail}])
    return ClientKey(key, req.context.owner) if key else None


def json_pointer(name: str) -> str:
    """Return the JSON pointer (RFC 6901) to a member."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _reject_other_types(req: falcon.Request) -> None:
    kind = (req.content_type or "").partition(";")[0].strip().lower()
    if kind != falcon.MEDIA_JSON:
        raise _unsupported(
            "Content-Type", "The body must be sent with Content-Type: application/json.", "With curl: -H 'Content-Type: application/json'."
        )
    if req.get_header("Content-Encoding"):
        raise _unsupported("Content-Encoding", "The body must be sent without a Content-Encoding.")


def _read(req: falcon.Request, slots: SlotPool, most: int) -> bytes:
    length = req.content_length
    if length is None:
        detail = "The request must have a Content-Length."
        raise Problem(HTTPStatus.LENGTH_REQUIRED, "length_required", detail, errors=[{"header": "Content-Length", "detail": detail}])
    if length > _MAX_READ_BYTES:
        raise _too_large(most)
    with slots.acquire(req.context.client):
        body: bytes = req.bounded_stream.read(length)
    return body


def _reject_nesting(body: bytes) -> None:
    skeleton = _TEXT.sub(b"", body)
    if any(depth > _MAX_DEPTH for depth in accumulate(_STEPS.get(byte, 0) for byte in skeleton)):
        raise _invalid(f"The body is nested more than {_MAX_DEPTH} deep.")
    if _LONG_NUMBER.search(skeleton):
        raise _invalid(f"The body holds a number of {_MAX_DIGITS} digits or more.")


def _reject_duplicates(pairs: Sequence[tuple[str, Any]]) -> None:
    seen = set()
    for name, _ in pairs:
        if name in seen:
            raise _invalid(f"The field {name[:40]!r} appears twice in the body.", at=json_pointer(name))
        seen.add(name)


def _invalid(detail: str, *, at: str = "") -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, "invalid_input", detail, errors=[{"pointer": at, "detail": detail}])


def _unsupported(name: str, detail: str, hint: str = "") -> Problem:
    code = "unsupported_media_type"
    return Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, code, detail, hint=hint, errors=[{"header": name, "detail": detail}])


def _too_large(most: int) -> Problem:
    detail = f"The body is larger than {most} bytes."
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", detail, errors=[{"pointer": "", "detail": detail}])
