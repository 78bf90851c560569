"""Describing a responder where it is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from marshmallow import Schema

from domain.api_keys import Scope
from entrypoints.rest import quandl
from entrypoints.rest.openapi.parameters import Parameters

F = TypeVar("F", bound=Callable[..., None])
#: A schema stands for a JSON document of it, None for no body.
Content = type[Schema] | Mapping[str, type[Schema] | Mapping[str, Any]] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """
    What the OpenAPI document says of a responder beside its docstrings, its path and who may call it.

    Attributes:
        responses: the content of each answer that is no problem, by its status.
        problems: statuses of problems that do not follow from the path, the body or the scope.
        leads: where in the answer path parameters stand with which to go on, as OpenAPI's runtime expressions.
        kept: whether answers have entity tags, so that they may be asked for again only if they changed.
        scope: what a key must allow; None where no key is needed.

    """

    responses: Mapping[int, Content]
    parameters: Parameters
    body: type[Schema] | None
    problems: Collection[int]
    links: Mapping[str, str]
    etag: bool
    scope: Scope | None


def operation(  # noqa: PLR0913 - a description's parts
    responses: Mapping[int, Content],
    parameters: Parameters | None = None,
    *,
    body: type[Schema] | None = None,
    problems: Collection[int] = (),
    links: Mapping[str, str] | None = None,
    etag: bool = False,
    scope: Scope | None = Scope.ADMIN,
) -> Callable[[F], F]:
    """Describe a responder, which is the administrator's unless another scope is declared; see Description."""
    operation = Operation(
        responses=responses,
        parameters=parameters or {},
        body=body,
        problems=problems,
        links=links or {},
        etag=etag,
        scope=scope,
    )

    def mark(responder: F) -> F:
        responder.__dict__["operation"] = operation
        return responder

    return mark


def operation_of(responder: object) -> Operation | None:
    """Give a responder's description, if it has one."""
    found = getattr(responder, "operation", None)
    return found if isinstance(found, Operation) else None


def tag_of(module: str) -> str:
    """Return the tag of a module's operations: its name, in the Quandl-compatible API behind that one's."""
    room, _, name = module.rpartition(".")
    return f"quandl_{name}" if room == quandl.__name__ else name
