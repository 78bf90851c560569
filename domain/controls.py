"""Characters that steer a terminal: shown escaped wherever a text that is not ours may reach one."""

from __future__ import annotations

import re

_DELETE = "\x7f"
#: Controls, separators of lines, and what turns the direction in which a line is written.
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def escape_controls(text: str) -> str:
    r"""Show what steers a terminal as Python writes it, a line's end as ``\n``."""
    return text if text.isprintable() else _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def escape_controls_in_json(line: str) -> str:
    """Escape in a line of JSON what its encoder leaves, which changes nothing of what it says."""
    if line.isascii() and _DELETE not in line:
        return line
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", line)
