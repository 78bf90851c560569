"""
Heads of responses, read as HTTP permits them: after any number of interim ones, with any number of headers, and with repeated lengths.

The standard library takes 103 for the final answer, gives up at the hundredth header, and does not see that equal lengths are one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from email.parser import Parser
from http.client import HTTPMessage

from domain.errors import AnswerNotUnderstood

_INTERIM = re.compile(rb"HTTP/[0-9.]+[ \t]+1(?!01)[0-9]{2}\b")
_BLANK = (b"\r\n", b"\n")
_LENGTH = "Content-Length"
#: What decides where a response ends, and whether another follows it.
_FRAMING = (_LENGTH, "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection")


def read_head(readline: Callable[[], bytes]) -> tuple[bytes, HTTPMessage]:
    """
    Return the status line of the final response and its headers; the line is empty if there is no response.

    Raises:
        AnswerNotUnderstood: it says two lengths.

    """
    status = readline()
    while _INTERIM.match(status):
        _lines(readline)
        status = readline()
    # What is not HTTP may never end its head.
    lines = _lines(readline) if status.startswith(b"HTTP/") else []
    headers = Parser(_class=HTTPMessage).parsestr(b"".join(lines).decode("iso-8859-1"))
    _unite_lengths(headers)
    return status, headers


def framing(status: bytes, headers: HTTPMessage) -> list[bytes]:
    """Return the lines of a head with only those headers that decide where the response ends."""
    kept = [f"{name}: {' '.join(value.split())}\r\n" for name in _FRAMING for value in headers.get_all(name, ())]
    return [status, *(line.encode("iso-8859-1") for line in kept), b"\r\n"]


def _lines(readline: Callable[[], bytes]) -> Sequence[bytes]:
    lines = []
    while (line := readline()) not in _BLANK:
        lines.append(line)
    return lines


def _unite_lengths(headers: HTTPMessage) -> None:
    said = [each.strip() for value in headers.get_all(_LENGTH, ()) for each in value.split(",")]
    if len(set(said)) > 1:
        raise AnswerNotUnderstood("The answer says two lengths, so that a cut would not be seen.")
    if said:
        del headers[_LENGTH]
        headers[_LENGTH] = said[0]
