"""The Falcon application, built from the use cases."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Collection, Iterable, Iterator
from secrets import token_bytes
from typing import Any

import falcon
from falcon.media import JSONHandler
from falcon.routing import CompiledRouter

from domain.ports import CONSISTENCY_HEADER, ReadRouting
from domain.providers import Limit
from domain.use_cases import UseCases
from entrypoints.formats import encode
from entrypoints.rest import quandl, resources
from entrypoints.rest.authentication import Authentication, KeyGuard, scopes_of
from entrypoints.rest.context import Request
from entrypoints.rest.http import errors
from entrypoints.rest.http.large_responses import LargeResponses
from entrypoints.rest.http.proxies import Network, ProxyHeaders
from entrypoints.rest.http.rate_limits import RequestLimits
from entrypoints.rest.http.read_routing import ConsistencyTokens, asked_again
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.middleware import (
    CrossSiteCheck,
    HostCheck,
    ParameterCheck,
    RequestTrace,
    SecurityHeaders,
    TargetCheck,
    VaryByOrigin,
)
from entrypoints.rest.openapi.operation import Route, tag_of
from entrypoints.rest.quandl.errors import QuandlErrors
from entrypoints.rest.sessions import Sessions
from entrypoints.web.forms import OwnPagesOnly
from entrypoints.web.site import Browsers, Site, discover_pages

App = falcon.App[falcon.Request, falcon.Response]
_EXPOSED = ("Content-Location", "Content-Range", "ETag", "Link", "Location", "Retry-After", "X-Request-ID", CONSISTENCY_HEADER)


class HeadFromGetRouter(CompiledRouter):
    """Routes HEAD to the responder of GET; Falcon omits the body. Where there is a replica, both are asked again at the primary."""

    def __init__(self, read_routing: ReadRouting | None) -> None:
        super().__init__()
        self._read_routing = read_routing

    def map_http_methods(self, resource: object, **kwargs: Any) -> dict[str, Callable[..., Any]]:
        methods: dict[str, Callable[..., Any]] = dict(super().map_http_methods(resource, **kwargs))
        if "GET" in methods:
            if self._read_routing:
                methods["GET"] = asked_again(methods["GET"], self._read_routing)
            methods.setdefault("HEAD", methods["GET"])
        return methods


def create_app(  # noqa: PLR0913 - the API's settings
    use_cases: UseCases,
    *,
    allowed_hosts: Collection[str] | None,
    cors_origins: Collection[str] = (),
    embed_origins: Collection[str] = (),
    sender: ResponseSender | None = None,
    keys_required: bool = False,
    trusted_proxies: Collection[Network] = (),
    root_path: str = "",
    request_limits: tuple[Limit, ...] = (),
    fetch_limits: tuple[Limit, ...] = (),
    session_secret: bytes = b"",
    read_routing: ReadRouting | None = None,
) -> App:
    """
    Build the application.

    Args:
        keys_required: whether requests need an API key.
        sender: by default one without a cache.
        allowed_hosts: host names that are served besides the loopback ones, where no keys are required; None serves every name.
        cors_origins: origins whose pages may read responses in a browser.
        embed_origins: origins whose pages may show charts in frames.
        trusted_proxies: networks of proxies whose forwarding headers are used.
        root_path: the path prefix under which clients reach the API, unless a trusted proxy names another.
        request_limits: of each client's requests, in each process.
        fetch_limits: of the fetches that each client requests, in all processes together.
        session_secret: signs the sessions of browsers; by default one of this process's own.
        read_routing: where the store has a replica.

    """
    site = _site(use_cases, sender or ResponseSender(), (session_secret or token_bytes(32)) if keys_required else None, embed_origins)
    api, pages = list(discover_routes(use_cases, site.sender)), list(discover_pages(site))
    routes = [*api, *pages]
    middleware: list[Any] = [
        ProxyHeaders(trusted_proxies, root_path),
        RequestTrace(),
        *([ConsistencyTokens(read_routing)] if read_routing else []),
        LargeResponses(site.sender.send_slots),
        QuandlErrors(),
        SecurityHeaders(),
        Browsers(site),
        TargetCheck(),
        Authentication(site.guard, site.sessions, scopes_of(routes)),
        RequestLimits(request_limits, fetch_limits),
        ParameterCheck(routes),
        OwnPagesOnly([path for path, *_ in pages]),
        CrossSiteCheck(cors_origins),
    ]
    if cors_origins:
        middleware += [VaryByOrigin(), falcon.CORSMiddleware(allow_origins=list(cors_origins), expose_headers=_EXPOSED)]
    if allowed_hosts is not None and not keys_required:
        middleware.append(HostCheck(allowed_hosts))
    app: App = falcon.App(middleware=middleware, request_type=Request, router=HeadFromGetRouter(read_routing))
    _set_options(app)
    add_routes(app, routes)
    errors.add_error_handlers(app, [path for path, *_ in api])
    return app


def _site(use_cases: UseCases, sender: ResponseSender, session_secret: bytes | None, embed_origins: Collection[str]) -> Site:
    if session_secret is None:
        return Site(use_cases=use_cases, sender=sender, embed_origins=embed_origins)
    guard, sessions = KeyGuard(use_cases.check_key), Sessions(use_cases.check_key, session_secret)
    return Site(use_cases=use_cases, sender=sender, guard=guard, sessions=sessions, embed_origins=embed_origins)


def _set_options(app: App) -> None:
    # Quandl's clients request databases/ as well as databases.
    app.req_options.strip_url_path_trailing_slash = True
    handler = JSONHandler(dumps=encode)
    app.resp_options.media_handlers[falcon.MEDIA_JSON] = handler
    app.resp_options.media_handlers[errors.PROBLEM_JSON] = handler


def discover_routes(use_cases: UseCases, sender: ResponseSender | None = None) -> Iterator[Route]:
    """Yield the routes of all modules in ``resources/`` and ``quandl/``, in the order of their tags."""
    sender = sender or ResponseSender()
    found = [module.name for package in (resources, quandl) for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")]
    for module in map(importlib.import_module, sorted(found, key=tag_of)):
        if hasattr(module, "routes"):
            yield from module.routes(use_cases, sender)


def add_routes(app: App, routes: Iterable[Route]) -> list[str]:
    """
    Add routes to the application and return their paths.

    Raises:
        ValueError: two routes have the same path.

    """
    owners: dict[str, str] = {}
    for path, resource, *suffix in routes:
        owner = type(resource).__name__
        if path in owners:
            raise ValueError(f"Two resources have the path {path}: {owners[path]} and {owner}.")
        owners[path] = owner
        app.add_route(path, resource, suffix=suffix[0] if suffix else None)
    return list(owners)
