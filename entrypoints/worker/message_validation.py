"""
Checks of messages from the broker: a message that lanner has not sent is rejected before Celery reads it.

Celery trusts everyone who can write to its queue: a header of a wrong type, an unreadable body or properties that are not UTF-8
end the worker, and then the next one that receives the message.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from types import NoneType
from typing import Any
from uuid import UUID

import orjson
from amqp.serialization import PROPERTY_CLASSES, decode_properties_basic
from amqp.spec import Basic
from celery.worker import consumer

from entrypoints.worker.tasks import TASK

logger = logging.getLogger(__name__)

_JSON, _UTF8 = "application/json", "utf-8"
_MAX_BYTES, _MAX_ID_LENGTH = 64 * 1024, 255
#: Key, which no message can contain, of the reason for which properties were refused.
_REFUSED = object()
_TEXT, _NUMBER = (str, NoneType), (int, NoneType)
_HEADERS: dict[str, tuple[type, ...]] = {
    "id": (str,),
    "expires": _TEXT,
    "eta": (NoneType,),
    "retries": _NUMBER,
    "priority": _NUMBER,
    "timelimit": (list, NoneType),
    "ignore_result": (bool, NoneType),
    **dict.fromkeys(("group_index", "replaced_task_nesting"), _NUMBER),
    **dict.fromkeys(("lang", "shadow", "group", "root_id", "parent_id", "argsrepr", "kwargsrepr", "origin"), _TEXT),
}
_FOLLOWERS = {"callbacks", "errbacks", "chain", "chord"}


class MessageRefusedError(Exception):
    """The message was not sent by lanner; the text says why and quotes nothing of it."""


class ValidatingConsumer(consumer.Consumer):
    """Celery's consumer, with a check before every message."""

    def create_task_handler(self, *arguments: Any) -> Callable[[Any], None]:
        handle = super().create_task_handler(*arguments)

        def check(message: Any) -> None:
            try:
                message.headers = checked_headers(message)
            except MessageRefusedError as error:
                self._refuse(message, str(error))
            else:
                handle(message)

        return check

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Reject what kombu cannot read; Celery would quote it in the log."""
        self._refuse(message, f"it cannot be read: {type(exc).__name__}")

    def _refuse(self, message: Any, reason: str) -> None:
        logger.warning("message refused", extra={"reason": reason})
        message.reject_log_error(logger, self.connection_errors, requeue=False)  # type: ignore[attr-defined] # the stubs leave it out


def refuse_unreadable_properties() -> None:
    """
    Make py-amqp mark unreadable properties, and those that would have a body decompressed, as refused instead of raising.

    It reads them in the middle of a frame, where an error ends the connection or the worker.
    """
    PROPERTY_CLASSES[Basic.CLASS_ID] = _read_properties  # type: ignore[assignment] # the stubs take a function for a class


def checked_headers(message: Any) -> dict[str, Any]:
    """
    Return the headers that Celery needs.

    Raises:
        MessageRefusedError: the message does not ask for fetches.

    """
    headers = message.headers
    if _REFUSED in headers:
        raise MessageRefusedError(headers[_REFUSED])
    if "compression" in headers:
        raise MessageRefusedError("it is compressed")
    if message.content_type != _JSON:
        raise MessageRefusedError(f"its content type is not {_JSON}")
    if headers.get("task") != TASK:
        raise MessageRefusedError("its task is not lanner's")
    wrong = [name for name, kinds in _HEADERS.items() if type(headers.get(name)) not in kinds]
    if wrong:
        raise MessageRefusedError(f"its header {wrong[0]} is missing, or of another type")
    if len(headers["id"]) not in range(1, _MAX_ID_LENGTH + 1) or any(each is not None for each in headers.get("timelimit") or ()):
        raise MessageRefusedError("its id or its time limit is not of lanner's form")
    expires = _expiry(headers.get("expires"))
    _check_body(message.body)
    return {"lang": "py", "task": TASK, "id": headers["id"], "expires": expires}


def _expiry(text: str | None) -> str | None:
    try:
        return text and datetime.fromisoformat(text).astimezone(UTC).isoformat()
    except (ValueError, OverflowError) as error:
        raise MessageRefusedError("its header expires is not a time") from error


def _check_body(body: Any) -> None:
    if len(body) > _MAX_BYTES:
        raise MessageRefusedError(f"it is longer than {_MAX_BYTES} bytes")
    try:
        arguments, named, followers = orjson.loads(body)
        fetch_ids = list(map(UUID, arguments)) if isinstance(arguments, list) else []
    except (ValueError, TypeError, AttributeError) as error:
        raise MessageRefusedError("its body is not a list of fetch ids") from error
    if not fetch_ids or named != {} or not isinstance(followers, dict):
        raise MessageRefusedError("its body is not a list of fetch ids")
    if not followers.keys() <= _FOLLOWERS or any(each is not None for each in followers.values()):
        raise MessageRefusedError("it asks for more than fetches")


def _read_properties(buffer: Any, offset: int) -> tuple[dict[str, Any], int]:
    try:
        properties, end = decode_properties_basic(buffer, offset)
    except Exception as error:  # noqa: BLE001 - reading raises many kinds, from struct.error to RecursionError
        return _refused_properties(f"its properties cannot be read: {type(error).__name__}"), len(buffer)
    if "compression" in properties.get("application_headers", {}):
        return _refused_properties("it is compressed"), end
    if properties.get("content_encoding", _UTF8).lower() != _UTF8:
        # Some of Python's encodings decompress, and some take quadratic time.
        return _refused_properties(f"its content encoding is not {_UTF8}"), end
    return properties, end


def _refused_properties(reason: str) -> dict[str, Any]:
    return {"application_headers": {_REFUSED: reason}}
