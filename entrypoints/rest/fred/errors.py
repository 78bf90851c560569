"""Errors in FRED's form: status 400 for all that is wrong with a request, a code and a sentence, as XML or as JSON."""

from __future__ import annotations

from http import HTTPStatus

import falcon
import orjson

from entrypoints.rest.fred import is_fred
from entrypoints.rest.fred.documents import XML_BEGIN, attributes
from entrypoints.rest.fred.params import FileType
from entrypoints.rest.http.errors import Problem

_NO_SERIES = "The series does not exist."
_UNKNOWN = ("not_found", "gone", "series_not_found", "invalid_code", "not_known_yet", "unknown_provider")
_KEYS = "Keys are made by lanner keys create --form fred."
_SENTENCES = {**dict.fromkeys(_UNKNOWN, _NO_SERIES), "key_refused": "The value for variable api_key is not registered."}
#: Statuses that are not what FRED answers: it refuses every request that is not right with 400.
_BAD = (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


class FredErrors:
    """Middleware: writes the problems of FRED's API in FRED's form."""

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        if is_fred(req.path):
            req.context.problem_writer = write


def write(req: falcon.Request, resp: falcon.Response, problem: Problem) -> None:
    """Write a problem as ``error_code`` and ``error_message``."""
    status = HTTPStatus.BAD_REQUEST if problem.status in _BAD and problem.code != "unknown_route" else problem.status
    message = f"{status.phrase}.  {_sentence(req, problem)}"
    resp.status = status
    resp.set_headers(dict(problem.headers))
    if req.params.get("file_type") == FileType.JSON:
        resp.content_type = FileType.JSON.media_type
        resp.data = orjson.dumps({"error_code": status.value, "error_message": message})
    else:
        resp.content_type = FileType.XML.media_type
        resp.data = XML_BEGIN + f"<error {attributes({'code': str(status.value), 'message': message})}/>".encode()


def _sentence(req: falcon.Request, problem: Problem) -> str:
    if problem.code == "key_refused":
        sentence = _SENTENCES[problem.code] if req.params.get("api_key") else "Variable api_key is not set."
        return f"{sentence}  {_KEYS}"
    if problem.code in _SENTENCES:
        return _SENTENCES[problem.code]
    # The hint of an unknown route lists all of lanner's.
    return problem.detail if problem.code == "unknown_route" else f"{problem.detail} {problem.hint}".strip()
