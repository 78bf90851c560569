"""The tracer of processes that are not traced."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

from domain.ports.tracing import Facts, Span, SpanKind


class NullSpan:
    """A span that nobody gets."""

    def note(self, facts: Facts) -> None:
        """Do nothing."""

    def rename(self, name: str) -> None:
        """Do nothing."""

    def fail(self, kind: str) -> None:
        """Do nothing."""


_SPAN: AbstractContextManager[Span] = nullcontext(NullSpan())


class NullTracer:
    """Traces nothing, at the cost of a call."""

    enabled = False

    def span(
        self, _name: str, _kind: SpanKind, *, parent: str | Mapping[str, str] = "", facts: Facts | None = None
    ) -> AbstractContextManager[Span]:
        del parent, facts
        return _SPAN

    def traceparent(self) -> str:
        return ""

    def flush(self) -> None:
        """Do nothing: there is nothing to send."""
