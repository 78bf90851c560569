"""Logging as data: one line an event, with its request's id, and no secret in it."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, quote_plus

import orjson
import structlog
from structlog.typing import EventDict, Processor

_SECRET_PARAMETER = re.compile(r"(?i)\b(api_?key|(?:auth_|access_)?token|registrationkey|secret|password)=[^\s&\"']+")
_URL_PASSWORD = re.compile(r"(://[^:/@\s]*:)(?:[^/\s]*@|[^@\s]+@)")
_HIDDEN = "***"
#: Libraries that tell of their every step.
_TALKATIVE = ("alembic", "celery", "kombu")


def set_up_logs(level: str, secrets: Sequence[str] = ()) -> None:
    """Send every logger's lines to standard error, as JSON unless a person watches."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _Redactor(secrets),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render: Processor = structlog.processors.JSONRenderer(serializer=_json)
    if sys.stderr.isatty():
        render = structlog.dev.ConsoleRenderer()
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # No line shows them, and each request writes one (see "Optimization" in Python's logging HOWTO).
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001 - the documented way
    root.setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.NOTSET if level == "debug" else logging.WARNING)


class _Redactor:
    """Hides secrets in every text of an event."""

    def __init__(self, secrets: Sequence[str]) -> None:
        spellings = {spelling for secret in secrets for spelling in (secret, quote(secret, safe=""), quote_plus(secret))}
        self._secrets = re.compile("|".join(map(re.escape, sorted(spellings, key=len, reverse=True)))) if secrets else None

    def __call__(self, logger: Any, name: str, event: EventDict) -> EventDict:  # noqa: ARG002 - structlog's signature
        return {key: self._hide(value) if isinstance(value, str) else value for key, value in event.items()}

    def _hide(self, text: str) -> str:
        text = self._secrets.sub(_HIDDEN, text) if self._secrets else text
        # Most texts are short words, and every request writes a line of them.
        if "=" in text:
            text = _SECRET_PARAMETER.sub(rf"\g<1>={_HIDDEN}", text)
        return _URL_PASSWORD.sub(rf"\g<1>{_HIDDEN}@", text) if "://" in text else text


def _json(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()
