"""The Falcon application, a function of the use cases."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

import falcon
from falcon.media import JSONHandler
from falcon.routing import CompiledRouter

from domain.providers import Limit
from domain.use_cases import UseCases
from entrypoints.formats import encode
from entrypoints.rest import quandl, resources
from entrypoints.rest.authentication import Authentication, Route, scopes_of
from entrypoints.rest.context import Request
from entrypoints.rest.http import errors
from entrypoints.rest.http.large_responses import LargeResponses
from entrypoints.rest.http.proxies import Network, ProxyHeaders
from entrypoints.rest.http.rate_limits import RequestLimits
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.middleware import (
    CrossSiteCheck,
    HostCheck,
    RequestTrace,
    SecurityHeaders,
    SharedAnswers,
    TargetCheck,
    VaryByOrigin,
)
from entrypoints.rest.openapi.operation import tag_of
from entrypoints.rest.quandl.middleware import QuandlErrors

App = falcon.App[falcon.Request, falcon.Response]
_EXPOSED = ("Content-Location", "Content-Range", "ETag", "Link", "Location", "Retry-After", "X-Request-ID")


class HeadFromGetRouter(CompiledRouter):
    """Answers HEAD with the responder of GET; Falcon leaves the body out."""

    def map_http_methods(self, resource: object, **kwargs: Any) -> dict[str, Callable[..., Any]]:
        """See CompiledRouter."""
        methods = dict(super().map_http_methods(resource, **kwargs))
        if "GET" in methods:
            methods.setdefault("HEAD", methods["GET"])
        return methods


def create_app(  # noqa: PLR0913 - who may use it, how often, and under which address
    use_cases: UseCases,
    *,
    allowed_hosts: Collection[str] | None,
    cors_origins: Collection[str] = (),
    sender: ResponseSender | None = None,
    keys_required: bool = False,
    trusted_proxies: Collection[Network] = (),
    root_path: str = "",
    request_limits: tuple[Limit, ...] = (),
    fetch_limits: tuple[Limit, ...] = (),
) -> App:
    """
    Build the application.

    Args:
        keys_required: whether only holders of API keys are let in.
        sender: what sends observations, by default one that keeps nothing it has encoded.
        allowed_hosts: names answered besides the loopback ones, where no keys are required; None answers every name.
        cors_origins: origins whose pages may read answers in a browser.
        trusted_proxies: networks of proxies whose headers are believed.
        root_path: the path prefix under which clients reach the API, unless a trusted proxy names another.
        request_limits: of the requests of each client, in each process.
        fetch_limits: of the fetches that each client asks for, in all processes together.

    """
    routes = list(discover_routes(use_cases))
    sender = sender or ResponseSender(capacity=0, threads=8)
    middleware: list[Any] = [
        ProxyHeaders(trusted_proxies, root_path),
        RequestTrace(),
        SharedAnswers(sender),
        LargeResponses(sender),
        QuandlErrors(),
        SecurityHeaders(),
        TargetCheck(),
        Authentication(use_cases.check_key if keys_required else None, scopes_of(routes)),
        RequestLimits(request_limits, fetch_limits),
        CrossSiteCheck(cors_origins),
    ]
    if cors_origins:
        middleware += [VaryByOrigin(), falcon.CORSMiddleware(allow_origins=list(cors_origins), expose_headers=_EXPOSED)]
    if allowed_hosts is not None and not keys_required:
        middleware.append(HostCheck(allowed_hosts))
    app: App = falcon.App(middleware=middleware, request_type=Request, router=HeadFromGetRouter())
    # Quandl's clients ask for databases/ as well as for databases.
    app.req_options.strip_url_path_trailing_slash = True
    handler = JSONHandler(dumps=encode)
    app.resp_options.media_handlers[falcon.MEDIA_JSON] = handler
    app.resp_options.media_handlers[errors.PROBLEM_JSON] = handler
    errors.add_error_handlers(app, add_routes(app, routes))
    return app


def discover_routes(use_cases: UseCases) -> Iterator[Route]:
    """Go through the modules of ``resources/`` and ``quandl/`` and give what their ``routes`` yield, by the names of their tags."""
    found = [module.name for package in (resources, quandl) for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")]
    for module in map(importlib.import_module, sorted(found, key=tag_of)):
        if hasattr(module, "routes"):
            yield from module.routes(use_cases)


def add_routes(app: App, routes: Iterable[Route]) -> list[str]:
    """
    Add routes and give their paths.

    Raises:
        ValueError: two of them have the same path.

    """
    owners: dict[str, str] = {}
    for path, resource, *suffix in routes:
        owner = type(resource).__name__
        if path in owners:
            raise ValueError(f"Two resources answer {path}: {owners[path]} and {owner}.")
        owners[path] = owner
        app.add_route(path, resource, suffix=suffix[0] if suffix else None)
    return list(owners)
