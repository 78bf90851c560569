"""How cells of files are read, as commands are told it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click


def read_options(texts: Sequence[str]) -> dict[str, Any]:
    """Read each ``NAME=JSON``; a value that is no JSON is a text. Raise BadParameter where the equals sign is missing."""
    return dict(map(_option, texts))


def _option(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"{text!r} is not NAME=JSON.", param_hint="--option")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value
