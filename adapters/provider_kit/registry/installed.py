"""
The providers: one module each, named as the provider; found in this folder and in the entry points ``lanner.providers``.

A module that cannot be loaded becomes a provider with a problem, and harms no other.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import entry_points
from threading import RLock
from typing import Any, TypeVar

from adapters.provider_kit.child_process.pool import MEMORY_BYTES
from adapters.provider_kit.child_process.source import ChildProcessOptions, RecordingClient, apart
from adapters.provider_kit.http.client import BeforeCall, HttpClient
from adapters.provider_kit.options import NoOptions, check_base_url, nearest, secret_variables, secrets, typed, variable
from adapters.provider_kit.registry.limits import limited, own
from domain.codes import DatasetCode
from domain.errors import InvalidInput, ProviderNotConfigured, UnknownProvider
from domain.ports import DataSource
from domain.providers import Finding, Provider, Terms

logger = logging.getLogger(__name__)

Client = TypeVar("Client", bound=HttpClient)
_OURS, _GROUP = "adapters.providers", "lanner.providers"
_API = 1
_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class _Installed:
    """A provider's facts, its module, and its options typed; the last two only where it could be loaded."""

    provider: Provider
    module: Any = None
    options: Any = None

    def obstacle(self) -> str:
        """Say what the module itself has against being asked at this moment: a folder or a service may come and go."""
        if self.provider.problem or not hasattr(self.module, "problem"):
            return ""
        own: str = self.module.problem(self.options)
        return own

    def now(self) -> Provider:
        """Give the facts with the problem of this moment."""
        try:
            problem = self.provider.problem or self.obstacle()
        except Exception as exc:  # noqa: BLE001 - foreign code; whatever it raises must harm no other provider
            # Its limits stay: what it opened before goes on calling.
            problem = f"The provider {self.provider.name} cannot tell whether it works: {_reason(exc)}."
        return replace(self.provider, problem=problem) if problem else self.provider


