"""What holds for every route: problems, headers, hosts, HEAD, the log line, discovery."""

from __future__ import annotations

from collections.abc import Iterator

import falcon
import pytest
from falcon.testing import StartResponseMock, TestClient, create_environ
from structlog.contextvars import get_contextvars

from adapters.memory.unit_of_work import MemoryStore
from domain.errors import DomainError, SchemaMismatch, StoreUnavailable
from entrypoints.rest.app import add_routes, create_app
from entrypoints.rest.http.errors import status_of
from tests.builders import memory_use_cases, waiting_use_cases


def every_error(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from every_error(child)


@pytest.mark.parametrize("kind", list(every_error()), ids=lambda kind: kind.__name__)
def test_every_error_has_a_sentence_and_a_status(kind: type[DomainError]) -> None:
    """Only the base class is a 500."""
    assert kind().message.endswith(".")
    assert status_of(kind) >= 400
    assert (status_of(kind) == 500) == (kind is DomainError)


def test_a_problem_has_all_members(client: TestClient) -> None:
    """An unknown route is a problem that names what exists, under the request's id."""
    answer = client.simulate_get("/nope", headers={"X-Request-ID": "mine-1"})

    assert answer.headers["content-type"] == "application/problem+json"
    assert list(answer.json) == ["type", "title", "status", "detail", "code", "retryable", "hint", "instance", "errors"]
    assert (answer.status_code, answer.json["status"], answer.json["type"]) == (404, 404, "/problems/unknown_route")
    assert answer.json["instance"] == "mine-1"
    assert "/timeseries/{series_id}/data.json" in answer.json["hint"]


def test_a_wrong_method_is_a_problem(client: TestClient) -> None:
    """A 405 names the allowed methods, HEAD among them."""
    answer = client.simulate_delete("/timeseries")

    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert answer.json["hint"] == "Use GET, HEAD, POST, OPTIONS."


@pytest.mark.parametrize("method", ["FOO", "WEBSOCKET"])
def test_a_method_nobody_knows_is_a_problem(client: TestClient, method: str) -> None:
    """Methods that Falcon refuses before routing get the same problem, id and headers."""
    environ, answer = create_environ("/timeseries", host="localhost") | {"REQUEST_METHOD": method}, StartResponseMock()
    client.app(environ, answer)

    assert answer.status == "400 Bad Request"
    assert answer.headers_dict["content-type"] == "application/problem+json"
    assert len(answer.headers_dict["x-request-id"]) == 32


class Broken:
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        raise ZeroDivisionError("secret inside")

    def on_get_domain(self, req: falcon.Request, resp: falcon.Response) -> None:
        raise DomainError("secret inside")

    def on_get_body(self, req: falcon.Request, resp: falcon.Response) -> None:
        resp.media = {"secret inside": object()}


@pytest.mark.parametrize("suffix", [None, "domain", "body"])
def test_what_nobody_expected_is_a_500_without_internals(client: TestClient, suffix: str | None, caplog: pytest.LogCaptureFixture) -> None:
    """The log has the traceback, the client a problem with the request's id, and the next request works."""
    client.app.add_route("/broken", Broken(), suffix=suffix)

    answer = client.simulate_get("/broken")

    assert (answer.status_code, answer.json["code"], answer.json["title"]) == (500, "internal_error", "Internal error")
    assert "secret" not in answer.text
    assert answer.json["instance"] == answer.headers["x-request-id"]
    assert [record.message for record in caplog.records if record.exc_info] == ["unhandled error"]
    assert client.simulate_get("/healthz").status_code == 200


def test_every_answer_has_the_security_headers(client: TestClient) -> None:
    """Errors and successes both have the security headers."""
    for path in ("/healthz", "/nope"):
        headers = client.simulate_get(path).headers

        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, 'a"b'])
def test_a_harmful_request_id_is_replaced(client: TestClient, given: str) -> None:
    """Only short plain ids are taken over; others are made anew."""
    made = client.simulate_get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"]

    assert made != given
    assert len(made) == 32


class Listening:
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        resp.media = get_contextvars()


def test_the_request_id_is_bound_for_the_log(client: TestClient) -> None:
    """Log lines of a request can carry its id, and only its own."""
    client.app.add_route("/listening", Listening())
    client.simulate_get("/healthz", headers={"X-Request-ID": "other"})

    assert client.simulate_get("/listening", headers={"X-Request-ID": "mine-1"}).json == {"request_id": "mine-1", "client": "127.0.0.1"}


@pytest.mark.parametrize(
    ("allowed", "host", "status"),
    [
        ("*.example.org", "a.example.org", 200),
        ("*.example.org", "a.b.Example.org:8000", 200),
        ("*.example.org:8443", "a.example.org:8443", 200),
        ("*.example.org:8443", "b.example.org", 200),
        ("*.example.org", "example.org", 403),
        ("*.example.org", "evilexample.org", 403),
        ("*.example.org", "example.org.evil.net", 403),
        ("*", "anything.example", 200),
        ("*", "", 403),
        ("10.0.0.0/8", "10.1.2.3:8000", 200),
        ("10.0.0.0/8", "11.1.2.3", 403),
        ("10.0.0.0/8", "10.evil.net", 403),
        ("fd00::/8", "[fd00::1]:8000", 200),
        ("fd00::/8", "[fe00::1]", 403),
    ],
)
def test_hosts_are_allowed_by_patterns(allowed: str, host: str, status: int) -> None:
    """All names below one, all names, or the addresses of a network; whatever watches the service may use any."""
    client = TestClient(create_app(waiting_use_cases(), allowed_hosts=[allowed]))

    assert client.simulate_get("/timeseries", headers={"Host": host}).status_code == status
    assert [client.simulate_get(path, headers={"Host": host}).status_code for path in ("/healthz", "/readyz", "/healthz/")] == [200] * 3


