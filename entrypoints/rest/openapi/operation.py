"""OpenAPI operations, described by a decorator on each responder."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from marshmallow import Schema

from domain.api_keys import Scope
from entrypoints.rest import fred, quandl
from entrypoints.rest.openapi.parameters import Parameters

F = TypeVar("F", bound=Callable[..., None])
#: A schema of a JSON document, schemas by media type, or None for no body.
Content = type[Schema] | Mapping[str, type[Schema] | Mapping[str, Any]] | None
#: Path, resource, and the suffix of its responders if they have one.
Route = tuple[str, object] | tuple[str, object, str]

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """
    What the OpenAPI document says about a responder besides its docstrings and its path.

    Attributes:
        responses: the content of each response that is no problem, by status.
        problems: statuses of problems that do not follow from the path, the body or the scope.
        links: path parameters of further operations, and where the response holds them, as OpenAPI's runtime expressions.
        form: whether a form with a file is taken in place of the JSON body.
        etag: whether responses have entity tags, so that conditional requests get 304.
        scope: what a key must allow; None where no key is needed.

    """

    responses: Mapping[int, Content]
    parameters: Parameters
    body: type[Schema] | None
    problems: Collection[int]
    links: Mapping[str, str]
    etag: bool
    scope: Scope | None
    form: bool


def operation(  # noqa: PLR0913 - an operation's parts
    responses: Mapping[int, Content],
    parameters: Parameters | None = None,
    *,
    body: type[Schema] | None = None,
    problems: Collection[int] = (),
    links: Mapping[str, str] | None = None,
    etag: bool = False,
    scope: Scope | None = Scope.ADMIN,
    form: bool = False,
) -> Callable[[F], F]:
    """Describe a responder, which needs the scope ``admin`` unless another is declared; see Operation."""
    described = Operation(
        responses=responses,
        parameters=parameters or {},
        body=body,
        problems=problems,
        links=links or {},
        etag=etag,
        scope=scope,
        form=form,
    )

    def mark(responder: F) -> F:
        responder.__dict__["operation"] = described
        return responder

    return mark


def operation_of(responder: object) -> Operation | None:
    """Return a responder's operation, if it is described."""
    found = getattr(responder, "operation", None)
    return found if isinstance(found, Operation) else None


def operations(routes: Iterable[Route]) -> Iterator[tuple[str, str, object]]:
    """Yield path, method and responder of every operation."""
    for path, resource, *suffix in routes:
        for method in METHODS:
            responder = getattr(resource, "_".join(["on", method, *suffix]), None)
            if responder:
                yield path, method, responder


def tag_of(module: str) -> str:
    """Return the tag of a module's operations: its name, with the prefix ``quandl_`` or ``fred_`` in the API of that name."""
    package, _, name = module.rpartition(".")
    return f"{package.rpartition('.')[2]}_{name}" if package in (quandl.__name__, fred.__name__) else name