class InstalledProviders:
    """
    The providers that are installed, as the environment configures them.

    Args:
        settings: provider's name → option's name → text of the environment.
        deadline_seconds: for one fetch: its calls, and reading what came.
        before_call: see ``HttpClient``.
        memory_bytes: what a process may take that reads large answers.

    """

    def __init__(
        self,
        settings: Mapping[str, Mapping[str, str]],
        *,
        deadline_seconds: float,
        before_call: BeforeCall | None = None,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self._settings, self._deadline_seconds, self._before_call = settings, deadline_seconds, before_call
        self._memory_bytes = memory_bytes
        self._lock = RLock()
        self._installed: dict[str, _Installed] = {}
        self._sources: dict[str, DataSource] = {}
        self._clients: list[HttpClient] = []
        self._is_cut = False

    def cut(self) -> None:
        """See the port."""
        with self._lock:
            self._is_cut = True
            for client in self._clients:
                client.cut()

    def check(self) -> None:
        """
        Make sure that every setting is for an option there is, of its type, and can work.

        Raises:
            InvalidInput: names the variable, the nearest known name and never a value.

        """
        installed = self._all()
        for name, raw in self._settings.items():
            if name not in installed:
                raise _no_such_provider(name, raw, sorted(installed))
            if installed[name].module is not None:
                options = _options(installed[name].module, name, raw)
                limited(installed[name].provider, installed[name].module, options, raw)
                _check_works(installed[name], raw)

    def disputed(self) -> Mapping[str, Sequence[str]]:
        """Give the database codes that several providers declare, each with their names."""
        declared: dict[str, list[str]] = {}
        for provider in self.all():
            for database in dict.fromkeys(provider.databases):
                declared.setdefault(database, []).append(provider.name)
        return {database: names for database, names in declared.items() if len(names) > 1}

    def all(self) -> Sequence[Provider]:
        """See the port."""
        installed = self._all()
        return [installed[name].now() for name in sorted(installed)]

    def get(self, name: str) -> Provider:
        """See the port."""
        return self._get(name).now()

    def code_from_alias(self, name: str, alias: DatasetCode) -> DatasetCode | None:
        """See the port."""
        module = self._get(name).module
        found: DatasetCode | None = module.code_from_alias(alias) if hasattr(module, "code_from_alias") else None
        return found

    def examine(self, name: str, *, online: bool = False) -> Sequence[Finding]:
        """See the port."""
        from adapters.provider_kit.conformance.report import scorecard

        installed = self._get(name)
        if installed.options is None:
            return [Finding("can be loaded", installed.provider.problem)]
        return scorecard(self, installed.module, secrets(installed.options), online=online)

    def module(self, name: str) -> Any:
        """Give a provider's module, or None if it could not be loaded."""
        return self._get(name).module

    def secret_variables(self, name: str) -> Collection[str]:
        """Return the variables of a provider's options that must not be shown; none where there is no such provider."""
        installed = self._all().get(name)
        return secret_variables(name, getattr(installed.module, "OPTIONS", NoOptions)) if installed else ()

    def source(self, name: str) -> DataSource:
        """See the port."""
        installed = self._get(name)
        with self._lock:
            if name not in self._sources:
                problem = installed.now().problem
                if problem:
                    raise ProviderNotConfigured(problem)
                self._sources[name] = self._apart(name)
            return self._sources[name]

    def reader(self, name: str) -> DataSource:
        """See the port."""
        installed = self._get(name)
        if installed.options is None:
            raise ProviderNotConfigured(installed.provider.problem)
        return self._apart(name)

    def opened(self, name: str, client: type[Client]) -> tuple[DataSource, Client]:
        """Give a provider's source that reads everything here, and the client it asks by."""
        options = self._get(name).options
        http = client(
            name,
            getattr(options, "base_url", ""),
            secrets=secrets(options),
            deadline_seconds=self._deadline_seconds,
            by_operator="base_url" in self._settings.get(name, {}),
            before_call=self._before_call,
        )
        return self._get(name).module.source(options, http), http

    def _apart(self, name: str) -> DataSource:
        source, client = self.opened(name, RecordingClient)
        with self._lock:
            self._clients.append(client)
            if self._is_cut:
                client.cut()
        how = ChildProcessOptions(
            provider=name,
            options=self._settings.get(name, {}),
            deadline_seconds=self._deadline_seconds,
            memory_bytes=self._memory_bytes,
        )
        return apart(source, client, how)

    def _get(self, name: str) -> _Installed:
        installed = self._all()
        if name not in installed:
            near = nearest(name, installed)
            raise UnknownProvider(
                f"There is no provider {name[:_SHOWN]!r}.", field="provider", hint=f"Did you mean {near}?" if near else UnknownProvider.hint
            )
        return installed[name]

    def _all(self) -> Mapping[str, _Installed]:
        with self._lock:
            if not self._installed:
                found: dict[str, _Installed] = {}
                for name, load in _offers():
                    if name in found:
                        logger.warning("provider left out", extra={"provider": name, "reason": "the name is taken"})
                    else:
                        found[name] = _installed(name, load, self._settings.get(name, {}))
                self._installed = found
        return self._installed


def _loaders() -> Iterator[tuple[str, Callable[[], Any]]]:
    ours = importlib.import_module(_OURS)
    for module in pkgutil.iter_modules(ours.__path__):
        if not module.name.startswith("_"):
            yield module.name, partial(importlib.import_module, f"{_OURS}.{module.name}")
    for point in entry_points(group=_GROUP):
        yield point.name, point.load


def _offers() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Give every module, and behind it each provider of its table ``PROVIDERS`` where it has one."""
    for name, load in _loaders():
        yield name, load
        yield from _table(name, load)


def _table(name: str, load: Callable[[], Any]) -> Sequence[tuple[str, Callable[[], Any]]]:
    try:
        table = getattr(load(), "PROVIDERS", ())
    except Exception:  # noqa: BLE001 - foreign code; what cannot be loaded is a broken provider under its own name
        return ()
    try:
        return [(str(provider.NAME), partial(_itself, provider)) for provider in table]
    except (AttributeError, TypeError) as exc:
        logger.warning("table of providers left out", extra={"provider": name, "reason": str(exc)})
        return ()


def _itself(provider: Any) -> Any:
    return provider


def _installed(name: str, load: Callable[[], Any], raw: Mapping[str, str]) -> _Installed:
    try:
        module = load()
        if module.PROVIDER_API != _API:
            return _broken(name, f"it speaks version {module.PROVIDER_API} of the interface of providers, and this lanner version {_API}")
        return _configured(_facts(name, module), module, raw)
    except ImportError as exc:
        return _broken(name, f"{exc.name or 'a module'} is missing: {exc}")
    except Exception as exc:  # noqa: BLE001 - foreign code; whatever it raises must harm no other provider
        return _broken(name, _reason(exc))


def _configured(provider: Provider, module: Any, raw: Mapping[str, str]) -> _Installed:
    try:
        options = _options(module, provider.name, raw)
        provider = limited(provider, module, options, raw)
    except InvalidInput as exc:
        return _Installed(provider=replace(provider, problem=exc.message), module=module)
    found = _Installed(provider=replace(provider, problem=_missing_key(provider, options)), module=module, options=options)
    found.obstacle()  # a module that cannot even say it is as broken as one that cannot be loaded
    return found


def _facts(name: str, module: Any) -> Provider:
    return Provider(
        name=name,
        title=module.TITLE,
        databases=tuple(module.DATABASES),
        terms=module.TERMS,
        limits=tuple(getattr(module, "LIMITS", ())),
        key_needed=getattr(module, "KEY_NEEDED", False),
        key_url=getattr(module, "KEY_URL", ""),
        max_age=getattr(module, "MAX_AGE", None),
        quandl_codes=tuple(getattr(module, "QUANDL_CODES", ())),
    )


def _reason(exc: Exception) -> str:
    return f"{type(exc).__name__}: {exc}".rstrip(".")


def _broken(name: str, reason: str) -> _Installed:
    problem = f"The provider {name} could not be loaded: {reason.rstrip('.')}."
    return _Installed(provider=Provider(name=name, title=name, databases=(), terms=Terms(attribution="", url=""), problem=problem))


def _options(module: Any, name: str, raw: Mapping[str, str]) -> Any:
    options = typed(name, getattr(module, "OPTIONS", NoOptions), own(raw))
    if getattr(options, "base_url", "") and "base_url" not in raw:
        check_base_url(options.base_url, permit_http=False)
    return options


def _check_works(installed: _Installed, raw: Mapping[str, str]) -> None:
    obstacle = installed.obstacle()
    if obstacle and raw:
        raise InvalidInput(obstacle, field=variable(installed.provider.name, next(iter(raw))))


def _missing_key(provider: Provider, options: Any) -> str:
    if provider.key_needed and not getattr(options, "api_key", ""):
        return f"{provider.title} needs an API key: set {variable(provider.name, 'api_key')}; a key is had at {provider.key_url}."
    return ""


def _no_such_provider(name: str, raw: Mapping[str, str], known: Sequence[str]) -> InvalidInput:
    option = next(iter(raw), "")
    near = nearest(name, known)
    where = f"did you mean {variable(near, option)}?" if near else f"the providers are {', '.join(known)}."
    return InvalidInput(f"{variable(name, option)} is for a provider that there is not; {where}", field=variable(name, option))
