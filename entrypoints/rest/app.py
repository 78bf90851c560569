"""The Falcon application, a function of the use cases."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

import falcon
from falcon.media import JSONHandler
from falcon.routing import CompiledRouter

from domain.use_cases import UseCases
from entrypoints.formats import encode
from entrypoints.rest import errors, resources
from entrypoints.rest.answers import Answers
from entrypoints.rest.authentication import Authentication
from entrypoints.rest.middleware import HostCheck, RequestTrace, SecurityHeaders, SharedAnswers, VaryByOrigin
from entrypoints.rest.quandl.middleware import QuandlErrors

App = falcon.App[falcon.Request, falcon.Response]
_EXPOSED = ("Content-Location", "Content-Range", "ETag", "Link", "Location", "Retry-After", "X-Request-ID")
Route = tuple[str, object] | tuple[str, object, str]


class HeadWhereverGet(CompiledRouter):
    """Answers HEAD with the responder of GET; Falcon leaves the body out."""

    def map_http_methods(self, resource: object, **kwargs: Any) -> dict[str, Callable[..., Any]]:
        """See CompiledRouter."""
        methods = dict(super().map_http_methods(resource, **kwargs))
        if "GET" in methods:
            methods.setdefault("HEAD", methods["GET"])
        return methods


def create_app(
    use_cases: UseCases,
    *,
    allowed_hosts: Collection[str] | None,
    cors_origins: Collection[str] = (),
    answers: Answers | None = None,
    keys_required: bool = False,
) -> App:
    """
    Build the application.

    Args:
        keys_required: whether only holders of API keys are let in.
        answers: what sends observations, by default one that keeps nothing it has encoded.
        allowed_hosts: names answered besides the loopback ones; None answers every name, which only keys make safe.
        cors_origins: origins whose pages may read answers in a browser.

    """
    shared = SharedAnswers(answers or Answers(capacity=0, threads=8))
    app: App = falcon.App(middleware=[RequestTrace(), shared, QuandlErrors(), SecurityHeaders()], router=HeadWhereverGet())
    app.add_middleware(Authentication(use_cases.check_key if keys_required else None))
    if cors_origins:
        app.add_middleware([VaryByOrigin(), falcon.CORSMiddleware(allow_origins=list(cors_origins), expose_headers=_EXPOSED)])
    if allowed_hosts is not None:
        app.add_middleware(HostCheck(allowed_hosts))
    handler = JSONHandler(dumps=encode)
    app.resp_options.media_handlers[falcon.MEDIA_JSON] = handler
    app.resp_options.media_handlers[errors.PROBLEM_JSON] = handler
    errors.install(app, add_routes(app, discovered(use_cases)))
    return app


def discovered(use_cases: UseCases) -> Iterator[Route]:
    """Go through the modules of ``resources/`` and give what their ``routes`` yield."""
    for module in pkgutil.iter_modules(resources.__path__, f"{resources.__name__}."):
        yield from importlib.import_module(module.name).routes(use_cases)


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
