"""Terminal control characters, escaped wherever foreign text may reach a terminal."""

from __future__ import annotations

import re

_DELETE = "\x7f"
#: Control characters, line separators, and marks that change the direction of writing.
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def escape_controls(text: str) -> str:
    r"""Return the text with control characters in Python's notation, a newline as ``\n``."""
    return text if text.isprintable() else _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def escape_controls_in_json(line: str) -> str:
    """Return a line of JSON with the control characters escaped that its encoder leaves; its value stays the same."""
    if line.isascii() and _DELETE not in line:
        return line
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", line)
