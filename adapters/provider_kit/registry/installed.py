"""
The providers that are installed, as the environment configures them.

One that cannot be loaded becomes a provider with a problem, and harms no other.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from threading import RLock
from typing import Any

from adapters.provider_kit.child_process.pool import MEMORY_BYTES
from adapters.provider_kit.child_process.source import ChildProcessOptions, ChildProcessSource, RecordingClient, in_child_process
from adapters.provider_kit.http.client import BeforeCall, HttpClient
from adapters.provider_kit.http.outbound import DIRECT, Outbound
from adapters.provider_kit.options import NoOptions, nearest, secret_variables, secrets, variable
from adapters.provider_kit.registry.discovery import discover, reason_of
from adapters.provider_kit.registry.in_child import run_in_child
from adapters.provider_kit.registry.limits import limited
from adapters.provider_kit.registry.old_codes import refusal_of
from adapters.provider_kit.registry.opening import open_source, options_of
from adapters.provider_kit.spec import ProviderSpec
from domain.codes import DatasetCode
from domain.errors import FetchError, InvalidInput, ProviderNotConfigured, UnknownProvider
from domain.ports import DataSource, ListsReleases, SearchesSeries
from domain.providers import Provider, Terms

logger = logging.getLogger(__name__)

_SHOWN = 40
#: A person waits for a search, and planning for a calendar.
_SEARCH_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Installed:
    """A provider's facts, its spec where it could be loaded, and its options where they are valid."""

    provider: Provider
    spec: ProviderSpec | None = None
    options: Any = None

    def obstacle(self) -> str:
        """Return the problem that the provider itself reports now: a folder or a service may come and go."""
        return "" if self.provider.problem or self.spec is None else self.spec.problem(self.options)

    def now(self) -> Provider:
        """Return the facts with the problem of this moment."""
        try:
            problem = self.provider.problem or self.obstacle()
        except Exception as exc:  # noqa: BLE001 - foreign code; whatever it raises must harm no other provider
            # Its limits still hold for sources that are open.
            problem = f"The provider {self.provider.name} cannot tell whether it works: {reason_of(exc)}."
        return replace(self.provider, problem=problem) if problem else self.provider


