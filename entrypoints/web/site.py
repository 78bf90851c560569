"""The site: what all pages share, and their discovery from the folder ``pages``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from urllib.parse import quote, urlencode

import falcon
from falcon.util.mediatypes import quality

from domain.use_cases import UseCases
from entrypoints.rest.authentication import KeyGuard
from entrypoints.rest.http.errors import PROBLEM_JSON, Problem
from entrypoints.rest.http.links import public_path
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import Route
from entrypoints.rest.sessions import Sessions
from entrypoints.web import assets, pages
from entrypoints.web.rendering import HOME, Renderer, current_path, framed_headers

EMBEDDED = "/embed/"
_ROOTS = (HOME, "/find", "/file", "/s/", "/compare", EMBEDDED, "/operations", "/sign-in", "/sign-out", "/theme", "/static/")
_CACHE_SIZE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """
    What all pages share.

    Attributes:
        guard, sessions: None where no keys are required.
        embed_origins: of other sites, whose pages may show charts in frames.

    """

    use_cases: UseCases
    sender: ResponseSender
    guard: KeyGuard | None = None
    sessions: Sessions | None = None
    embed_origins: Collection[str] = ()
    render: Renderer = field(default_factory=Renderer)


def discover_pages(site: Site) -> Iterator[Route]:
    """Yield the routes of all modules in ``pages/``, and that of the files they need."""
    yield from assets.routes()
    for module in sorted(pkgutil.iter_modules(pages.__path__, f"{pages.__name__}."), key=lambda each: each.name):
        yield from importlib.import_module(module.name).routes(site)


class Browsers:
    """Middleware: gives browsers the home page at the root, and problems of pages as pages."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Tell browsers from other clients by what they prefer to accept."""
        if req.path == "/" and req.method in ("GET", "HEAD") and prefers_html(req.accept):
            req.path = HOME
        if req.path.startswith(_ROOTS) and req.params.get("format") is None:
            req.context.problem_writer = self._write

    def process_response(self, req: falcon.Request, resp: falcon.Response, _resource: object, _succeeded: bool) -> None:  # noqa: FBT001 - Falcon's form
        """Keep caches from giving one kind of client the other's answer."""
        if req.path == "/" and req.method in ("GET", "HEAD"):
            resp.append_header("Vary", "Accept")

    def _write(self, req: falcon.Request, resp: falcon.Response, problem: Problem) -> None:
        resp.status = problem.status
        resp.set_headers(dict(problem.headers))
        if req.path.startswith(EMBEDDED):
            self._site.render(req, resp, "embed_problem.html", problem=problem, theme="", page=_page_of(req))
            resp.set_headers(framed_headers(self._site.embed_origins))
        elif problem.status == HTTPStatus.UNAUTHORIZED:
            self._site.render(req, resp, "sign_in.html", target=_target(req), refused=False)
        elif req.path.startswith("/static/"):
            resp.content_type, resp.media = PROBLEM_JSON, problem.document(req.context.request_id)
        else:
            self._site.render(req, resp, "problem.html", problem=problem, about=public_path(f"/problems/{problem.code}"))


def _page_of(req: falcon.Request) -> str:
    """Return the page of a view that is embedded."""
    query = urlencode({name: value for name, value in req.params.items() if name != "theme"}, doseq=True)
    return public_path(quote(req.path.removeprefix(EMBEDDED.rstrip("/")))) + (f"?{query}" if query else "")


def _target(req: falcon.Request) -> str:
    return current_path(req) if req.method == "GET" else "/"


@lru_cache(_CACHE_SIZE)
def prefers_html(accept: str) -> bool:
    """Return whether a client prefers HTML to JSON."""
    try:
        return quality("text/html", accept) > quality("application/json", accept)
    except ValueError:
        return False
