"""Texts of providers, so that every store and every format can hold them."""

from __future__ import annotations

import re

_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL)


def storable(text: str) -> str:
    """Replace NULs and halves of characters, which neither Postgres nor JSON takes, by the mark of what is unreadable."""
    return _NO_TEXT.sub("\ufffd", text)


def whole_escapes(document: str) -> str:
    """Replace the escapes in JSON that stand for half a character by the mark of what is unreadable."""
    return _ESCAPE.sub(lambda escape: "\\ufffd" if escape[1] else escape[0], document)
