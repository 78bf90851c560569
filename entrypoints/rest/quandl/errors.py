"""Errors in Quandl's format; the third letter of a code decides which exception its clients raise."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import falcon
import orjson

from entrypoints.rest.http.errors import Problem
from entrypoints.rest.quandl import is_earlier, is_quandl
from entrypoints.rest.quandl.formats import QuandlFormat, split_suffix
from entrypoints.rest.quandl.xml import xml

WRONG_CODE = "You have submitted an incorrect Quandl code. Please check your Quandl codes and try again."
WRONG_ADDRESS = "The url you requested is incorrect. Please use the following url instead: /api/v3/datasets/:database_code/:dataset_code."
WRONG_PARAMETERS = "You have submitted incorrect query parameters. Please check your API call syntax and try again."
NOT_PERMITTED = "You do not have permission to view this dataset. Please subscribe to this database to get access."
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
    "key_rejected": (HTTPStatus.FORBIDDEN, "QEPx04", NOT_PERMITTED),
    "key_refused": (HTTPStatus.UNAUTHORIZED, "QEAx01", "We could not recognize your API key. Please check your API key and try again."),
    "forbidden": (HTTPStatus.FORBIDDEN, "QEPx04", NOT_PERMITTED),
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
#: What clients of the first version look for in ``error``.
_EARLIER = {HTTPStatus.UNAUTHORIZED: "Unauthorized", HTTPStatus.NOT_FOUND: "Requested entity does not exist."}


class QuandlErrors:
    """Middleware: writes the problems of the Quandl-compatible API in Quandl's format."""

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        if is_quandl(req.path):
            req.context.problem_writer = write


def write(req: falcon.Request, resp: falcon.Response, problem: Problem) -> None:
    """Write a problem as ``{"quandl_error": {"code", "message"}}``, as CSV or XML where that was requested."""
    status, code, message = to_quandl(problem)
    resp.status = status
    resp.set_headers(dict(problem.headers))
    kind = split_suffix(req.path)[1] or QuandlFormat.JSON
    resp.content_type, resp.data = kind.media_type, _WRITERS[kind](_document(req, problem, code, message), code, message)


def _document(req: falcon.Request, problem: Problem, code: str, message: str) -> dict[str, Any]:
    document: dict[str, Any] = {"quandl_error": {"code": code, "message": message}}
    if is_earlier(req.path):
        document["error"] = _EARLIER.get(problem.status, message)
    if problem.errors:
        document["errors"] = problem.errors
    return document


def _as_csv(_document: Mapping[str, Any], code: str, message: str) -> bytes:
    quoted = message.replace('"', '""')
    return f'code,message\n{code},"{quoted}"\n'.encode()


def _as_xml(document: Mapping[str, Any], _code: str, _message: str) -> bytes:
    return xml({name: value for name, value in document.items() if name != "errors"})


_WRITERS = {QuandlFormat.JSON: lambda document, *_: orjson.dumps(document), QuandlFormat.CSV: _as_csv, QuandlFormat.XML: _as_xml}


def to_quandl(problem: Problem) -> tuple[HTTPStatus, str, str]:
    """Return the status, the code and the message that Quandl's server would have sent."""
    if problem.code in _CODES:
        status, code, words = _CODES[problem.code]
        return status, code, f"{words} {problem.detail}"
    hint = f" {problem.hint}" if problem.hint else ""
    return problem.status, _CLASSES.get(problem.status, "QESx04"), problem.detail + hint
