"""A collector of traces on this machine: it takes OTLP over HTTP, and keeps the spans."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Span:
    """A span as it was sent, with the service that sent it."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    failed: bool
    facts: dict[str, Any]


@dataclass
class Collector:
    """What has arrived."""

    address: str
    spans: list[Span] = field(default_factory=list)

    def of(self, trace: str) -> dict[str, list[Span]]:
        """Return the spans of a trace, by their names."""
        named: dict[str, list[Span]] = {}
        for span in self.spans:
            if span.trace == trace:
                named.setdefault(span.name, []).append(span)
        return named


@contextmanager
def collector() -> Iterator[Collector]:
    """Run it until left."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            if self.path == "/v1/traces":
                heard.spans += _spans(ExportTraceServiceRequest.FromString(body))
            self.send_response(200 if self.path == "/v1/traces" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        heard = Collector(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield heard
        server.shutdown()
        thread.join()


def _spans(request: Any) -> Iterator[Span]:
    for of_resource in request.resource_spans:
        service = _facts(of_resource.resource.attributes)["service.name"]
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                ids, failed = (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()), span.status.code
                yield Span(service, span.name, *ids, failed=failed == span.status.STATUS_CODE_ERROR, facts=_facts(span.attributes))


def _facts(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
