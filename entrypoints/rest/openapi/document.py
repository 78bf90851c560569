"""The OpenAPI 3.1 document, built from the routes and the operations that their responders describe."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema, fields

from entrypoints.formats import Format
from entrypoints.rest.http.errors import PROBLEM_JSON
from entrypoints.rest.http.uploads import FORM
from entrypoints.rest.openapi.operation import Content, Operation, Route, operation_of, operations, tag_of
from entrypoints.rest.openapi.parameters import PATH, Parameter, Parameters
from entrypoints.rest.openapi.response_schemas import PROBLEM, QUANDL_ERROR
from entrypoints.rest.quandl import is_quandl

_FIRST_PROBLEM = 400
_DESCRIPTION = """Fetch economic and financial time series from any provider, keep every vintage of them, and read them.

Every GET supports HEAD. Unknown parameters are refused, except in the Quandl-compatible API below `/api/v3`, which ignores them.
Every error is a problem (RFC 9457) with a code that `/problems` explains. Where the service reads a replica of its database, responses
have a header `Lanner-Consistency-Token`: a request that sends the last one back is shown nothing older."""
_SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "token": {"type": "apiKey", "in": "header", "name": "X-Api-Token"},
    "api_key": {"type": "apiKey", "in": "query", "name": "api_key"},
}
_WITH_BODY = (411, 413, 415, 422, 409)
_IF_NEW: Parameters = {"If-None-Match": Parameter("The entity tag of the response that the client has.", place="header")}
_RANGE: Parameters = {"Range": Parameter("The bytes to return.", {"type": "string", "examples": ["bytes=0-99"]}, place="header")}
_STATUS_TEXTS = {
    200: "The requested document.",
    201: "Created.",
    202: "Not available yet.",
    204: "Done.",
    206: "The requested bytes.",
    302: "The document is at another URL.",
    304: "The client's copy is current.",
    400: "The request is not valid.",
    401: "A valid API key is needed.",
    403: "The API key does not allow this, or the host name is not served.",
    404: "There is no such resource, or it had no data at that time.",
    406: "None of the formats that the client accepts is available.",
    409: "It conflicts with the current state.",
    411: "The body's length is missing.",
    413: "The request's body, or the response, is too large.",
    414: "Path and query are too long.",
    415: "The body is not plain JSON.",
    416: "The response has no such bytes.",
    422: "The request is valid, but cannot be carried out.",
    429: "The client has sent too many requests.",
    502: "The provider failed.",
    503: "Not available at the moment.",
}
_HEADERS = {201: "Location", 202: "Retry-After", 302: "Location", 206: "Content-Range"}
_QUANDL_PROBLEM = {"application/json": QUANDL_ERROR, "text/csv": {"type": "string"}}
_FILES = {kind.media_type for kind in Format if kind.is_columnar}


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the document; responders without an operation are left out."""
    plugin = MarshmallowPlugin()
    info = {"description": _DESCRIPTION, "license": {"name": "MIT", "identifier": "MIT"}}
    spec = APISpec("lanner", version("lanner"), "3.1.0", info=info, plugins=[plugin])
    for name, scheme in _SECURITY_SCHEMES.items():
        spec.components.security_scheme(name, scheme)
    for status in _STATUS_TEXTS:
        if status >= _FIRST_PROBLEM:
            spec.components.response(f"Problem{status}", _response(status, {PROBLEM_JSON: PROBLEM}))
            spec.components.response(f"DoorProblem{status}", _response(status, _QUANDL_PROBLEM))
    described = [(path, method, each, found) for path, method, each in operations(routes) if (found := operation_of(each))]
    for path, method, responder, operation in described:
        spec.path(path, operations={method: _operation(path, method, responder, operation)})
    built: dict[str, Any] = spec.to_dict()
    for path, method, _, operation in described:
        _add_links(built, built["paths"][path][method], operation.links)
    _require_members(built, plugin, set(_parts(operation.body for *_, operation in described)))
    return built


def _operation(path: str, method: str, responder: Any, operation: Operation) -> dict[str, Any]:
    resource = responder.__self__
    item: dict[str, Any] = {
        "operationId": "_".join([method, *re.findall(r"\w+", path)]),
        "tags": [tag_of(type(resource).__module__)],
        "summary": _summary(type(resource), responder),
        "parameters": list(_parameters(path, operation)),
        "responses": _responses(path, operation),
        "security": _security(path, operation),
    }
    if operation.body:
        item["requestBody"] = {"required": True, "content": {"application/json": {"schema": operation.body}, **_forms(operation)}}
    return item


def _forms(operation: Operation) -> dict[str, Any]:
    if not (operation.form and operation.body):
        return {}
    texts = {name: {"type": "string"} for name in operation.body().fields if name != "path"}
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    return {FORM: {"schema": {"type": "object", "required": ["file", "database"], "properties": {"file": file, **texts}}}}


def _summary(resource: type, responder: Any) -> str:
    noun, verb = (" ".join((each.__doc__ or "").strip().partition("\n\n")[0].split()).removesuffix(".") for each in (resource, responder))
    return f"{noun}: {verb[:1].lower()}{verb[1:]}"


