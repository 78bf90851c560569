"""The options ``--host`` and ``--port``, which override the variables."""

from __future__ import annotations

import os
from collections.abc import Callable

import click


def listen_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options to a command."""
    host = click.option("--host", expose_value=False, callback=_set, is_eager=True, help="Overrides LANNER_HOST.")
    port = click.option("--port", expose_value=False, callback=_set, is_eager=True, help="Overrides LANNER_PORT.")
    return host(port(function))


def _set(_context: click.Context, option: click.Parameter, value: str | None) -> None:
    if value is not None:
        set_variable(f"LANNER_{(option.name or '').upper()}", value)


def set_variable(variable: str, value: str, *, old_name: str = "") -> None:
    """Set a variable for this process and its children, in place of its lower-case form and its old name."""
    for name in [name for name in os.environ if name.upper() in (variable, old_name)]:
        del os.environ[name]
    os.environ[variable] = value
