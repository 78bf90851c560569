"""Late imports, so that a command loads only the parts of the container that it uses."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from dependency_injector.providers import ThreadSafeSingleton

from domain.use_cases import UseCases


def later(path: str) -> Callable[..., Any]:
    """Return a factory that imports ``package.module.Name`` and calls it."""

    def build(*arguments: Any, **options: Any) -> Any:
        module, _, name = path.rpartition(".")
        return getattr(import_module(module), name)(*arguments, **options)

    return build


def use_case(path: str, *arguments: Any, **options: Any) -> ThreadSafeSingleton[Any]:
    """Return a provider of ``module.Name`` below ``domain.use_cases``."""
    return ThreadSafeSingleton(later(f"domain.use_cases.{path}"), *arguments, **options)


class LazyUseCases(UseCases):
    """The use cases of a container, each imported and built when it is first read; ``dataclasses.replace`` gives all of them."""

    def __init__(self, container: Any = None, **given: Any) -> None:
        for name, value in {**given, "_container": container}.items():
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        """Build a use case; Python calls this only if the attribute is not set."""
        if name not in self.__dataclass_fields__:
            raise AttributeError(name)
        object.__setattr__(self, name, getattr(self._container, name)())
        return getattr(self, name)
