"""Sources that read what is large in a process apart, under one deadline with the calls; no provider has to know."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

from adapters.provider_kit.child_process.pool import children
from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.parsing.limits import check_body
from domain.codes import DatasetCode
from domain.errors import FetchError
from domain.ports import DataSource, Fetched, ParsedSeries, ParsesResponses, PriorState, RawResponse

HEAVY_BYTES = 256 * 1024
#: Little of these can be much, and nothing tells without unpacking it.
_PACKED = (b"PAR1", b"PK\x03\x04")

_NOTHING: Mapping[str, str] = {}
_Request = tuple[tuple[str, ...], Mapping[str, str]]


class _TooHeavy(BaseException):
    """Leave a source that is about to read what it should not read here; none may stop it."""


@dataclass(slots=True)
class _Asked:
    """What a fetch has asked for so far, and what came."""

    outcomes: list[tuple[_Request, RawResponse | FetchError]] = field(default_factory=list)
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildProcessOptions:
    """
    How a provider is opened once more in a process apart.

    Attributes:
        options: as the environment gives them.
        memory_bytes: what that process may take.

    """

    provider: str
    options: Mapping[str, str]
    deadline_seconds: float
    memory_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What a source is to do in the process apart, and what it has asked for already."""

    how: ChildProcessOptions
    method: str
    arguments: Sequence[Any]
    outcomes: Sequence[tuple[_Request, RawResponse | FetchError]]


_asked: ContextVar[_Asked | None] = ContextVar("asked", default=None)


def leave_if_heavy(body: bytes, before: int = 0) -> None:
    """End here, for a process apart to begin anew, what is about to read a large body: one of a file, or one of several answers."""
    if _asked.get() and (len(body) + before > HEAVY_BYTES or body.startswith(_PACKED)):
        raise _TooHeavy


class RecordingClient(HttpClient):
    """Keeps what came for the process apart, where the source asks for it once more."""

    def get(
        self,
        segments: Sequence[str],
        params: Mapping[str, str] = _NOTHING,
        headers: Mapping[str, str] = _NOTHING,
        *,
        secret_params: Mapping[str, str] = _NOTHING,
        until: float | None = None,
    ) -> RawResponse:
        """See HttpClient."""
        request, asked = (tuple(segments), dict(params)), _asked.get() or _Asked()
        try:
            answer = super().get(segments, params, headers, secret_params=secret_params, until=until)
        except FetchError as error:
            asked.outcomes.append((request, error))
            raise
        asked.outcomes.append((request, answer))
        asked.size += len(answer.body)
        leave_if_heavy(answer.body, before=asked.size - len(answer.body))
        return answer


def apart(source: DataSource, http: HttpClient, how: ChildProcessOptions) -> DataSource:
    """Give a source that reads small answers here and large ones apart."""
    if isinstance(source, ParsesResponses):
        return _ParsingChildProcessSource(source, http, how)
    return _ChildProcessSource(source, http, how)


class _ChildProcessSource:
    def __init__(self, source: DataSource, http: HttpClient, how: ChildProcessOptions) -> None:
        self._source, self._http, self._how = source, http, how

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        """See the port."""
        until, asked = self._http.deadline(), _Asked()
        token = _asked.set(asked)
        try:
            return self._source.fetch(code, known)
        except _TooHeavy:
            pass
        finally:
            _asked.reset(token)
        return cast("Fetched", self._run(until, "fetch", code, known, outcomes=asked.outcomes))

    def _run(self, until: float, method: str, *arguments: Any, outcomes: Sequence[Any] = ()) -> Any:
        with self._http.reading(until) as call:
            work = _Work(how=self._how, method=method, arguments=arguments, outcomes=outcomes)
            return children(self._how.memory_bytes).run(run_in_child, work, call=call, ask=self._http.get)


class _ParsingChildProcessSource(_ChildProcessSource):
    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        """See the port."""
        check_body(answer.body)
        until, token = self._http.deadline(), _asked.set(_Asked())
        try:
            leave_if_heavy(answer.body)
        except _TooHeavy:
            return cast("Sequence[ParsedSeries]", self._run(until, "parse", code, answer))
        finally:
            _asked.reset(token)
        return cast("ParsesResponses", self._source).parse(code, answer)


class _Replayed(HttpClient):
    """In the process apart: gives what came already, and has the parent ask for the rest."""

    outcomes: Sequence[tuple[_Request, RawResponse | FetchError]] = ()
    ask: Callable[..., RawResponse]

    def get(
        self,
        segments: Sequence[str],
        params: Mapping[str, str] = _NOTHING,
        headers: Mapping[str, str] = _NOTHING,
        *,
        secret_params: Mapping[str, str] = _NOTHING,
        until: float | None = None,
    ) -> RawResponse:
        """See HttpClient."""
        if not self.outcomes or self.outcomes[0][0] != (tuple(segments), params):
            self.outcomes = ()
            return self.ask(segments, params, headers, secret_params=secret_params, until=until)
        (_, outcome), *self.outcomes = self.outcomes
        if isinstance(outcome, FetchError):
            raise outcome
        return outcome


def run_in_child(ask: Callable[..., RawResponse], work: _Work) -> Any:
    """Do what a source is asked to, in the process apart."""
    source, client = _opened(work.how.provider, json.dumps(work.how.options), work.how.deadline_seconds)
    client.outcomes, client.ask = work.outcomes, ask
    return getattr(source, work.method)(*work.arguments)


@cache
def _opened(provider: str, options: str, deadline_seconds: float) -> tuple[DataSource, _Replayed]:
    from adapters.provider_kit.registry.installed import InstalledProviders

    return InstalledProviders({provider: json.loads(options)}, deadline_seconds=deadline_seconds).opened(provider, _Replayed)
