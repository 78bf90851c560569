"""Finding the providers: in ``adapters/providers`` and in the entry points ``lanner.providers`` of other packages."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from importlib.metadata import entry_points
from typing import Any

from adapters.provider_kit.spec import PROVIDER_API, ProviderSpec
from domain.codes import FORMULA

logger = logging.getLogger(__name__)

_OURS, _GROUP = "adapters.providers", "lanner.providers"


def discover() -> Mapping[str, ProviderSpec | str]:
    """Return each provider by name; in place of one that cannot be used, the reason."""
    found: dict[str, ProviderSpec | str] = {}
    for place, load in _places():
        for name, spec in _specs(place, load):
            if name in found or name == FORMULA:
                _warn_of_taken(name, place)
            else:
                found[name] = spec
    return found


@cache
def _warn_of_taken(name: str, place: str) -> None:
    logger.warning("provider left out", extra={"provider": name, "place": place, "reason": "the name is taken"})


def reason_of(error: Exception) -> str:
    """Return what an error says, for a sentence that goes on."""
    return f"{type(error).__name__}: {error}".rstrip(".")


def _places() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Return each module, package or entry point that may define providers, and what loads it."""
    # By name: the toolbox knows no provider.
    for module in pkgutil.iter_modules(importlib.import_module(_OURS).__path__):
        if not module.name.startswith("_"):
            yield module.name, partial(importlib.import_module, f"{_OURS}.{module.name}")
    for point in entry_points(group=_GROUP):
        yield point.name, point.load


def _specs(place: str, load: Callable[[], Any]) -> Sequence[tuple[str, ProviderSpec | str]]:
    try:
        return [_checked(spec, place) for spec in _defined_in(load())]
    except ImportError as exc:
        return [(place, f"{exc.name or 'a module'} is missing: {exc}")]
    except Exception as exc:  # noqa: BLE001 - foreign code; whatever it raises must harm no other provider
        return [(place, reason_of(exc))]


def _defined_in(module: Any) -> Sequence[Any]:
    if isinstance(module, ProviderSpec):
        return (module,)
    if hasattr(module, "PROVIDERS"):
        return tuple(module.PROVIDERS)
    if hasattr(module, "PROVIDER"):
        return (module.PROVIDER,)
    first = "; it is written for version 1, see CHANGELOG.md" if hasattr(module, "PROVIDER_API") else ""
    raise TypeError(f"it defines neither PROVIDER nor PROVIDERS, as version {PROVIDER_API} of the interface of providers wants{first}")


def _checked(spec: Any, place: str) -> tuple[str, ProviderSpec | str]:
    if not isinstance(spec, ProviderSpec):
        return place, f"{type(spec).__name__} is no ProviderSpec"
    if spec.provider_api != PROVIDER_API:
        return (
            spec.name,
            f"it is written for version {spec.provider_api} of the interface of providers, and this lanner has version {PROVIDER_API}",
        )
    return spec.name, spec
