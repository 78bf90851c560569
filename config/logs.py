"""Logging as data: one line an event, with its request's id, and no secret in it."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from select import PIPE_BUF
from typing import Any, TextIO

import orjson

from domain.audit import LOGGER
from domain.controls import escape_controls, escape_controls_in_json
from domain.redaction import HIDDEN, Redactor

_SECRET_PARAMETER = re.compile(r"(?i)\b(api_?key|(?:auth_|access_)?token|registrationkey|secret|password)=[^\s&\"']+")
#: The last part is what no password stands in: passed over at once, since each of its pieces may look like the beginning of one.
_URL_PASSWORD = re.compile(r"(://[^:/@\s]*:)(?:(?:[^/\s]*|[^@\s]+)@|([^@\s]+))")
_OF_SEVERAL_LINES = ("exception", "stack")
#: Libraries that tell of their every step.
_TALKATIVE = ("alembic", "celery", "kombu")
_OF_EVERY_RECORD = frozenset((*logging.makeLogRecord({}).__dict__, "message", "asctime"))


def set_up_logs(level: str, secrets: Sequence[str] = ()) -> None:
    """Send every logger's lines to standard error, as JSON unless a person watches."""
    handler = _Stream(sys.stderr)
    handler.setFormatter((_LinesForPeople if sys.stderr.isatty() else _Lines)(secrets))
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

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__()
        self._redactor = Redactor(secrets)

    def format(self, record: logging.LogRecord) -> str:
        from structlog.contextvars import get_contextvars

        event: dict[str, Any] = {"event": record.getMessage(), **get_contextvars()}
        event.update({name: value for name, value in record.__dict__.items() if name not in _OF_EVERY_RECORD})
        each = event.pop("each", None)
        return self._line(record, event) if each is None else "\n".join(self._line(record, event | facts) for facts in each)

    def _line(self, record: logging.LogRecord, event: dict[str, Any]) -> str:
        created = event.pop("created", record.created)
        if record.stack_info:
            event["stack"] = record.stack_info
        if record.exc_info and record.exc_info[0]:
            event["exception"] = self.formatException(record.exc_info)
        moment = datetime.fromtimestamp(created, UTC).isoformat().replace("+00:00", "Z")
        return self._written(event, {"level": record.levelname.lower(), "logger": record.name, "timestamp": moment})

    def _written(self, event: dict[str, Any], facts: dict[str, Any]) -> str:
        line = orjson.dumps(event | facts, default=str).decode()
        # Nearly all lines are of requests and hold nothing of the kind: looked at once, in whole.
        if "=" in line or "://" in line or self._redactor.may_stand_in(line):
            line = orjson.dumps(self._hidden(event) | facts, default=lambda value: self._hide(str(value))).decode()
        return escape_controls_in_json(line)

    def _hidden(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._hide(value)
        if isinstance(value, dict):
            return {name: self._hidden(part) for name, part in value.items()}
        return [self._hidden(part) for part in value] if isinstance(value, list | tuple | set) else value

    def _hide(self, text: str) -> str:
        text = self._redactor.text(text)
        if "=" in text:
            text = _SECRET_PARAMETER.sub(rf"\g<1>={HIDDEN}", text)
        return _URL_PASSWORD.sub(_without_password, text) if "://" in text else text


class _LinesForPeople(_Lines):
    """Writes lines in colours; whatever could steer the terminal is shown escaped, and only tracebacks break lines."""

    def __init__(self, secrets: Sequence[str]) -> None:
        from structlog.dev import ConsoleRenderer

        super().__init__(secrets)
        self._render = ConsoleRenderer()

    def _written(self, event: dict[str, Any], facts: dict[str, Any]) -> str:
        shown = {name: self._shown(name, value) for name, value in event.items()}
        return str(self._render(None, "", shown | facts))

    def _shown(self, name: str, value: object) -> object:
        if value is None or isinstance(value, int | float):
            return value
        text = self._hide(str(value))
        return "\n".join(map(escape_controls, text.split("\n"))) if name in _OF_SEVERAL_LINES else escape_controls(text)


def _without_password(found: re.Match[str]) -> str:
    return found[0] if found[2] else f"{found[1]}{HIDDEN}@"
