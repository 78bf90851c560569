"""Texts of providers, so that every store and every format can hold them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL)


def storable(text: str) -> str:
    """Replace NULs and halves of characters, which neither Postgres nor JSON takes, by the mark of what is unreadable."""
    return _NO_TEXT.sub("\ufffd", text)


def whole_escapes(document: str) -> str:
    """Replace the escapes in JSON that stand for half a character by the mark of what is unreadable."""
    return _ESCAPE.sub(lambda escape: "\\ufffd" if escape[1] else escape[0], document)


def text_of(value: Any) -> str:
    """Return a text as it can be stored; an empty one for anything else."""
    return storable(value).strip() if isinstance(value, str) else ""


def texts_of(facts: Any) -> Mapping[str, str]:
    """Return the facts among an object's fields that say something, as texts that can be stored."""
    plain = {name: value for name, value in facts.items() if isinstance(value, str | int | float)} if isinstance(facts, dict) else {}
    return {storable(str(name)): storable(str(value)) for name, value in plain.items() if value != ""}
