"""Clean texts of providers for storage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL)


def storable(text: str) -> str:
    """Replace NULs and lone surrogates, which neither Postgres nor JSON accepts, by U+FFFD."""
    return _NO_TEXT.sub("\ufffd", text)


def replace_escaped_surrogates(document: str) -> str:
    """Replace JSON escapes of lone surrogates by U+FFFD."""
    return _ESCAPE.sub(lambda escape: "\\ufffd" if escape[1] else escape[0], document)


def text_of(value: Any) -> str:
    """Return a text as it can be stored; an empty one for anything else."""
    return storable(value).strip() if isinstance(value, str) else ""


def texts_of(facts: Any) -> Mapping[str, str]:
    """Return an object's fields that are not empty, as texts that can be stored."""
    plain = {name: value for name, value in facts.items() if isinstance(value, str | int | float)} if isinstance(facts, dict) else {}
    return {storable(str(name)): storable(str(value)) for name, value in plain.items() if value != ""}
