"""Late imports, so that a command loads only the parts of the container that it uses."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any


def later(path: str) -> Callable[..., Any]:
    """Return a factory that imports ``package.module.Name`` and calls it."""

    def build(*arguments: Any, **options: Any) -> Any:
        module, _, name = path.rpartition(".")
        return getattr(import_module(module), name)(*arguments, **options)

    return build
