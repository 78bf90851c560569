"""Logs: a line of JSON an event, with the request's id and without secrets."""

from __future__ import annotations

import json
import logging
import re
from base64 import b64encode
from contextlib import redirect_stderr
from io import StringIO
from select import PIPE_BUF

import pytest
import structlog

from config.logs import _Stream, set_up_logs


@pytest.fixture(autouse=True)
def no_request() -> None:
    structlog.contextvars.clear_contextvars()


def test_an_event_is_a_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Extras, the bound request id, level and logger are fields."""
    set_up_logs("info")
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        logging.getLogger("domain.x").info("fetch ended", extra={"vintages_added": 2})
    logging.getLogger("domain.x").debug("unheard")

    (line,) = capsys.readouterr().err.splitlines()
    event = json.loads(line)
    assert event.pop("timestamp").endswith("Z")
    assert event == {"event": "fetch ended", "vintages_added": 2, "request_id": "r-1", "level": "info", "logger": "domain.x"}


def test_what_happened_several_times_has_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    """With its own facts and time."""
    set_up_logs("info")
    each = [{"path": "/a?api_key=abc", "created": 0.5}, {"path": "/b", "created": 60}]
    logging.getLogger("x").info("request", extra={"each": each, "kind": "read"})
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())

    assert (first["path"], first["timestamp"]) == ("/a?api_key=***", "1970-01-01T00:00:00.500000Z")
    assert second.pop("timestamp") == "1970-01-01T00:01:00Z"
    assert second == {"event": "request", "kind": "read", "path": "/b", "level": "info", "logger": "x"}


class Steps(StringIO):
    """Keeps what is written in each step."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[str] = []

    def write(self, text: str) -> int:
        self.steps.append(text)
        return len(text)


def test_many_lines_come_in_steps_that_no_other_process_can_tear() -> None:
    """Each is whole lines of no more bytes than a pipe takes at once, unless one line has more."""
    lines = [letter * length for letter, length in zip("äbcdefgh", [9, PIPE_BUF // 2, PIPE_BUF - 1, 1, 2 * PIPE_BUF, 5, 6, 7], strict=True)]
    stream = Steps()
    _Stream(stream).emit(logging.makeLogRecord({"msg": "\n".join(lines)}))

    assert "".join(stream.steps).splitlines() == lines
    assert len(stream.steps) == 5
    assert [step for step in stream.steps if len(step.encode()) > PIPE_BUF] == [f"{lines[4]}\n"]


def test_secrets_are_hidden_wherever_they_stand(capsys: pytest.CaptureFixture[str]) -> None:
    """Configured keys, keys in URLs and passwords in DSNs never reach a line, tracebacks included."""
    set_up_logs("debug", ["c4nary"])
    logger = logging.getLogger("x")
    logger.info("GET /x?api_key=abc&y=1 with c4nary", extra={"url": "amqp://user:pa55@host//", "key": "c4nary"})
    try:
        float("c4nary in postgresql://u:pa55@h/d")
    except ValueError:
        logger.exception("broken")

    logger.info("postgresql://u:se@r0se@h/d?x=1 and amqp://u:o/dd@h// and http://h:80/x")

    err = capsys.readouterr().err
    assert len(err.splitlines()) == 3
    assert not [secret for secret in ("c4nary", "abc", "pa55", "se@", "r0se", "o/dd") if secret in err]
    assert "y=1" in err
    assert "@h/d?x=1" in err
    assert "http://h:80/x" in err


def test_the_longest_secret_is_hidden_first(capsys: pytest.CaptureFixture[str]) -> None:
    """A secret that begins with another leaves no end of itself behind."""
    set_up_logs("info", ["abc", "abc-tail"])
    logging.getLogger("x").info("with abc-tail and abc")

    assert json.loads(capsys.readouterr().err)["event"] == "with *** and ***"


def test_a_password_is_hidden_behind_places_without_one(capsys: pytest.CaptureFixture[str]) -> None:
    """A host and port look like a user and password until no at sign follows."""
    set_up_logs("info")
    logging.getLogger("x").info("http://h:80/x?y=://z:1 amqp://u:o/d@h// http://[::1]:80 amqp://u:@h")

    assert json.loads(capsys.readouterr().err)["event"] == "http://h:80/x?y=://z:1 amqp://u:***@h// http://[::1]:80 amqp://u:***@h"


@pytest.mark.parametrize("key", ["c4nary/KEY+0123", "pa55word-x"])
def test_secrets_are_hidden_in_every_spelling(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Also in values that are no texts."""
    set_up_logs("info", [key])
    spelled = [key.swapcase(), key.encode().hex(), b64encode(f"u:{key}".encode()).decode(), "".join(f"%{ord(each):02x}" for each in key)]
    logging.getLogger("x").info(
        "heard %s", spelled, extra={"list": spelled, "error": ValueError(*spelled), "each": [{"path": text} for text in spelled]}
    )

    err = capsys.readouterr().err
    assert len(err.splitlines()) == len(spelled)
    assert not [text for text in spelled if text[4:-4] in err]


CONTROLS = "\0\x07\x1b\r\n\t\x7f\x85\x9b\x9d\u200f\u2028\u2029\u202a\u202e\u2066\u2069"
ATTACK = f"/x\x1b]0;owned\x07{CONTROLS}é"


class Terminal(StringIO):
    """Standard error where a person watches."""

    def isatty(self) -> bool:
        return True


def log_the_attack(stream: StringIO) -> list[str]:
    """Log a text that steers terminals as event, as a field and as an exception's, and give the lines."""
    with redirect_stderr(stream):
        set_up_logs("info")
    logger = logging.getLogger("x")
    logger.info(ATTACK, extra={"path": ATTACK, "list": [ATTACK], "error": ValueError(ATTACK)})
    try:
        float(ATTACK)
    except ValueError:
        logger.exception("broken", extra={"stack": ATTACK})
    return stream.getvalue().split("\n")


def test_nothing_in_json_steers_a_terminal() -> None:
    """Controls are escaped, so that the event says the same to programs."""
    lines = log_the_attack(StringIO())

    assert [mark for mark in CONTROLS if mark in "".join(lines)] == []
    first, second, end = lines[0], lines[1], lines[2:]
    assert end == [""]
    assert (json.loads(first)["event"], json.loads(first)["path"], json.loads(first)["list"]) == (ATTACK, ATTACK, [ATTACK])
    assert repr(ATTACK)[1:-1] in json.loads(second)["exception"]
    assert json.loads(second)["stack"] == ATTACK


def test_nothing_that_is_logged_steers_a_terminal() -> None:
    """Who watches sees controls escaped, colours that are ours, and lines that break in tracebacks alone."""
    lines = log_the_attack(Terminal())
    seen = re.sub("\x1b\\[[0-9;]*m", "", "\n".join(lines))

    assert [mark for mark in CONTROLS if mark != "\n" and mark in seen] == []
    assert "\\x1b]0;owned\\x07" in lines[0]
    assert "\\n" in lines[0]
    assert "broken" in lines[1]
    assert [line for line in lines if line.startswith("Traceback")]
    assert lines[0].count("owned") == 4
