"""What a body may hold, looked at before any parser takes it: rows, elements, levels; and whether it shows its own end."""

from __future__ import annotations

import re

import numpy as np
import orjson

from adapters.providers._texts import whole_escapes
from domain.errors import AnswerNotUnderstood, AnswerTooLarge

MAX_ROWS = 2_000_000
_DEPTH = 32
_SLICE = 256 * 1024
_NO_SIGNS = bytes(set(range(256)) - set(b'[]{}"'))
_LEVELS = np.zeros(256, dtype=np.int8)
_LEVELS[list(b"[{")], _LEVELS[list(b"]}")] = 1, -1
_ROOT = re.compile(rb"<([A-Za-z_][\w:.\-]*)")
_BOM = b"\xef\xbb\xbf"


def check_bounds(body: bytes, host: str) -> None:
    """
    Make sure that a body takes no more memory or nesting than a series needs, whatever reads it.

    Raises:
        AnswerTooLarge, AnswerNotUnderstood: it would.

    """
    start = _start(body)
    if start in (b"{", b"["):
        _check_json(body, host)
    else:
        _check_rows(body.count(b"<") // 2 if start == b"<" else max(body.count(b"\n"), body.count(b"\r")), host)


def shows_its_end(body: bytes) -> bool:
    """Tell whether a body can only be whole: JSON that is complete, or markup that ends with the element it began with."""
    if _start(body) in (b"{", b"["):
        return _is_json(body)
    root = _ROOT.search(body) if _start(body) == b"<" else None
    return root is not None and body.rstrip().lower().endswith(b"</%s>" % root[1].lower())


def _start(body: bytes) -> bytes:
    return body[:64].removeprefix(_BOM).lstrip()[:1]


def _is_json(body: bytes) -> bool:
    text = body.decode("utf-8-sig", "replace")
    for form in (text, whole_escapes(text)):
        try:
            orjson.loads(form)
        except orjson.JSONDecodeError:
            continue
        return True
    return False


def _check_rows(rows: int, host: str) -> None:
    if rows > MAX_ROWS:
        raise AnswerTooLarge(f"The answer of {host} has more than {MAX_ROWS} rows.")


def _check_json(body: bytes, host: str) -> None:
    """Count lists and objects, and the levels outside of texts, slice by slice, so that it takes little memory."""
    rows, level, inside, escaped = 0, 0, False, 0
    for at in range(0, len(body), _SLICE):
        piece = body[at + escaped : at + _SLICE]
        escaped = (len(piece) - len(piece.rstrip(b"\\"))) % 2
        if b"\\" in piece:
            piece = piece.replace(rb"\\", b"").replace(rb"\"", b"")
        signs = np.frombuffer(piece.translate(None, _NO_SIGNS) or b" ", dtype=np.uint8)
        steps = _LEVELS[signs]
        rows += int(np.count_nonzero(steps > 0))
        _check_rows(rows, host)
        in_text = np.logical_xor.accumulate(signs == ord('"')) ^ inside
        levels = level + np.cumsum(np.where(in_text, 0, steps), dtype=np.int32)
        if levels.max() > _DEPTH:
            raise AnswerNotUnderstood(f"The answer of {host} is nested deeper than {_DEPTH} levels.")
        level, inside = int(levels[-1]), bool(in_text[-1])
