"""Forms: read from requests of this service's own pages, and answered by a redirection to a page."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import falcon

from entrypoints.rest.http.errors import Problem
from entrypoints.rest.http.links import public_path
from entrypoints.rest.http.origins import is_of_own_page
from entrypoints.rest.http.slots import SlotPool

_FORM = "application/x-www-form-urlencoded"
_MAX_BYTES, _MAX_FIELDS = 16 * 1024, 50
_LOCAL = re.compile(r"/(?![/\\])[!-~]*")


class OwnPagesOnly:
    """
    Refuses requests to change anything that no page of this service sent.

    Args:
        templates: the URI templates of the pages.

    """

    def __init__(self, templates: Collection[str]) -> None:
        self._templates = frozenset(templates)

    def process_resource(self, req: falcon.Request, _resp: falcon.Response, _resource: object, _params: Mapping[str, Any]) -> None:
        """Raise Problem (403) for them."""
        if req.method == "POST" and req.uri_template in self._templates and not is_of_own_page(req):
            detail = "This request did not come from a page of this service."
            hint = "Open the page here and send its form; scripts use the REST API."
            raise Problem(HTTPStatus.FORBIDDEN, "cross_site_request", detail, hint=hint)


def read_form(req: falcon.Request, slots: SlotPool) -> Mapping[str, str]:
    """Return the fields of a form, the last value of each; raises Problem for anything else."""
    if (req.content_type or "").partition(";")[0].strip().lower() != _FORM:
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "The body must be a form.")
    length = req.content_length or 0
    if length > _MAX_BYTES:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", f"The form is larger than {_MAX_BYTES} bytes.")
    with slots.acquire(req.context.client):
        body: bytes = req.bounded_stream.read(length)
    try:
        fields = parse_qsl(body.decode("ascii", "strict"), keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict")
    except ValueError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", "The form is not valid.") from error
    if any("\0" in text for field in fields for text in field):
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", "The form holds a NUL character.")
    return {name: value.strip() for name, value in fields}


def redirect(resp: falcon.Response, path: str) -> None:
    """Send the browser to a page, by GET."""
    resp.status, resp.location = HTTPStatus.SEE_OTHER, public_path(path)


def local_path(text: str) -> str:
    """Return a path of this service that a form names, the home page's for anything else."""
    return text if _LOCAL.fullmatch(text) else "/"
