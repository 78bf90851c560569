"""Random requests from the OpenAPI document, and what must hold for every response."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi import checks as openapi

from tests.servers import SETTINGS

KEPT = Path(__file__).parents[3] / "entrypoints" / "rest" / "openapi.json"
EXAMPLES = int(SETTINGS.get("LANNER_TEST_EXAMPLES", "100"))

LIMITS = settings(
    deadline=None,
    database=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
#: The transport for WSGI does not undo codings.
PLAIN = {"Accept-Encoding": "identity"}


def no_server_error(_context: Any, response: Any, case: Any) -> None:
    """There is no error of the server; a failed fetch (502) and missing data (503) are expected."""
    assert response.status_code < 500 or response.status_code in (502, 503), f"{case.as_curl_command()}\n{response.text}"


CHECKS = [
    no_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
    openapi.response_headers_conformance,
]


def narrowed(places: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """
    Return the document as the tests need it: responses have no undeclared members, and requests find something.

    Args:
        places: the values of parameters and body members with these names; for those in FRED's API the names begin with ``fred:``, for
            those of multisets with ``multiset:``.

    """
    document: dict[str, Any] = json.loads(KEPT.read_text())
    for schema in document["components"]["schemas"].values():
        schema.setdefault("additionalProperties", False)
    for path, methods in document["paths"].items():
        prefix = "fred:" if path.startswith(("/fred/", "/graph/")) else "multiset:" if "/multisets" in path else ""
        for operation in methods.values():
            for parameter in operation["parameters"]:
                if f"{prefix}{parameter['name']}" in places:
                    parameter["schema"] = {"enum": [*places[f"{prefix}{parameter['name']}"]]}
    members = document["components"]["schemas"]["FetchRequest"]["properties"]
    members |= {name: {"enum": [*places[name]]} for name in members if name in places}
    return document


def loaded(places: Mapping[str, Sequence[str]], *, app: Any = None) -> Any:
    """Return the narrowed document as schemathesis needs it, for an application or a server."""
    schema = schemathesis.openapi.from_dict(narrowed(places))
    schema.app = app
    return schema
