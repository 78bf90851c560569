"""Errors in Quandl's format; the third letter of a code decides which exception its clients raise."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import falcon
import orjson

from entrypoints.rest.http.errors import Problem
from entrypoints.rest.quandl import is_quandl

WRONG_CODE = "You have submitted an incorrect Quandl code. Please check your Quandl codes and try again."
WRONG_ADDRESS = "The url you requested is incorrect. Please use the following url instead: /api/v3/datasets/:database_code/:dataset_code."
WRONG_PARAMETERS = "You have submitted incorrect query parameters. Please check your API call syntax and try again."
_CODES: Mapping[str, tuple[HTTPStatus, str, str]] = {
    "not_found": (HTTPStatus.NOT_FOUND, "QECx02", WRONG_CODE),
    "gone": (HTTPStatus.NOT_FOUND, "QECx02", WRONG_CODE),
    "series_not_found": (HTTPStatus.NOT_FOUND, "QECx02", WRONG_CODE),
    "invalid_code": (HTTPStatus.NOT_FOUND, "QECx02", WRONG_CODE),
    "not_known_yet": (HTTPStatus.NOT_FOUND, "QECx02", WRONG_CODE),
    "vintage_not_found": (HTTPStatus.NOT_FOUND, "QECx02", WRONG_CODE),
    "unknown_route": (HTTPStatus.NOT_FOUND, "QECx05", WRONG_ADDRESS),
    "invalid_input": (HTTPStatus.UNPROCESSABLE_ENTITY, "QESx04", WRONG_PARAMETERS),
    "provider_not_configured": (HTTPStatus.FORBIDDEN, "QEPx04", "A valid API key is required to retrieve data."),
    "key_missing": (HTTPStatus.FORBIDDEN, "QEPx04", "A valid API key is required to retrieve data."),
    "key_rejected": (HTTPStatus.FORBIDDEN, "QEPx04", "You do not have permission to view this dataset."),
    "key_refused": (HTTPStatus.UNAUTHORIZED, "QEAx01", "We could not recognize your API key. Please check your API key and try again."),
    "forbidden": (HTTPStatus.FORBIDDEN, "QEPx04", "You do not have permission to view this dataset."),
}
_CLASSES = {
    HTTPStatus.BAD_REQUEST: "QESx04",
    HTTPStatus.UNAUTHORIZED: "QEAx01",
    HTTPStatus.FORBIDDEN: "QEPx01",
    HTTPStatus.NOT_FOUND: "QECx02",
    HTTPStatus.TOO_MANY_REQUESTS: "QELx04",
    HTTPStatus.INTERNAL_SERVER_ERROR: "QEMx01",
    HTTPStatus.BAD_GATEWAY: "QEXx01",
    HTTPStatus.SERVICE_UNAVAILABLE: "QEXx01",
}


class QuandlErrors:
    """Middleware: writes the problems of the Quandl-compatible API in Quandl's format."""

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        if is_quandl(req.path):
            req.context.problem_writer = write


def write(req: falcon.Request, resp: falcon.Response, problem: Problem) -> None:
    """Write a problem as ``{"quandl_error": {"code", "message"}}``, or as CSV where CSV was requested."""
    status, code, message = _to_quandl(problem)
    resp.status = status
    resp.set_headers(dict(problem.headers))
    if req.path.endswith(".csv"):
        resp.content_type = "text/csv; charset=utf-8"
        quoted = message.replace('"', '""')
        resp.data = f'code,message\n{code},"{quoted}"\n'.encode()
        return
    resp.content_type = falcon.MEDIA_JSON
    document: dict[str, Any] = {"quandl_error": {"code": code, "message": message}}
    if problem.errors:
        document["errors"] = problem.errors
    resp.data = orjson.dumps(document)


def _to_quandl(problem: Problem) -> tuple[HTTPStatus, str, str]:
    if problem.code in _CODES:
        status, code, words = _CODES[problem.code]
        return status, code, f"{words} {problem.detail}"
    hint = f" {problem.hint}" if problem.hint else ""
    return problem.status, _CLASSES.get(problem.status, "QESx04"), problem.detail + hint
