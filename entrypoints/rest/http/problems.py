"""The closed list of problems: what each code means, whether to try again, and what helps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from operator import attrgetter
from typing import Any

from domain.errors import DomainError
from entrypoints.rest.http.errors import Problem, status_of

_PLAIN = "Send Content-Type: application/json, and no Content-Encoding."
_OF_HTTP = (
    Problem(HTTPStatus.BAD_REQUEST, "bad_request", "The request is not valid HTTP.", hint="Check its headers."),
    Problem(HTTPStatus.BAD_REQUEST, "invalid_path", "The path has an empty, a . or a .. segment.", hint="Write it as the links have it."),
    Problem(HTTPStatus.FORBIDDEN, "host_not_allowed", "This server does not answer under that name.", hint="See LANNER_ALLOWED_HOSTS."),
    Problem(HTTPStatus.NOT_FOUND, "unknown_route", "There is nothing at this address.", hint="/openapi.json lists the addresses."),
    Problem(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", "This address does not answer this method.", hint="See its Allow header."),
    Problem(HTTPStatus.NOT_ACCEPTABLE, "not_acceptable", "None of the media types asked for can be sent.", hint="Ask for another format."),
    Problem(HTTPStatus.LENGTH_REQUIRED, "length_required", "A body must come with its Content-Length.", hint="Do not send it in chunks."),
    Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", "The body is too large.", hint="Send less."),
    Problem(HTTPStatus.REQUEST_URI_TOO_LONG, "uri_too_long", "Path and query are too long.", hint="Name fewer columns."),
    Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "The body must be plain JSON.", hint=_PLAIN),
    Problem(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "range_not_satisfiable", "The answer is shorter.", hint="See Content-Range."),
    Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "busy",
        "Too many requests that take long are going on.",
        retryable=True,
        hint="See Retry-After.",
    ),
)


def problem_catalog() -> Mapping[str, dict[str, Any]]:
    """Give a document for each code that a problem can have."""
    kinds = _subclasses(DomainError)
    of_domain = (Problem(status_of(kind), kind.code, _sentence(kind), retryable=kind.retryable, hint=kind.hint) for kind in kinds)
    # Where a class and one derived from it share a code, the narrower one says what it means.
    return {problem.code: _document(problem) for problem in sorted((*of_domain, *_OF_HTTP), key=attrgetter("code"))}


def _document(problem: Problem) -> dict[str, Any]:
    shown = {name: value for name, value in problem.document("").items() if name not in ("instance", "errors")}
    return shown | {"type": f"/problems/{problem.code}"}


def _subclasses(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _subclasses(narrower)


def _sentence(kind: type[DomainError]) -> str:
    return " ".join((kind.__doc__ or "").split())
