"""Errors as problem details (RFC 9457); one table maps each domain error to its status."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from math import ceil
from typing import Any
from uuid import UUID

import falcon

from domain import errors
from domain.fetches import Failure, Fetch, FetchStatus
from domain.series import SeriesStatus
from domain.use_cases.describe_series import Described, DescribeSeries
from entrypoints.rest.http.links import public_path

logger = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"
#: Of a path, in every log line.
LOGGED_CHARACTERS = 512
_STORE_RETRY_SECONDS = 5
#: With them, a problem could be cached in place of the response, or saved as the requested file.
_SUCCESS_HEADERS = ("Age", "Content-Disposition", "Content-Encoding", "Content-Location", "ETag", "Last-Modified")

STATUSES: Mapping[type[errors.DomainError], HTTPStatus] = {
    errors.DomainError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InvalidInput: HTTPStatus.BAD_REQUEST,
    errors.ProviderNotConfigured: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.WebhookSecretMissing: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.NoObservationsYet: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.InvalidApiKey: HTTPStatus.UNAUTHORIZED,
    errors.InsufficientScope: HTTPStatus.FORBIDDEN,
    errors.TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    errors.TooManyCells: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.FetchAlreadyRunning: HTTPStatus.CONFLICT,
    errors.FetchAlreadyEnded: HTTPStatus.CONFLICT,
    errors.SchedulePaused: HTTPStatus.CONFLICT,
    errors.RemovalNotConfirmed: HTTPStatus.CONFLICT,
    errors.FormulaFailed: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotOfFormulas: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.IdempotencyKeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.LeaseLost: HTTPStatus.CONFLICT,
    errors.StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    # Damage is no error of the program: the series is unavailable until it is fetched again.
    errors.DamagedVintage: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.FetchError: HTTPStatus.BAD_GATEWAY,
    errors.DatasetNotFound: HTTPStatus.NOT_FOUND,
    errors.SourceGone: HTTPStatus.NOT_FOUND,
}


#: Codes of failures that, for a file of the operator's own, are no fault of a gateway: the file cannot be read as it is.
_REFUSALS = (errors.AnswerNotUnderstood.code, errors.UnsupportedFrequency.code, errors.AnswerTooLarge.code)


@dataclass(eq=False)
class Problem(Exception):
    """
    A response that is not a success.

    Attributes:
        errors: what is wrong where in the request, each ``{"pointer" | "parameter" | "header": …, "detail": …}``.

    """

    status: HTTPStatus
    code: str
    detail: str
    _: KW_ONLY
    retryable: bool = False
    hint: str = ""
    errors: Sequence[Mapping[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def document(self, instance: str) -> dict[str, Any]:
        """Return the members of the body, in the order in which they are written."""
        return {
            "type": public_path(f"/problems/{self.code}"),
            "title": self.code.replace("_", " ").capitalize(),
            "status": self.status.value,
            "detail": self.detail,
            "code": self.code,
            "retryable": self.retryable,
            "hint": self.hint,
            "instance": instance,
            "errors": self.errors,
        }


def status_of(kind: type[errors.DomainError]) -> HTTPStatus:
    """Return the status of a class of errors: its own, or that of its nearest base class."""
    return next(STATUSES[base] for base in kind.__mro__ if base in STATUSES)


def no_observations(described: Described) -> Problem:
    """Return the problem of a series without observations: its fetch failed, or has not ended yet; or it cannot be computed."""
    if described.failed:
        return _to_problem(described.failed, in_body=False)
    return fetch_failed(described) if described.series.status is SeriesStatus.ERROR else _not_fetched_yet(described)


@contextmanager
def explain_missing_observations(describe_series: DescribeSeries, series_id: UUID) -> Iterator[None]:
    """Raise ``no_observations`` where a use case finds that a series has none."""
    try:
        yield
    except errors.NoObservationsYet as error:
        raise no_observations(describe_series(series_id)) from error


def fetch_failed(described: Described) -> Problem:
    """Return the problem of a series whose first fetch failed or was cancelled."""
    fetch = described.series.fetch
    shown = (fetch and fetch.failure) or Failure.of(errors.FetchCancelled())
    kinds = {kind.code: kind for kind in (errors.DatasetNotFound, errors.SourceGone)}
    status = status_of(kinds.get(shown.code, errors.FetchError))
    if described.reads_files and shown.code in _REFUSALS:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return Problem(status, shown.code, shown.message, retryable=shown.retryable, hint=shown.hint)


def check_not_refused(described: Described, fetch: Fetch) -> None:
    """Raise the problem of a fetch that has ended with the refusal of a file of the operator's own."""
    refused = fetch.status is FetchStatus.ERROR and fetch.failure is not None and fetch.failure.code in _REFUSALS
    if refused and described.reads_files:
        problem = fetch_failed(replace(described, series=replace(described.series, fetch=fetch)))
        problem.headers = {"Link": f'<{public_path(f"/timeseries/{described.series.id}")}>; rel="related"'}
        raise problem


