"""Sources that read large answers in a child process, under one deadline with their calls; no provider has to know."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, cast

from adapters.provider_kit.child_process.pool import children
from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.request import HttpRequest
from adapters.provider_kit.parsing.bodies import doubts
from adapters.provider_kit.parsing.limits import check_body
from domain.codes import DatasetCode
from domain.errors import FetchError
from domain.ports import DataSource, Fetched, ParsedSeries, ParsesResponses, PriorState, RawResponse, ReadsFiles
from domain.schedules.calendar import ReleaseEvent
from domain.searching import SearchHit

HEAVY_BYTES = 256 * 1024
#: Compressed formats, whose size is known only after unpacking.
_PACKED = (b"PAR1", b"PK\x03\x04", b"\x1f\x8b")

#: What tells a recorded request from others: the segments of its path, and its parameters without the secret ones.
Address = tuple[tuple[str, ...], Mapping[str, str]]


class _TooHeavy(BaseException):
    """Unwinds a source before it parses what belongs into a child process; a BaseException, so that none catches it."""


@dataclass(slots=True)
class _Asked:
    """The requests of a fetch so far, and their outcomes."""

    outcomes: list[tuple[Address, RawResponse | FetchError]] = field(default_factory=list)
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildProcessOptions:
    """
    How a provider is opened in a child process.

    Attributes:
        options: as the environment gives them.
        memory_bytes: what that process may use.

    """

    provider: str
    options: Mapping[str, str]
    deadline_seconds: float
    memory_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A call of a source's method for the child process, with the requests made so far."""

    how: ChildProcessOptions
    method: str
    arguments: Sequence[Any]
    outcomes: Sequence[tuple[Address, RawResponse | FetchError]]


_asked: ContextVar[_Asked | None] = ContextVar("asked", default=None)


def address_of(request: HttpRequest) -> Address:
    """Return what a request is recorded under."""
    return tuple(request.segments), dict(request.params)


def leave_if_heavy(body: bytes, before: int = 0) -> None:
    """Stop a source before it parses a large body, so that a child process starts it again."""
    if _asked.get() and (len(body) + before > HEAVY_BYTES or body.startswith(_PACKED)):
        raise _TooHeavy


class RecordingClient(HttpClient):
    """Record responses, for the source in the child process, which requests them again."""

    def send(self, request: HttpRequest) -> RawResponse:
        asked = _asked.get() or _Asked()
        try:
            answer = super().send(request)
        except FetchError as error:
            asked.outcomes.append((address_of(request), error))
            raise
        asked.outcomes.append((address_of(request), answer))
        asked.size += len(answer.body)
        leave_if_heavy(answer.body, before=asked.size - len(answer.body))
        return answer


def in_child_process(source: DataSource, http: HttpClient, how: ChildProcessOptions, run: Callable[..., Any]) -> ChildProcessSource:
    """Return a source that reads small answers here, and large ones in a child process by ``run(ask, work)``."""
    if isinstance(source, ReadsFiles):
        return _FilesChildProcessSource(source, http, how, run)
    if isinstance(source, ParsesResponses):
        return _ParsingChildProcessSource(source, http, how, run)
    return ChildProcessSource(source, http, how, run)


class ChildProcessSource:
    """Calls a source here, and again in a child process where an answer is large."""

    def __init__(self, source: DataSource, http: HttpClient, how: ChildProcessOptions, run: Callable[..., Any]) -> None:
        self._source, self._http, self._how, self._run_in_child = source, http, how, run

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        return cast("Fetched", self._call("fetch", code, known))

    def search(self, text: str, limit: int) -> Sequence[SearchHit]:
        return cast("Sequence[SearchHit]", self._call("search", text, limit))

    def release_of(self, code: DatasetCode) -> str:
        return cast("str", self._call("release_of", code))

    def release_dates(self, release: str) -> Sequence[ReleaseEvent]:
        return cast("Sequence[ReleaseEvent]", self._call("release_dates", release))

    def _call(self, method: str, *arguments: Any) -> Any:
        """Call a method that asks the provider; if an answer is large, again in a child process."""
        until, asked = self._http.deadline(), _Asked()
        token = _asked.set(asked)
        try:
            return getattr(self._source, method)(*arguments)
        except _TooHeavy:
            pass
        finally:
            _asked.reset(token)
        return self._run(until, method, *arguments, outcomes=asked.outcomes)

    def _run(self, until: float, method: str, *arguments: Any, outcomes: Sequence[Any] = ()) -> Any:
        with self._http.reading(until) as call:
            work = Work(how=self._how, method=method, arguments=arguments, outcomes=outcomes)
            return children(self._how.memory_bytes).run(self._run_in_child, work, call=call, ask=self._http.send)


class _ParsingChildProcessSource(ChildProcessSource):
    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        found, warnings = self._parsed(code, answer), doubts(answer)
        return [replace(series, warnings=warnings) for series in found] if warnings else found

    def _parsed(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        check_body(answer.body)
        until, token = self._http.deadline(), _asked.set(_Asked())
        try:
            leave_if_heavy(answer.body)
        except _TooHeavy:
            return cast("Sequence[ParsedSeries]", self._run(until, "parse", code, answer))
        finally:
            _asked.reset(token)
        return cast("ParsesResponses", self._source).parse(code, answer)


class _FilesChildProcessSource(_ParsingChildProcessSource):
    @property
    def file_options(self) -> Collection[str]:
        return cast("ReadsFiles", self._source).file_options
