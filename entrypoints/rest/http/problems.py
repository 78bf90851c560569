"""The catalogue of problems: what each code means, whether to try again, and a hint."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from operator import attrgetter
from typing import Any

from domain import errors
from entrypoints.rest.http.errors import Problem, status_of

_PLAIN = "Send Content-Type: application/json, and no Content-Encoding."
_OF_HTTP = (
    Problem(HTTPStatus.BAD_REQUEST, "bad_request", "The request is not valid HTTP.", hint="Check its headers."),
    Problem(HTTPStatus.BAD_REQUEST, "invalid_path", "The path has an empty, a . or a .. segment.", hint="Use the path of a link."),
    Problem(HTTPStatus.FORBIDDEN, "host_not_allowed", "This server does not serve that host name.", hint="See LANNER_ALLOWED_HOSTS."),
    Problem(HTTPStatus.NOT_FOUND, "unknown_route", "There is no resource at this path.", hint="/openapi.json lists the paths."),
    Problem(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", "This path does not support this method.", hint="See its Allow header."),
    Problem(HTTPStatus.NOT_ACCEPTABLE, "not_acceptable", "None of the requested media types is available.", hint="Ask for another format."),
    Problem(HTTPStatus.LENGTH_REQUIRED, "length_required", "A body needs a Content-Length.", hint="Do not send it in chunks."),
    Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", "The body is too large.", hint="Send less."),
    Problem(HTTPStatus.REQUEST_URI_TOO_LONG, "uri_too_long", "Path and query are too long.", hint="Name fewer columns."),
    Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "The body must be plain JSON.", hint=_PLAIN),
    Problem(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "range_not_satisfiable", "The response is shorter.", hint="See Content-Range."),
    Problem(HTTPStatus.NOT_IMPLEMENTED, "png_not_installed", "This installation cannot draw PNG.", hint="Install the extra png."),
    Problem(HTTPStatus.NOT_IMPLEMENTED, "xlsx_not_installed", "This installation cannot write workbooks.", hint="Install the extra xlsx."),
    Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "busy",
        "Too many long-running requests are in progress.",
        retryable=True,
        hint="See Retry-After.",
    ),
)


def problem_catalog() -> Mapping[str, dict[str, Any]]:
    """Return a document for each code that a problem can have."""
    kinds = sorted((getattr(errors, name) for name in errors.__all__), key=lambda kind: len(kind.__mro__))
    of_domain = (Problem(status_of(kind), kind.code, _sentence(kind), retryable=kind.retryable, hint=kind.hint) for kind in kinds)
    # Where classes share a code, the one with the most base classes describes it.
    return {problem.code: _document(problem) for problem in sorted((*of_domain, *_OF_HTTP), key=attrgetter("code"))}


def _document(problem: Problem) -> dict[str, Any]:
    shown = {name: value for name, value in problem.document("").items() if name not in ("instance", "errors")}
    return shown | {"type": f"/problems/{problem.code}"}


def _sentence(kind: type[errors.DomainError]) -> str:
    return " ".join((kind.__doc__ or "").split())
