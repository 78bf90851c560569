"""
Traces by OpenTelemetry's SDK, configured by the standard variables ``OTEL_…``.

The packages come with the extra ``lanner[otel]``; nothing imports this module where no variable asks for traces.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from multiprocessing.util import Finalize
from threading import Thread
from typing import Any

from opentelemetry.propagate import extract
from opentelemetry.sdk.environment_variables import (
    OTEL_EXPORTER_OTLP_PROTOCOL,
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL,
    OTEL_RESOURCE_ATTRIBUTES,
    OTEL_SERVICE_NAME,
)
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span as OpenTelemetrySpan
from opentelemetry.trace import SpanKind as Kind
from opentelemetry.trace import Status, StatusCode, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from domain.errors import InvalidInput
from domain.outages import Outage
from domain.ports.tracing import Facts, Span, SpanKind

_NO_FACTS: Facts = {}
logger = logging.getLogger(__name__)

_HINT = "See that OTEL_EXPORTER_OTLP_ENDPOINT is its address."
_FLUSH_SECONDS = 2.0
_GROUP = "opentelemetry_traces_exporter"
_TRACE_CONTEXT = TraceContextTextMapPropagator()
_FAILURE = "error.type"


class OpenTelemetryTracer:
    """
    Spans that an SDK's provider exports.

    Args:
        provider: the SDK's, with its exporters.

    """

    enabled = True

    def __init__(self, provider: TracerProvider) -> None:
        self._provider, self._tracer = provider, provider.get_tracer("lanner")
        # A forked or spawned process that ends runs nothing but its finalizers.
        Finalize(None, self.flush, exitpriority=0)

    @contextmanager
    def span(self, name: str, kind: SpanKind, *, parent: str | Mapping[str, str] = "", facts: Facts = _NO_FACTS) -> Iterator[Span]:
        span = self._tracer.start_span(name, _context(parent), Kind[kind.value], dict(facts))
        with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield _Span(span)
            except BaseException as error:
                # The text may quote what a client or a provider sent.
                _fail(span, type(error).__name__)
                raise

    def traceparent(self) -> str:
        carrier: dict[str, str] = {}
        _TRACE_CONTEXT.inject(carrier)
        return carrier.get("traceparent", "")

    def flush(self) -> None:
        # The SDK takes a deadline and does not keep to it.
        sending = Thread(target=self._provider.force_flush, name="flush-traces", daemon=True)
        sending.start()
        sending.join(_FLUSH_SECONDS)


class _PatientExporter(SpanExporter):
    """Another one, whose failures are one line in the log, at first and then once a minute."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter, self._outage = exporter, Outage()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self._outage.seconds_left:
            return SpanExportResult.FAILURE
        result = self._exporter.export(spans)
        if result is SpanExportResult.SUCCESS:
            if self._outage.ended():
                logger.info("traces are sent again")
        elif self._outage.failed():
            logger.warning("traces are not sent", extra={"reason": "The collector does not take them.", "hint": _HINT})
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


class _Span:
    def __init__(self, span: OpenTelemetrySpan) -> None:
        self._span = span

    def note(self, facts: Facts) -> None:
        self._span.set_attributes(dict(facts))

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def fail(self, kind: str) -> None:
        _fail(self._span, kind)


def _fail(span: OpenTelemetrySpan, kind: str) -> None:
    span.set_attribute(_FAILURE, kind)
    span.set_status(Status(StatusCode.ERROR))


def _context(parent: str | Mapping[str, str]) -> Any:
    """Return the context of a parent; None for that of the block around."""
    if not parent:
        return None
    return _TRACE_CONTEXT.extract({"traceparent": parent}) if isinstance(parent, str) else extract(dict(parent))


def open_tracer(exporters: Sequence[str], *, service: str) -> OpenTelemetryTracer:
    """
    Return a tracer with exporters of these names, which belong to installed packages.

    Args:
        service: the service's name, unless the environment has one.

    Raises:
        InvalidInput: there is none of a name.

    """
    opened = [_exporter(name) for name in exporters]
    # It would say the same again for each try.
    logging.getLogger("opentelemetry.exporter").setLevel(logging.CRITICAL)
    named = OTEL_SERVICE_NAME in os.environ or f"{SERVICE_NAME}=" in os.environ.get(OTEL_RESOURCE_ATTRIBUTES, "")
    provider = TracerProvider(resource=Resource.create({} if named else {SERVICE_NAME: service}))
    for each in opened:
        provider.add_span_processor(BatchSpanProcessor(_PatientExporter(each)))
    return OpenTelemetryTracer(provider)


def _exporter(name: str) -> SpanExporter:
    protocol = os.environ.get(OTEL_EXPORTER_OTLP_TRACES_PROTOCOL) or os.environ.get(OTEL_EXPORTER_OTLP_PROTOCOL)
    full = f"otlp_proto_{'grpc' if protocol == 'grpc' else 'http'}" if name == "otlp" else name
    installed = {each.name: each for each in entry_points(group=_GROUP)}
    if full not in installed:
        message = f"There is no exporter {full!r}, which OTEL_TRACES_EXPORTER or OTEL_EXPORTER_OTLP_PROTOCOL asks for."
        raise InvalidInput(message, field="OTEL_TRACES_EXPORTER", hint=f"Installed are: {', '.join(sorted(installed))}.")
    exporter: SpanExporter = installed[full].load()()
    return exporter
