"""The OpenAPI document, the pages that show it, and the meanings of problems."""

from __future__ import annotations

import ast
import json
import re

import pytest
import schemathesis
from falcon.testing import TestClient

from domain.errors import DomainError
from entrypoints.rest.app import discover_routes
from entrypoints.rest.http.rate_limits import PROBES
from entrypoints.rest.openapi.document import document, operations, to_json
from entrypoints.rest.openapi.operation import operation_of
from tests.builders import NOBODY, waiting_use_cases
from tests.entrypoints.rest.examples import KEPT

DOCUMENT = json.loads(KEPT.read_text())
OWN = [path for path in DOCUMENT["paths"] if not path.startswith(("/api/", "/fred/", "/graph/"))]
RENEW = "Write it anew: `.venv/bin/lanner openapi > openapi.new && mv openapi.new entrypoints/rest/openapi.json`."


def test_every_route_is_described() -> None:
    """A responder without a description would be missing from the document."""
    bare = [
        f"{method} {path}" for path, method, responder in operations(discover_routes(waiting_use_cases())) if not operation_of(responder)
    ]

    assert bare == [], "Put @operation(…) above each; CONTRIBUTING.md says how."


def test_the_document_kept_is_the_one_that_is_made() -> None:
    """What is in the repository and served follows from the routes and schemas."""
    assert to_json(document(discover_routes(waiting_use_cases()))) == KEPT.read_text(), RENEW


def test_the_document_is_valid() -> None:
    """It is OpenAPI 3.1, by that standard's own schema."""
    assert DOCUMENT["openapi"].startswith("3.1.")
    schemathesis.openapi.from_dict(DOCUMENT).validate()


def test_it_is_served(client: TestClient) -> None:
    """It needs no key, the root links to it, and a conditional request gets 304."""
    address = client.simulate_get("/").json["links"]["openapi"]
    answer = client.simulate_get(address)
    again = client.simulate_get(address, headers={"If-None-Match": answer.headers["ETag"]})

    assert (answer.json, answer.headers["Content-Type"]) == (DOCUMENT, "application/json")
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", OWN)
def test_parameters_are_those_that_are_taken(client: TestClient, path: str) -> None:
    """No described parameter is refused as unknown, and any other one is, except by health probes."""
    place = path
    for name in re.findall(r"{(\w+)}", path):
        place = place.replace(
            f"{{{name}}}", {"number": "1", "file": "start.js", "code": "busy", "date": "2024-01-01"}.get(name, str(NOBODY))
        )
    for method, operation in DOCUMENT["paths"][path].items():
        for parameter in [each for each in operation["parameters"] if each["in"] == "query"]:
            listing = {"query", "code", "provider", "database_code", "status", "status_at_source", "cursor"}
            beside = {"id": NOBODY} if path == "/timeseries" and parameter["name"] not in listing else {}
            answer = client.simulate_request(method.upper(), place, params={**beside, parameter["name"]: "1"})
            assert "is not a parameter here" not in answer.text, parameter["name"]
        answer = client.simulate_request(method.upper(), place, params={"nonsense": "1"})
        assert ("'nonsense' is not a parameter here" in answer.text) is (path not in PROBES)


def test_scopes_are_told() -> None:
    """Each operation names the scope that its key needs; what is open to all names none."""
    paths = DOCUMENT["paths"]

    assert paths["/timeseries"]["get"]["security"] == [{"bearer": ["read"]}, {"token": ["read"]}]
    assert {"api_key": ["read"]} in paths["/api/v3/datasets"]["get"]["security"]
    assert {"api_key": ["read"]} in paths["/fred/series"]["get"]["security"]
    assert {"api_key": ["read"]} not in paths["/graph/fredgraph.csv"]["get"]["security"]
    assert paths["/timeseries"]["post"]["security"][0] == {"bearer": ["fetch"]}
    assert paths["/healthz"]["get"]["security"] == []


def test_the_pages_run_from_our_own_files_alone(client: TestClient) -> None:
    """/docs names no other host, its policy lets no other in, and each file it names is there with its type."""
    page = client.simulate_get("/docs")
    named = re.findall(r'(?:src|href)="(?!data:)([^"]+)"', page.text.replace('<base href="/">', ""))
    files = [client.simulate_get(f"/{name}") for name in named]

    assert {answer.status_code for answer in files} == {200}
    assert [answer.headers["Content-Type"].partition(";")[0] for answer in files] == ["text/css", "text/javascript", "text/javascript"]
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    assert re.findall(r"https?://|//[a-z]", page.text + files[-1].text) == []
    assert client.simulate_get("/timeseries").headers["Content-Security-Policy"].startswith("default-src 'none';")


@pytest.mark.parametrize("name", ["none", "LICENSE", "index.html", "%2e%2e%5copenapi.json", "%00"])
def test_no_other_file_is_given_away(client: TestClient, name: str) -> None:
    """What the page does not need is not there."""
    assert client.simulate_get(f"/docs/{name}").status_code == 404


def test_every_problem_leads_to_its_meaning(client: TestClient) -> None:
    """The ``type`` of a problem is an address that says what it means."""
    problem = client.simulate_get("/timeseries", params={"nonsense": "1"}).json
    meaning = client.simulate_get(problem["type"]).json

    assert {name: meaning[name] for name in ("type", "code", "status", "title")} == {
        name: problem[name] for name in ("type", "code", "status", "title")
    }
    assert meaning["detail"] == "A field of the request is not valid."
    assert meaning in client.simulate_get("/problems").json["items"]
    assert client.simulate_get("/problems/none").json["code"] == "unknown_route"


def test_the_list_of_problems_is_closed(client: TestClient) -> None:
    """Every code that an error or a line of the API names has a meaning, with a sentence."""
    meanings = {meaning["code"]: meaning for meaning in client.simulate_get("/problems").json["items"]}
    kinds = [DomainError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    trees = [ast.parse(path.read_text()) for path in KEPT.parent.rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    problems = [call.args[1] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Problem" and len(call.args) > 1]
    codes = {kind.code for kind in kinds} | {code.value for code in problems if isinstance(code, ast.Constant)}
    codes |= {client.simulate_request("PUT", "/timeseries").json["code"], client.simulate_get("/none").json["code"]}

    assert codes - set(meanings) == set()
    assert all(meaning["detail"].endswith(".") for meaning in meanings.values())


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("scope_missing", "lanner keys create"),
        ("provider_not_configured", "lanner providers"),
        ("not_understood", "at the provider"),
        ("unsupported_media_type", "Content-Type: application/json"),
    ],
)
def test_meanings_say_what_helps(client: TestClient, code: str, words: str) -> None:
    """A hint names what to send or to run."""
    assert words in client.simulate_get(f"/problems/{code}").json["hint"]
