"""What hostile texts, pages of others and people without a key can do: nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.api_keys import Scope
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound
from domain.use_cases import UseCases
from entrypoints.rest.sessions import COOKIE, Sessions
from tests.builders import CannedSource, hostile_source, memory_use_cases
from tests.entrypoints.web.conftest import FORM, OWN, Browser, Page, browser_of

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7007*7 }}"
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://other.localhost:8000"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {},
]


def hostile() -> UseCases:
    failing = CannedSource(error=DatasetNotFound(EVIL, hint=EVIL))
    return memory_use_cases({"canned": hostile_source(EVIL, terms=EVIL), "failing": failing})


@pytest.fixture(scope="module")
def evil() -> Browser:
    use_cases = hostile()
    browser = browser_of(use_cases)
    for code in ("canned:X/Y", "failing:A/B"):
        browser.post("/find", {"code": code})
    use_cases.manage_keys.create("<script>", [Scope.READ])
    return browser


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/find",
        "/find?query=%3Cscript%3Ealert(1)%3C/script%3E",
        "/find?query=%7B%7B7007*7%7D%7D/%3Cscript%3E",
        "/find?query=x&compare=%3Fs%3DX/Y%3Bcolumn%3D%253Cscript%253E",
        "/find?query=x&compare=%22%3E%3Cscript%3E",
        "/operations",
        "/operations/schedules",
        "/operations/keys",
        "/s/failing:A/B",
        "/s/%3Cscript%3Ealert(1)%3C/script%3E",
        "/s/X/%22onload=%22",
        "/s/X/Y?column=%3Cscript%3E",
        "/s/X/Y?%3Cscript%3E=1",
        "/compare?s=X/Y&s=X/Y;column=2;axis=right",
        "/compare?s=X/Y&s=X/Y;column=2&view=ratio",
        "/compare?s=X/Y&s=X/Y;column=2&view=scatter",
        "/compare?s=X/Y&query=script",
        "/compare?s=X/Y&query=%22%3E%3Cscript%3E/A",
        "/compare?s=%3Cscript%3Ealert(1)%3C/script%3E",
        "/compare?s=X/Y;column=%3Cscript%3E",
        "/compare?s=X/%22onload=%22",
        "/compare?s=X/Y&transform=%22%3E%3Cscript%3E",
        "/compare?query=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "/embed/s/X/Y",
        "/embed/s/X/%3Cscript%3E",
        "/embed/compare?s=X/Y&s=X/Y;column=2",
        "/embed/compare?s=%3Cscript%3E&theme=%22%3E%3Cscript%3E",
        *(f"/s/X/Y?view={tab}" for tab in ("first", "diff", "table", "history", "vintages", "fetches", "source")),
    ],
)
def test_texts_stay_texts(evil: Browser, path: str) -> None:
    """Markup in names, columns, metadata, errors, codes and parameters makes no element and no attribute."""
    answer = evil.get(path)
    page = Page(answer.text)

    assert answer.status_code in (200, 400, 404)
    assert [each for each in page.all("script") if not each.get("src", "").startswith("/static/")] == []
    assert page.all("img") == []
    assert [name for _, attributes in page.elements for name in attributes if name.startswith("on")] == []
    assert "49049" not in page.words


@pytest.mark.parametrize("path", ["/s/X/Y?", "/compare?s=X/Y&s=X/Y;column=2&"])
def test_files_are_no_markup_either(evil: Browser, path: str) -> None:
    """Pictures escape, tables quote, and none of them may run anything."""
    files = {kind: evil.get(f"{path}format={kind}") for kind in ("svg", "csv", "json")}

    assert {answer.status_code for answer in files.values()} == {200}
    assert "<script" not in files["svg"].text
    assert {answer.headers["content-security-policy"] for answer in files.values()} == {"default-src 'none'; frame-ancestors 'none'"}
    assert {answer.headers["x-content-type-options"] for answer in files.values()} == {"nosniff"}


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("path", ["/find", "/s/X/Y", "/operations/keys", "/theme", "/sign-in", "/sign-out"])
def test_pages_of_others_change_nothing(evil: Browser, path: str, headers: dict[str, str]) -> None:
    """A form is taken from pages of this very service only."""
    answer = evil.post(path, {"code": "NEW/ONE", "name": "x", "scope_read": "on"}, headers=headers)

    assert (answer.status_code, answer.cookies) == (403, {})
    assert evil.get("/s/NEW/ONE").status_code == 404


@pytest.mark.parametrize(("kind", "status"), [("application/json", 415), ("text/plain", 415), ("multipart/form-data", 415)])
def test_only_forms_are_read(evil: Browser, kind: str, status: int) -> None:
    """Any other body is refused; so is a long one."""
    assert evil.post("/find", {}, headers={**OWN, "Content-Type": kind}).status_code == status
    assert evil.post("/find", {"code": "x" * 20_000}).status_code == 413


@pytest.fixture
def keyed() -> tuple[Browser, UseCases, dict[str, str]]:
    use_cases = memory_use_cases({"canned": CannedSource()})
    tokens = {str(scope): use_cases.manage_keys.create(str(scope), [Scope.READ, scope])[1] for scope in Scope}
    return browser_of(use_cases, keys_required=True), use_cases, tokens


Keyed = tuple[Browser, UseCases, dict[str, str]]


@pytest.mark.parametrize(
    "path", ["/", "/find", "/find?query=a", "/s/X/Y", "/s/X/Y?view=table", "/operations", "/operations/keys", "/compare?s=X/Y"]
)
def test_signed_out_there_is_the_sign_in_alone(keyed: Keyed, path: str) -> None:
    """Every page is the sign-in, with its own path to return to, and nothing that depends on what is kept."""
    browser, use_cases, _ = keyed
    before = browser.get(path)
    use_cases.request_fetch(DatasetCode("X", "Y"))
    after = browser.get(path)

    assert before.status_code == after.status_code == 401
    assert before.text == after.text
    page = Page(before.text)
    assert "Sign in" in page.words
    assert {"type": "hidden", "name": "next", "value": path} in page.all("input")
    assert [each["action"] for each in page.all("form")] == ["/theme", "/sign-in"]
    assert browser.post("/find", {"code": "X/Z"}).status_code == 401


def test_a_session(keyed: Keyed) -> None:
    """A key opens a session in a cookie that scripts and other sites do not get; signing out, or revoking the key, ends it."""
    browser, use_cases, tokens = keyed
    answer = browser.post("/sign-in", {"token": tokens["fetch"], "next": "/operations"})
    cookie = answer.cookies[COOKIE]

    assert (answer.status_code, answer.headers["location"]) == (303, "/operations")
    assert (cookie.http_only, cookie.same_site, cookie.path, cookie.max_age) == (True, "Strict", "/", 43_200)
    assert tokens["fetch"] not in cookie.value
    assert browser.get("/operations").status_code == 200
    assert browser.get("/operations").headers["cache-control"].startswith("private")
    assert browser.post("/find", {"code": "X/Y"}).status_code == 303
    key = next(each for each in use_cases.manage_keys.list() if each.name == "fetch")
    use_cases.manage_keys.revoke(key.id)
    use_cases.check_key._cache.clear()
    assert browser.get("/operations").status_code == 401


def test_signing_out(keyed: Keyed) -> None:
    """The cookie is removed."""
    browser, _, tokens = keyed
    browser.post("/sign-in", {"token": tokens["read"]})
    assert browser.get("/find").status_code == 200

    assert browser.post("/sign-out").status_code == 303
    assert (browser.cookies, browser.get("/find").status_code) == ({}, 401)


def test_scopes_decide(keyed: Keyed) -> None:
    """Without the scope to fetch there is no button for it and no way to do it; keys are for administrators."""
    browser, _, tokens = keyed
    browser.post("/sign-in", {"token": tokens["fetch"]})
    place = browser.post("/find", {"code": "X/Y"}).headers["location"]
    assert "Fetch now" in browser.get(place).text
    browser.post("/sign-in", {"token": tokens["read"]})

    assert "Fetch now" not in browser.get(place).text
    assert browser.post(place).status_code == browser.post("/find", {"code": "X/Z"}).status_code == 403
    assert browser.get("/operations/keys").status_code == 403
    browser.post("/sign-in", {"token": tokens["admin"]})
    made = browser.post("/operations/keys", {"name": "desk", "scope_read": "on", "days": "7"})
    assert "lnr_" in made.text
    assert "no-store" in made.headers["cache-control"]
    assert "lnr_" not in browser.get("/operations/keys").text


@pytest.mark.parametrize("change", ["key", "expiry", "signature", "nothing", "two"])
def test_a_session_cannot_be_made_up(keyed: Keyed, change: str) -> None:
    """A cookie with another key, moment or signature opens nothing."""
    browser, use_cases, tokens = keyed
    browser.post("/sign-in", {"token": tokens["read"]})
    key, expiry, signature = browser.cookies[COOKIE].split(".")
    admin = next(each.id for each in use_cases.manage_keys.list() if each.name == "admin")
    forged = {
        "key": f"{admin}.{expiry}.{signature}",
        "expiry": f"{key}.{int(expiry) + 1}.{signature}",
        "signature": f"{key}.{expiry}.{'0' * 64}",
        "nothing": "",
        "two": f"{key}.{expiry}",
    }
    browser.cookies = {COOKIE: forged[change]}

    assert browser.get("/find").status_code == 401


def test_a_session_expires_and_ends_with_the_secret(keyed: Keyed) -> None:
    """Twelve hours later, and under another secret, a cookie opens nothing."""
    _, use_cases, _ = keyed
    key = next(each for each in use_cases.manage_keys.list() if each.name == "read")
    browser = browser_of(use_cases, keys_required=True, session_secret=b"s" * 32)
    now = Sessions(use_cases.check_key, b"s" * 32)
    past = replace(now, seconds=lambda: 1_700_000_000.0)
    other = replace(now, secret=b"t" * 32)

    for sessions, status in ((now, 200), (past, 401), (other, 401)):
        browser.cookies = {COOKIE: sessions.begin(key)}
        assert browser.get("/find").status_code == status


def test_a_session_is_no_key_for_pages_of_others(keyed: Keyed) -> None:
    """The API takes it to read, and for changes only from pages of this service."""
    browser, _, tokens = keyed
    browser.post("/sign-in", {"token": tokens["fetch"]})
    cookie = {"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}"}
    body = {"code": "X/Y"}

    assert browser.client.simulate_get("/timeseries", headers=cookie).status_code == 200
    assert browser.client.simulate_post("/timeseries", json=body, headers=cookie).status_code == 401
    assert browser.client.simulate_post("/timeseries", json=body, headers={**cookie, **FOREIGN[0]}).status_code == 401
    assert browser.client.simulate_post("/timeseries", json=body, headers={**cookie, **OWN}).status_code == 201


def test_a_wrong_key_is_said_so_and_counted(keyed: Keyed) -> None:
    """The form says that the key is not valid; too many of them are refused unread."""
    browser, _, _ = keyed
    answers = [browser.post("/sign-in", {"token": "wrong"}) for _ in range(62)]

    assert (answers[0].status_code, "This key is not valid here" in answers[0].text) == (401, True)
    assert answers[-1].status_code == 429


def test_where_no_keys_are_required_there_is_nothing_to_sign_in_to(evil: Browser) -> None:
    """The sign-in leads home."""
    assert evil.get("/sign-in").headers["location"] == "/"
    assert evil.post("/sign-in", {"token": "x", "next": "/find"}, headers={**OWN, **FORM}).headers["location"] == "/find"