class InstalledProviders:
    """
    The providers that are installed, as the environment configures them.

    Args:
        settings: provider's name → option's name → text of the environment.
        deadline_seconds: for one fetch: its calls, and reading what came.
        before_call, outbound: see ``HttpClient``.
        memory_bytes: limit of a child process that parses large answers.

    """

    def __init__(
        self,
        settings: Mapping[str, Mapping[str, str]],
        *,
        deadline_seconds: float,
        before_call: BeforeCall | None = None,
        outbound: Outbound = DIRECT,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self._settings, self._deadline_seconds, self._before_call = settings, deadline_seconds, before_call
        self._memory_bytes, self._outbound = memory_bytes, outbound
        self._lock = RLock()
        self._installed: dict[str, _Installed] = {}
        self._sources: dict[str, DataSource] = {}
        self._quick_sources: dict[str, ChildProcessSource] = {}
        self._clients: list[HttpClient] = []
        self._is_aborted = False

    def abort_calls(self) -> None:
        with self._lock:
            self._is_aborted = True
            for client in self._clients:
                client.abort_calls()

    def check(self) -> None:
        """
        Check that every setting belongs to an existing option, has its type and can work.

        Raises:
            InvalidInput: names the variable, the nearest known name and never a value.

        """
        installed = self._all()
        for name, raw in self._settings.items():
            if name not in installed:
                raise _no_such_provider(name, raw, sorted(installed))
            spec = installed[name].spec
            if spec is not None:
                limited(spec, options_of(spec, raw), raw)
                _check_works(installed[name], raw)

    def disputed(self) -> Mapping[str, Sequence[str]]:
        """Return the database codes that several providers declare, with the providers' names."""
        declared: dict[str, list[str]] = {}
        for provider in self.all():
            for database in dict.fromkeys(provider.databases):
                declared.setdefault(database, []).append(provider.name)
        return {database: names for database, names in declared.items() if len(names) > 1}

    def all(self) -> Sequence[Provider]:
        installed = self._all()
        return [installed[name].now() for name in sorted(installed)]

    def get(self, name: str) -> Provider:
        return self._get(name).now()

    def code_from_alias(self, name: str, alias: DatasetCode) -> DatasetCode | None:
        spec = self._get(name).spec
        return self.own_spelling(name, alias) or (spec.code_from_alias(alias) if spec else None)

    def own_spelling(self, name: str, code: DatasetCode) -> DatasetCode | None:
        installed = self._get(name)
        spells = installed.spec.own_spelling if installed.spec else None
        return spells(installed.options, code) if spells else None

    def refusal(self, name: str, code: DatasetCode) -> FetchError | None:
        return refusal_of(code, name, hosted="base_url" not in self._settings.get(name, {}))

    def has_changed(self, name: str, code: DatasetCode, validators: Mapping[str, str]) -> bool:
        installed = self._get(name)
        if installed.spec is None or installed.spec.has_changed is None:
            return False
        try:
            return installed.spec.has_changed(installed.options, code, validators)
        except Exception:
            # Foreign code; a fetch will tell what it is.
            logger.exception("a provider cannot tell whether its data have changed", extra={"provider": name})
            return True

    def spec(self, name: str) -> ProviderSpec | None:
        """Return a provider's spec, or None if it could not be loaded."""
        return self._get(name).spec

    def secret_values(self, name: str) -> Sequence[str]:
        """Return the values of a provider's options that must not be shown."""
        options = self._get(name).options
        return [] if options is None else list(filter(None, secrets(options)))

    def secret_variables(self, name: str) -> Collection[str]:
        """Return the variables of a provider's options that must not be shown; none where there is no such provider."""
        installed = self._all().get(name)
        return secret_variables(name, installed.spec.options if installed.spec else NoOptions) if installed else ()

    def source(self, name: str) -> DataSource:
        installed = self._get(name)
        with self._lock:
            if name not in self._sources:
                problem = installed.now().problem
                if problem:
                    raise ProviderNotConfigured(problem)
                self._sources[name] = self._in_child_process(name)
            return self._sources[name]

    def search_source(self, name: str) -> SearchesSeries:
        return self._quick_source(name, "no search", can=self._get(name).provider.search is not None)

    def releases_source(self, name: str) -> ListsReleases:
        return self._quick_source(name, "no calendar", can=self._get(name).provider.releases is not None)

    def _quick_source(self, name: str, lacks: str, *, can: bool) -> ChildProcessSource:
        """Return the source for what somebody may wait for."""
        with self._lock:
            if name not in self._quick_sources or not can:
                problem = self._get(name).now().problem
                if problem or not can:
                    raise ProviderNotConfigured(problem or f"The provider {name} has {lacks}.")
                self._quick_sources[name] = self._in_child_process(name, most_seconds=_SEARCH_SECONDS)
            return self._quick_sources[name]

    def offline_source(self, name: str) -> DataSource:
        installed = self._get(name)
        if installed.options is None:
            raise ProviderNotConfigured(installed.provider.problem)
        return self._in_child_process(name)

    def _in_child_process(self, name: str, *, most_seconds: float = inf) -> ChildProcessSource:
        spec, raw = self._get(name).spec, self._settings.get(name, {})
        assert spec is not None  # noqa: S101 - who asks has made sure
        deadline = min(self._deadline_seconds, most_seconds)
        source, client = open_source(
            spec, raw, RecordingClient, deadline_seconds=deadline, before_call=self._before_call, outbound=self._outbound
        )
        with self._lock:
            self._clients.append(client)
            if self._is_aborted:
                client.abort_calls()
        how = ChildProcessOptions(provider=name, options=raw, deadline_seconds=deadline, memory_bytes=self._memory_bytes)
        return in_child_process(source, client, how, run_in_child)

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
                specs = discover()
                self._installed = {name: _installed(name, found, self._settings.get(name, {})) for name, found in specs.items()}
        return self._installed


def _installed(name: str, found: ProviderSpec | str, raw: Mapping[str, str]) -> _Installed:
    if isinstance(found, str):
        return _broken(name, found)
    try:
        return _configured(found, raw)
    except Exception as exc:  # noqa: BLE001 - foreign code; whatever it raises must harm no other provider
        return _broken(name, reason_of(exc))


def _configured(spec: ProviderSpec, raw: Mapping[str, str]) -> _Installed:
    facts = spec.facts()
    try:
        options = options_of(spec, raw)
        provider = limited(spec, options, raw)
    except InvalidInput as exc:
        return _Installed(provider=replace(facts, problem=exc.message), spec=spec)
    found = _Installed(provider=replace(provider, problem=_missing_key(provider, options)), spec=spec, options=options)
    found.obstacle()  # one whose check raises is as unusable as one that cannot be loaded
    return found


def _broken(name: str, reason: str) -> _Installed:
    problem = f"The provider {name} could not be loaded: {reason.rstrip('.')}."
    return _Installed(provider=Provider(name=name, title=name, databases=(), terms=Terms(attribution="", url=""), problem=problem))


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
