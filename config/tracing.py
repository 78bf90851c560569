"""Whether this process is traced: the standard variables of OpenTelemetry say so, and the extra ``otel`` has what it takes."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence

from adapters.memory.tracer import NullTracer
from domain.errors import InvalidInput
from domain.ports import Tracer

logger = logging.getLogger(__name__)

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def open_tracer(part: str) -> Tracer:
    """Return the tracer of the ``api`` or a ``worker``; one that traces nothing, with a warning, if what is asked for is not there."""
    names = exporters(os.environ)
    if not names:
        return NullTracer()
    try:
        from adapters.open_telemetry import open_tracer as open_exporting

        return open_exporting(names, service=f"lanner-{part}")
    except ImportError as error:
        reason, hint = f"{error.name} is not installed", "Install the extra: pip install 'lanner[otel]'."
    except InvalidInput as error:
        reason, hint = error.message, error.hint
    logger.warning("traces are not sent", extra={"reason": reason, "hint": hint})
    return NullTracer()


def exporters(environment: Mapping[str, str]) -> Sequence[str]:
    """Return the names of the exporters that the variables ask for; an address without a name asks for OTLP."""
    given = {name: value.strip() for name, value in environment.items()}
    if given.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return ()
    default = "otlp" if any(given.get(name) for name in _ENDPOINTS) else ""
    named = given.get("OTEL_TRACES_EXPORTER") or default
    return [name for name in map(str.strip, named.split(",")) if name not in ("", "none")]
