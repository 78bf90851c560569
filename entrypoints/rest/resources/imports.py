"""Imports of files of one's own, sent along or in the configured folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import falcon
import orjson

from domain.api_keys import Scope
from domain.errors import FetchError
from domain.importing import ImportedSeries, ImportRequest
from domain.use_cases import UseCases
from domain.use_cases.import_files import ImportFiles
from entrypoints.rest.http.body import json_pointer, read_object
from entrypoints.rest.http.errors import Problem
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.http.slots import SlotPool
from entrypoints.rest.http.uploads import Upload, is_form, read_upload
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.response_schemas import IMPORTED
from entrypoints.rest.requests import load
from entrypoints.rest.schemas.imports import ImportedSeriesSchema, ImportRequestSchema

#: The largest file that is sent along, and the largest sum of files in the configured folder.
MOST_SENT, MOST_NAMED = 32 * 1024**2, 128 * 1024**2
#: How many series a response lists; its sums count all.
_LISTED = 1000
_LONGEST_NAME = 120
_HINT = "Put it into the configured folder and name its path, or import it with lanner import."


class ImportsResource:
    """Files of one's own."""

    def __init__(self, import_files: ImportFiles, sender: ResponseSender) -> None:
        self._import_files, self._sender = import_files, sender
        self._slots = SlotPool(1, 1, "Other files are being imported at this moment.", max_wait=1.0)

    @operation({200: IMPORTED}, body=ImportRequestSchema, form=True, problems=(404,), scope=Scope.ADMIN)
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Import a file or a folder as series and their past vintages; a form sends the file along."""
        with self._given(req) as (path, given), self._slots.acquire(req.context.client):
            request = ImportRequest(
                paths=[path],
                database=given["database"],
                layout=given["layout"],
                columns=given["map"],
                published=given["published"],
                provider=given["into"],
                options=given["options"],
                most_bytes=MOST_NAMED,
            )
            try:
                outcomes = list(self._import_files(request, allow=given["allow"], dry_run=given["dry_run"]))
            except FetchError as error:
                raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, error.code, error.message, hint=error.hint) from error
        resp.media = _document(outcomes)

    @contextmanager
    def _given(self, req: falcon.Request) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Return the path to import, and the other members of the request."""
        if not is_form(req):
            given = load(ImportRequestSchema(), read_object(req, self._sender.body_slots))
            if "path" not in given:
                raise _invalid("path", "path is missing.")
            yield self._import_files.inside(given["path"]), given
            return
        sent = read_upload(req, self._sender.body_slots, most=MOST_SENT, hint=_HINT)
        given = load(ImportRequestSchema(exclude=["path"]), _members(sent))
        with TemporaryDirectory(prefix="lanner-import-") as folder:
            path = Path(folder, _bare(sent.name))
            path.write_bytes(sent.body)
            yield path, given


def _members(sent: Upload) -> dict[str, Any]:
    """Return the fields of a form as members of a JSON body; those that are no texts are JSON."""
    members: dict[str, Any] = dict(sent.fields)
    for name in ("map", "options", "allow", "dry_run"):
        if name in members:
            try:
                members[name] = orjson.loads(members[name])
            except orjson.JSONDecodeError as error:
                raise _invalid(name, f"{name} is not JSON.") from error
    return members


def _bare(name: str) -> str:
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(sign for sign in last if sign.isprintable())[-_LONGEST_NAME:].lstrip(".") or "file"


def _invalid(name: str, detail: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, "invalid_input", detail, errors=[{"pointer": json_pointer(name), "detail": detail}])


def _document(outcomes: list[ImportedSeries]) -> dict[str, Any]:
    return {
        "series": len({each.code for each in outcomes}),
        "vintages": sum(each.vintages for each in outcomes),
        "rows": sum(each.rows for each in outcomes),
        "items": ImportedSeriesSchema(many=True).dump(outcomes[:_LISTED]),
    }


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    yield "/imports", ImportsResource(use_cases.import_files, sender)
