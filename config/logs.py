"""Logging as data: one line an event, with its request's id, and no secret in it."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from select import PIPE_BUF
from typing import TextIO
from urllib.parse import quote, quote_plus

import orjson
import structlog
from structlog.contextvars import get_contextvars
from structlog.typing import EventDict, Processor

from domain.audit import LOGGER

_SECRET_PARAMETER = re.compile(r"(?i)\b(api_?key|(?:auth_|access_)?token|registrationkey|secret|password)=[^\s&\"']+")
#: The last part is what no password stands in: passed over at once, since each of its pieces may look like the beginning of one.
_URL_PASSWORD = re.compile(r"(://[^:/@\s]*:)(?:(?:[^/\s]*|[^@\s]+)@|([^@\s]+))")
_HIDDEN = "***"
#: Libraries that tell of their every step.
_TALKATIVE = ("alembic", "celery", "kombu")
_OF_EVERY_RECORD = frozenset((*logging.makeLogRecord({}).__dict__, "message", "asctime"))


def set_up_logs(level: str, secrets: Sequence[str] = ()) -> None:
    """Send every logger's lines to standard error, as JSON unless a person watches."""
    render: Processor = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else _json
    handler = _Stream(sys.stderr)
    handler.setFormatter(_Lines(secrets, render))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # No line shows them, and each request writes one (see "Optimization" in Python's logging HOWTO).
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001 - the documented way
    root.setLevel(level.upper())
    logging.getLogger(LOGGER).setLevel(logging.INFO)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.NOTSET if level == "debug" else logging.WARNING)


class _Stream(logging.StreamHandler[TextIO]):
    """Writes many lines in few steps, each so small that no line of another process that shares the stream comes in between."""

    def emit(self, record: logging.LogRecord) -> None:
        """See StreamHandler."""
        try:
            for block in _blocks(self.format(record).split("\n")):
                self.stream.write(block)
                self.flush()
        except Exception:  # noqa: BLE001 - as every handler does
            self.handleError(record)


def _blocks(lines: Sequence[str]) -> Iterator[str]:
    block, size = "", 0
    for line in lines:
        length = len(line.encode(errors="replace")) + 1
        if block and size + length > PIPE_BUF:
            yield block
            block, size = "", 0
        block, size = f"{block}{line}\n", size + length
    yield block


class _Lines(logging.Formatter):
    """
    Writes an event's fields and what is bound to its request, and hides secrets in every text.

    What happened several times, with the facts of ``each`` and when it was ``created``, has a line for each.

    Structlog's own chain writes the same line; in an API process under load it takes some 20 µs longer for it, a tenth of an answer.
    """

    def __init__(self, secrets: Sequence[str], render: Processor) -> None:
        super().__init__()
        spellings = {spelling for secret in secrets for spelling in (secret, quote(secret, safe=""), quote_plus(secret))}
        self._secrets = re.compile("|".join(map(re.escape, sorted(spellings, key=len, reverse=True)))) if secrets else None
        self._render = render

    def format(self, record: logging.LogRecord) -> str:
        """See Formatter."""
        event: EventDict = {"event": record.getMessage(), **get_contextvars()}
        event.update({name: value for name, value in record.__dict__.items() if name not in _OF_EVERY_RECORD})
        each = event.pop("each", None)
        return self._line(record, event) if each is None else "\n".join(self._line(record, event | facts) for facts in each)

    def _line(self, record: logging.LogRecord, event: EventDict) -> str:
        created = event.pop("created", record.created)
        if record.stack_info:
            event["stack"] = record.stack_info
        if record.exc_info and record.exc_info[0]:
            event["exception"] = self.formatException(record.exc_info)
        shown = {name: self._hide(value) if isinstance(value, str) else value for name, value in event.items()}
        shown["level"], shown["logger"] = record.levelname.lower(), record.name
        shown["timestamp"] = datetime.fromtimestamp(created, UTC).isoformat().replace("+00:00", "Z")
        return str(self._render(None, "", shown))

    def _hide(self, text: str) -> str:
        text = self._secrets.sub(_HIDDEN, text) if self._secrets else text
        # Most texts are short words, and every request writes a line of them.
        if "=" in text:
            text = _SECRET_PARAMETER.sub(rf"\g<1>={_HIDDEN}", text)
        return _URL_PASSWORD.sub(_without_password, text) if "://" in text else text


def _without_password(found: re.Match[str]) -> str:
    return found[0] if found[2] else f"{found[1]}{_HIDDEN}@"


def _json(_logger: object, _method: str, event: EventDict) -> str:
    return orjson.dumps(event, default=str).decode()
