"""Which variables of OpenTelemetry's ask for traces, and what is said where they cannot be sent."""

from __future__ import annotations

import sys

import pytest

from adapters.memory.tracer import NullTracer
from config.tracing import exporters, open_tracer
from domain.ports import SpanKind

AT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        ({}, []),
        ({"OTEL_SERVICE_NAME": "x"}, []),
        (AT, ["otlp"]),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/v1/traces"}, ["otlp"]),
        ({"OTEL_TRACES_EXPORTER": "console, otlp"}, ["console", "otlp"]),
        (AT | {"OTEL_TRACES_EXPORTER": "none"}, []),
        (AT | {"OTEL_SDK_DISABLED": "TRUE"}, []),
        (AT | {"OTEL_SDK_DISABLED": "false"}, ["otlp"]),
    ],
)
def test_standard_variables_ask_for_traces(environment: dict[str, str], names: list[str]) -> None:
    """An address or a name of an exporter asks for traces, unless they are switched off."""
    assert [*exporters(environment)] == names


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("OTEL_TRACES_EXPORTER", "zipkim", "There is no exporter 'zipkim'"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "There is no exporter 'otlp_proto_grpc'"),
    ],
)
def test_an_exporter_that_is_not_there_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str, value: str, said: str
) -> None:
    """The service runs without traces, and one line names the variable and what there is."""
    for each, text in (AT | {name: value}).items():
        monkeypatch.setenv(each, text)
    tracer = open_tracer("api")

    assert isinstance(tracer, NullTracer)
    (line,) = caplog.records
    assert said in line.reason
    assert "console, otlp_proto_http" in line.hint


def test_a_missing_extra_is_said(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Where the packages are not installed, one line says how to install them."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.delitem(sys.modules, "adapters.open_telemetry", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.propagate", None)
    tracer = open_tracer("api")

    assert not tracer.enabled
    (line,) = caplog.records
    assert (line.msg, line.hint) == ("traces are not sent", "Install the extra: pip install 'lanner[otel]'.")


def test_nothing_is_traced_by_default() -> None:
    """The tracer of processes that are not traced takes what every tracer takes, and says nothing."""
    tracer = NullTracer()
    with tracer.span("x", SpanKind.SERVER, parent={"traceparent": "00"}, facts={"a": 1}) as span:
        span.note({"b": 2})
        span.rename("y")
        span.fail("z")

        assert tracer.traceparent() == ""
    tracer.flush()