def test_keys_make_any_host_safe() -> None:
    """Where they are required, a page that gets in under a name of its own has none."""
    client = TestClient(create_app(waiting_use_cases(), allowed_hosts=(), keys_required=True))

    assert client.simulate_get("/timeseries", headers={"Host": "anything.example"}).status_code == 401


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8000",
        "LOCALHOST",
        "127.0.0.1:8000",
        "127.1.2.3",
        "[::1]",
        "[::1]:8000",
        "lanner.example:443",
        "Also.Example",
    ],
)
def test_loopback_and_allowed_hosts_are_answered(host: str) -> None:
    """On any port, in any case."""
    client = TestClient(create_app(waiting_use_cases(), allowed_hosts=["lanner.example", "also.example:8000"]))

    assert client.simulate_get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "0.0.0.0:8000",
        "[::2]",
        "localhost:80:80",
        "a@localhost",
        "[::1",
        "",
        " ",
    ],
)
def test_other_hosts_are_refused(host: str) -> None:
    """A rebound name gets a 403 that names the variable, for writes as for reads."""
    client = TestClient(create_app(waiting_use_cases(), allowed_hosts=()))
    answer = client.simulate_post("/timeseries", json={"code": "WIKI/FB"}, headers={"Host": host})

    assert (answer.status_code, answer.json["code"]) == (403, "host_not_allowed")
    assert "LANNER_ALLOWED_HOSTS" in answer.json["hint"]


def test_without_a_list_every_host_is_answered() -> None:
    """Where keys are required the name does not matter."""
    client = TestClient(create_app(waiting_use_cases(), allowed_hosts=None))

    assert client.simulate_get("/healthz", headers={"Host": "evil.example"}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/readyz", "/timeseries", "/timeseries/{}", "/timeseries/{}/data", "/timeseries/{}/data.json"]
)
def test_head_is_get_without_the_body(client: TestClient, path: str) -> None:
    """HEAD returns the same status, type and length as GET."""
    address = path.format(client.simulate_post("/timeseries", json={"code": "WIKI/FB"}).json["id"])
    got, head = client.simulate_get(address), client.simulate_head(address)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]
    assert head.headers["content-length"] == str(len(got.content))


def test_the_front_door_tells_what_there_is(client: TestClient) -> None:
    """Name, version and links."""
    answer = client.simulate_get("/").json

    assert answer["name"] == "lanner"
    assert answer["version"][0].isdigit()
    statuses = {name: client.simulate_get(link).status_code for name, link in answer["links"].items()}
    # A search needs words.
    assert statuses == {name: 400 if name == "search" else 200 for name in answer["links"]}


class LostStore(MemoryStore):
    """A store that cannot be reached."""

    def __init__(self, error: StoreUnavailable) -> None:
        super().__init__()
        self.error = error

    def check(self) -> None:
        raise self.error


@pytest.mark.parametrize("error", [StoreUnavailable(), SchemaMismatch()], ids=lambda error: error.code)
def test_a_lost_store_is_not_ready_but_alive(error: StoreUnavailable) -> None:
    """Readiness needs the store, life does not."""
    client = TestClient(create_app(memory_use_cases({}, store=LostStore(error)), allowed_hosts=()), headers={"Host": "localhost"})
    ready = client.simulate_get("/readyz")

    assert (ready.status_code, ready.json["code"], ready.json["hint"]) == (503, error.code, error.hint)
    assert int(ready.headers["retry-after"]) > 0
    assert client.simulate_get("/healthz").json == {"status": "ok"}


def test_readiness_tells_how_long_work_waits(waiting: TestClient) -> None:
    """The age of the oldest due fetch, the workers and the broker are fields, not faults."""
    before = waiting.simulate_get("/readyz").json
    waiting.simulate_post("/timeseries", json={"code": "WIKI/FB"})
    after = waiting.simulate_get("/readyz").json

    assert before == {"status": "ok", "oldest_due_seconds": 0.0, "workers": 0, "consumers": 0, "broker": "unknown"}
    assert 0 < after["oldest_due_seconds"] < 60


def test_two_resources_cannot_share_a_path() -> None:
    """A path that two modules claim stops the start, and both are named."""
    with pytest.raises(ValueError, match="Two resources have the path /same: Broken and Listening"):
        add_routes(falcon.App(), [("/same", Broken()), ("/same", Listening())])


def test_only_listed_origins_may_read_answers() -> None:
    """A page of a listed origin may read responses in a browser; no other page may, and without a list none."""
    use_cases = waiting_use_cases()
    listed = TestClient(create_app(use_cases, allowed_hosts=(), cors_origins=("https://app.example",)))
    none = TestClient(create_app(use_cases, allowed_hosts=()))

    def allowed(client: TestClient, origin: str) -> str | None:
        headers = client.simulate_get("/healthz", host="localhost", headers={"Origin": origin}).headers
        return headers.get("access-control-allow-origin")

    assert allowed(listed, "https://app.example") == "https://app.example"
    assert allowed(listed, "https://evil.example") is None
    assert allowed(none, "https://app.example") is None
