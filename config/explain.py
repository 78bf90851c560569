"""Every setting with its value and where it comes from, without secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from config.settings import Settings, settings_from
from config.sources import PREFIX, PROVIDERS, Given, gather, is_secret
from domain.quotas import write_limits

_PARAMETER = re.compile(r"((?:key|token|secret|password)=)[^&\s]+", re.IGNORECASE)
_HIDDEN = "***"
#: Defaults that follow from other settings.
_EFFECTIVE: Mapping[str, Callable[[Settings], Any]] = {
    "database_url": lambda settings: settings.database,
    "api_processes": lambda settings: settings.cores,
    "worker_processes": lambda settings: settings.cores,
    "auth": lambda settings: "open" if settings.on_loopback else "required",
    "rate_limit": lambda settings: write_limits(settings.request_limits),
    "fetch_rate_limit": lambda settings: write_limits(settings.fetch_limits),
}


class EffectiveSetting(NamedTuple):
    """A setting with the value that applies, secrets masked."""

    name: str
    value: str
    source: str


def explain(environment: Mapping[str, str] | None = None, dotenv: Path | None = None) -> list[EffectiveSetting]:
    """
    Return all settings in the order of their declaration, then the options of providers that are given.

    Args:
        environment: by default the process's, over ``.env`` in the working directory.
        dotenv: another file of settings.

    Raises:
        InvalidInput: as ``read_settings``.

    """
    if environment is None:
        environment, dotenv = os.environ, dotenv or Path(".env")
    found = dotenv if dotenv and os.path.lexists(dotenv) else None
    given = gather(environment, found)
    return list(_explained(settings_from(given), given))


def _explained(settings: Settings, given: Mapping[str, Given]) -> Iterator[EffectiveSetting]:
    for field in Settings.model_fields:
        name = f"{PREFIX}{field.upper()}"
        if name in given:
            other = given[name].other_name and f", {'not' if given[name].overridden else 'as'} {given[name].other_name}"
            yield EffectiveSetting(name, _masked(name, given[name].text), given[name].source + other)
        elif field != "providers":
            value = _EFFECTIVE[field](settings) if field in _EFFECTIVE else getattr(settings, field)
            yield EffectiveSetting(name, _masked(name, _text(value)), "default")
    hidden = _declared_secrets(settings)
    for name in sorted(name for name in given if name.startswith(PROVIDERS)):
        yield EffectiveSetting(name, _HIDDEN if name in hidden else _masked(name, given[name].text), given[name].source)


def _declared_secrets(settings: Settings) -> Collection[str]:
    """Return the variables of options that providers declare with ``repr=False``."""
    if not settings.providers:
        return ()
    from adapters.provider_kit.registry.installed import InstalledProviders

    installed = InstalledProviders(settings.providers, deadline_seconds=settings.fetch_deadline_seconds)
    return {name for provider in settings.providers for name in installed.secret_variables(provider)}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return orjson.dumps(value).decode()
    return f"{value.total_seconds():g}" if isinstance(value, timedelta) else str(value)


def _masked(name: str, text: str) -> str:
    if is_secret(name) and "://" not in text:
        return _HIDDEN
    scheme, separator, rest = text.partition("://")
    user, at, place = rest.rpartition("@")
    if at and ":" in user:
        text = f"{scheme}{separator}{user.partition(':')[0]}:{_HIDDEN}@{place}"
    return _PARAMETER.sub(rf"\1{_HIDDEN}", text)