def _security(path: str, operation: Operation) -> list[dict[str, list[str]]]:
    if operation.scope is None:
        return []
    ways = ("bearer", "token", "api_key") if is_quandl(path) else ("bearer", "token")
    return [{way: [str(operation.scope)]} for way in ways]


def _parameters(path: str, operation: Operation) -> Iterator[dict[str, Any]]:
    named = {name: PATH[name] for name in re.findall(r"{(\w+)}", path)}
    yield from (_parameter(name, parameter, place="path") for name, parameter in named.items())
    headers = {**(_IF_NEW if operation.etag else {}), **(_RANGE if _is_ranged(path, operation) else {})}
    for name, parameter in {**operation.parameters, **headers}.items():
        yield _parameter(name, parameter, place=parameter.place)


def _parameter(name: str, parameter: Parameter, *, place: str) -> dict[str, Any]:
    required = parameter.required or place == "path"
    return {"name": name, "in": place, "required": required, "description": parameter.text, "schema": dict(parameter.schema)}


def _responses(path: str, operation: Operation) -> dict[str, Any]:
    found: dict[int, Any] = {status: _response(status, _content_by_type(path, content)) for status, content in operation.responses.items()}
    if operation.etag:
        found[304] = _response(304, {})
        found[200]["headers"] = {"ETag": _header()}
    if _is_ranged(path, operation):
        found[206] = _response(
            206, {kind: schema for kind, schema in _content_by_type(path, operation.responses[200]).items() if kind in _FILES}
        )
    for status in _problems(path, operation):
        found[status] = f"DoorProblem{status}" if is_quandl(path) else f"Problem{status}"
    return {str(status): found[status] for status in sorted(found)}


def _response(status: int, contents: Mapping[str, Any]) -> dict[str, Any]:
    item: dict[str, Any] = {"description": _STATUS_TEXTS[status]}
    if contents:
        item["content"] = {kind.partition(";")[0]: {"schema": schema} for kind, schema in contents.items()}
    if status in _HEADERS:
        item["headers"] = {_HEADERS[status]: _header()}
    return item


def _header() -> dict[str, Any]:
    return {"schema": {"type": "string"}}


def _content_by_type(path: str, content: Content) -> Mapping[str, Any]:
    """Return a response's schemas by media type; on a path with a format's suffix only that format's."""
    if content is None or isinstance(content, type):
        return {"application/json": content} if content else {}
    ending = {f".{kind}": kind.media_type for kind in Format}.get(path[path.rfind(".") :])
    return {kind: schema for kind, schema in content.items() if kind.startswith((ending or "").partition(";")[0])}


def _problems(path: str, operation: Operation) -> Iterator[int]:
    yield from (400, 403, 414, 429, *operation.problems)
    if operation.scope is not None:
        yield from (401, 503)
    if "{" in path or is_quandl(path):
        yield 404
    if is_quandl(path):
        yield 422
    if operation.body:
        yield from _WITH_BODY
    if len(_content_by_type(path, operation.responses.get(200))) > 1 and not is_quandl(path) and "{file}" not in path:
        yield 406
    if _is_ranged(path, operation):
        yield 416


def _is_ranged(path: str, operation: Operation) -> bool:
    return not _FILES.isdisjoint(_content_by_type(path, operation.responses.get(200)))


def _add_links(document: dict[str, Any], item: dict[str, Any], places: Mapping[str, str]) -> None:
    """Link a response to every GET whose path parameter it holds."""
    links = {
        methods["get"]["operationId"]: {"operationId": methods["get"]["operationId"], "parameters": {name: place}}
        for path, methods in document["paths"].items()
        for name, place in places.items()
        if "get" in methods and re.findall(r"{(\w+)}", path) == [name]
    }
    if links:
        document["components"].setdefault("links", {}).update(links)
    for status in ("200", "201") if links else ():
        item["responses"][status]["links"] = {name: {"$ref": f"#/components/links/{name}"} for name in links}


def _parts(bodies: Iterable[type[Schema] | None]) -> Iterator[type[Schema]]:
    """Yield the schemas of bodies, and those of the objects in them."""
    for body in filter(None, bodies):
        yield body
        inner = (each.inner if isinstance(each, fields.List) else each for each in body().fields.values())
        yield from _parts(type(each.schema) for each in inner if isinstance(each, fields.Nested))


def _require_members(document: dict[str, Any], plugin: MarshmallowPlugin, bodies: Collection[object]) -> None:
    """Mark the members of responses as required, and allow more members in later versions."""
    schemas: Mapping[Any, str] = plugin.converter.refs if plugin.converter else {}
    for key, name in schemas.items():
        kind: type[Schema] = key[0]
        schema, members = document["components"]["schemas"][name], kind().fields
        if kind in bodies:
            schema.update(getattr(kind, "openapi_extra", {}))
        else:
            del schema["additionalProperties"]
            schema["required"] = sorted(member for member in schema["properties"] if not members[member].metadata.get("optional"))


def to_json(document: dict[str, Any]) -> str:
    """Return the document as it is stored."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
