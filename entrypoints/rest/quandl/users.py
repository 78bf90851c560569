"""The user behind a key, whom clients look up to test it; here it is the key's holder, who has no favourites."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zlib import crc32

import falcon

from domain.api_keys import Scope
from domain.use_cases import UseCases
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.response_schemas import DATASETS, EARLIER_DATASETS, USER
from entrypoints.rest.quandl import EARLIER_ROOTS, QUANDL_ROOT, documents
from entrypoints.rest.quandl.formats import SUFFIXES, QuandlFormat, split_format
from entrypoints.rest.quandl.search import send_page
from entrypoints.rest.quandl.xml import xml

_FAVOURITES = "current_user/collections/datasets/favourites"
_PER_PAGE = 10


class UserResource:
    """The holder of the key."""

    @operation({200: USER}, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return the key's name, never the key; without a key that of nobody."""
        key = req.context.key
        user = {
            "id": crc32(key.id.encode()) if key else 0,
            "email": "",
            "api_key": None,
            "api_version": "",
            "first_name": key.name if key else "",
            "last_name": "",
        }
        _send(req, resp, {"user": user})


class FavouritesResource:
    """Favourite datasets."""

    @operation({200: DATASETS}, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return none."""
        meta = documents.page_of("", page=1, per_page=_PER_PAGE, total=0)
        send_page(resp, split_format(req, resp, req.path)[1], {"datasets": [], "meta": meta}, documents.METADATA_NAMES)


class EarlierFavouritesResource:
    """Favourite datasets, in the form of Quandl's first version."""

    @operation({200: EARLIER_DATASETS}, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return none."""
        _send(req, resp, {"total_count": 0, "current_page": 1, "per_page": _PER_PAGE, "docs": [], "sources": []}, "datasets")


def _send(req: falcon.Request, resp: falcon.Response, document: dict[str, Any], *root: str) -> None:
    """Respond with a document, which has no form as CSV."""
    kind = split_format(req, resp, req.path)[1]
    resp.content_type = kind.media_type
    if kind is QuandlFormat.JSON:
        resp.media = document
    else:
        resp.data = xml(document, *root) if kind is QuandlFormat.XML else b""


def routes(_use_cases: UseCases, _sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    for suffix in SUFFIXES:
        yield f"{QUANDL_ROOT}/users/me{suffix}", UserResource()
        yield f"{QUANDL_ROOT}/{_FAVOURITES}{suffix}", FavouritesResource()
        for root in EARLIER_ROOTS:
            yield f"{root}/current_user{suffix}", UserResource()
            yield f"{root}/{_FAVOURITES}{suffix}", EarlierFavouritesResource()
