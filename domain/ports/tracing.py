"""Traces: the spans of a request, from its arrival to the commit of what was fetched for it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Protocol

Facts = Mapping[str, str | int | float | bool]
_NO_FACTS: Facts = {}


class SpanKind(StrEnum):
    """The kinds of spans, as OpenTelemetry has them."""

    SERVER = "SERVER"
    CLIENT = "CLIENT"
    CONSUMER = "CONSUMER"
    INTERNAL = "INTERNAL"


class Span(Protocol):
    """A part of a trace that goes on."""

    def note(self, facts: Facts) -> None:
        """Add attributes, by the names of OpenTelemetry's semantic conventions."""
        ...

    def rename(self, name: str) -> None:
        """Give it another name, once more is known."""
        ...

    def fail(self, kind: str) -> None:
        """Note that what it describes has failed, and with what kind of error."""
        ...


class Tracer(Protocol):
    """Traces of this process; thread-safe."""

    @property
    def enabled(self) -> bool:
        """Return whether anybody gets the spans."""
        ...

    def span(
        self, name: str, kind: SpanKind, *, parent: str | Mapping[str, str] = "", facts: Facts = _NO_FACTS
    ) -> AbstractContextManager[Span]:
        """
        Return a span of the block, which fails if the block raises.

        Args:
            parent: what ``traceparent`` returned, or headers of a request by lower-case names; else the span of the block around it.

        """
        ...

    def traceparent(self) -> str:
        """Return the current span in the form of W3C Trace Context; empty outside of any."""
        ...

    def flush(self) -> None:
        """Send what has ended, since the process may end; it takes seconds at most."""
        ...