def _not_fetched_yet(described: Described) -> Problem:
    series = described.series
    error = errors.NoObservationsYet(f"{series.provider}:{series.code} has no observations yet.")
    problem = _to_problem(error, in_body=False)
    problem.headers = {"Retry-After": str(seconds_until(series.fetch, described.now))}
    return problem


def seconds_until(fetch: Fetch | None, now: datetime) -> int:
    """Return the seconds until a fetch is due, by the store's clock, at least 1."""
    return max(1, ceil((fetch.not_before - now).total_seconds())) if fetch else 1


def add_error_handlers(app: falcon.App[falcon.Request, falcon.Response], paths: Iterable[str]) -> None:
    """Turn every exception into a problem."""
    known = ", ".join(sorted(paths))

    def unknown_route(req: falcon.Request, resp: falcon.Response, _error: Exception, params: Any) -> None:
        refusal = req.context.refusal
        if refusal and req.uri_template is None:  # without a valid key, not even the routes are listed
            _write_refusal(req, resp, refusal, params)
        else:
            detail = f"There is no resource at {req.path[:200]}."
            write(req, resp, Problem(HTTPStatus.NOT_FOUND, "unknown_route", detail, hint=f"There is: {known}."))

    app.add_error_handler(Exception, _handle_unexpected)
    app.add_error_handler(falcon.HTTPError, _handle_http_error)
    app.add_error_handler(falcon.HTTPRouteNotFound, unknown_route)
    app.add_error_handler(errors.DomainError, _handle_domain_error)
    app.add_error_handler(Problem, lambda req, resp, problem, _params: write(req, resp, problem))


def write(req: falcon.Request, resp: falcon.Response, problem: Problem) -> None:
    """Replace a response by a problem, in the format of the API that was called."""
    for name in _SUCCESS_HEADERS:
        resp.delete_header(name)
    resp.set_header("Cache-Control", "no-store")
    if req.context.problem_writer:
        req.context.problem_writer(req, resp, problem)
        return
    resp.status = problem.status
    resp.content_type = PROBLEM_JSON
    resp.media = problem.document(req.context.request_id)
    resp.set_headers(dict(problem.headers))


def _write_refusal(req: falcon.Request, resp: falcon.Response, refusal: Problem | errors.DomainError, params: Any) -> None:
    if isinstance(refusal, Problem):
        write(req, resp, refusal)
    else:
        _handle_domain_error(req, resp, refusal, params)


def _handle_domain_error(req: falcon.Request, resp: falcon.Response, error: errors.DomainError, params: Any) -> None:
    if status_of(type(error)) is HTTPStatus.INTERNAL_SERVER_ERROR:
        _handle_unexpected(req, resp, error, params)
    else:
        in_body = req.method in ("POST", "PUT", "PATCH") and getattr(error, "field", "") not in req.params
        write(req, resp, _to_problem(error, in_body=in_body))


def _to_problem(error: errors.DomainError, *, in_body: bool) -> Problem:
    status = status_of(type(error))
    name = error.field if isinstance(error, errors.InvalidInput) else ""
    where = {"pointer": f"/{name}"} if in_body else {"parameter": name}
    return Problem(
        status,
        error.code,
        error.message,
        retryable=error.retryable,
        hint=error.hint,
        errors=[{**where, "detail": error.message}] if name else (),
        headers=_headers(error, status),
    )


def _headers(error: errors.DomainError, status: HTTPStatus) -> dict[str, str]:
    if status is HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, errors.TooManyRequests):
        return {"Retry-After": str(max(1, ceil(error.seconds)))}
    again = status is HTTPStatus.SERVICE_UNAVAILABLE and error.retryable
    return {"Retry-After": str(_STORE_RETRY_SECONDS)} if again else {}


def _handle_http_error(req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError, _params: Any) -> None:
    status = HTTPStatus(error.status_code)
    headers = dict(error.headers or {})
    detail = error.description or f"{req.method} is not allowed here."
    hint = f"Use {headers['Allow']}." if "Allow" in headers else ""
    write(req, resp, Problem(status, status.phrase.lower().replace(" ", "_"), detail, hint=hint, headers=headers))


def _handle_unexpected(req: falcon.Request, resp: falcon.Response, error: Exception, _params: Any) -> None:
    logger.error("unhandled error", exc_info=error, extra={"method": req.method, "path": req.path[:LOGGED_CHARACTERS]})
    root = errors.DomainError()
    hint = "The log has the traceback, with this request's id."
    write(req, resp, Problem(HTTPStatus.INTERNAL_SERVER_ERROR, root.code, root.message, hint=hint))
