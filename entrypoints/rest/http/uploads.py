"""A file that a form sends along with its fields: read whole within a limit, and never stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO

import falcon
from falcon.media.multipart import MultipartForm, MultipartFormHandler

from entrypoints.rest.http.errors import Problem
from entrypoints.rest.http.slots import SlotPool

#: The size up to which a file is read, and what its form may have besides.
MOST_MEBIBYTES = 8
MOST_BYTES, _MOST_FIELDS = MOST_MEBIBYTES * 1024 * 1024, 64 * 1024
_HINT = "Its first rows are enough to see how it is read. A folder of files, or a file on a server, is read up to 128 MiB."
FORM = "multipart/form-data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file with the name that its sender gives it, and the other fields of its form."""

    name: str
    body: bytes
    fields: Mapping[str, str]


def is_form(req: falcon.Request) -> bool:
    """Return whether the body is a form that may send a file along."""
    return (req.content_type or "").partition(";")[0].strip().lower() == FORM


def read_upload(req: falcon.Request, slots: SlotPool, field: str = "file", *, most: int = MOST_BYTES, hint: str = _HINT) -> Upload:
    """
    Return the file of a form.

    Args:
        most: how many bytes the file may have.
        hint: what to do with a larger one.

    Raises:
        Problem: the body is no such form (400, 415), names no file (400), or is too large (413).

    """
    if not is_form(req):
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "The body must be a form with a file.")
    length = req.content_length
    if length is None:
        raise Problem(HTTPStatus.LENGTH_REQUIRED, "length_required", "The request does not say how long its body is.")
    if length > most + _MOST_FIELDS:
        raise _too_large(most, hint)
    with slots.acquire(req.context.client):
        body: bytes = req.bounded_stream.read(length)
    try:
        fields, files = _parts(MultipartFormHandler().deserialize(BytesIO(body), req.content_type, len(body)), field)
    except (falcon.HTTPError, ValueError) as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", "The form is not valid.") from error
    if not files or not any(files[0]):
        wanted = "Choose a CSV, Excel, JSON or Parquet file."
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", "No file was chosen.", hint=wanted)
    name, content = files[0]
    if len(content) > most:
        raise _too_large(most, hint)
    return Upload(name=name, body=content, fields=fields)


def _parts(form: MultipartForm, field: str) -> tuple[dict[str, str], list[tuple[str, bytes]]]:
    fields: dict[str, str] = {}
    files = []
    for part in form:
        content: bytes = part.stream.read()
        if part.name == field:
            files.append((part.filename or "", content))
        elif part.name:
            fields[part.name] = content.decode()
    if any("\0" in text for pair in fields.items() for text in pair):
        raise ValueError("A field holds a NUL character.")
    return fields, files


def _too_large(most: int, hint: str) -> Problem:
    detail = f"The file is larger than {most // 1024**2} MiB."
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", detail, hint=hint)
