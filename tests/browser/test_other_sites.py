"""Pages of other sites, and browsers that are not signed in: what they can change and what they can see is nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from entrypoints.rest.http.responses import ResponseSender
from entrypoints.web.site import Site, discover_pages
from tests.acceptance.running import Lanner
from tests.browser.conftest import Keyed, keep
from tests.browser.pages import PAGES, matches

pytestmark = pytest.mark.browser


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form of a page: the template of its path, the path, its fields, and the status when a page of the service sends it."""

    template: str
    path: str
    fields: Mapping[str, str]
    status: int = 303


def forms(fetch_id: str, key_id: str) -> list[Form]:
    """Return a form for each path that takes one."""
    return [
        Form(template="/find", path="/find", fields={"code": "sample:SAMPLE/NILE"}),
        Form(template="/file", path="/file", fields={}, status=415),
        Form(template="/s/{reference:path}", path="/s/sample:SAMPLE/GDP", fields={}),
        Form(template="/operations/fetches/{fetch_id}", path=f"/operations/fetches/{fetch_id}", fields={"action": "retry", "next": "/"}),
        # There is no such schedule, which is as good as removed.
        Form(template="/operations/schedules/{schedule_id}", path=f"/operations/schedules/{fetch_id}", fields={"action": "remove"}),
        Form(template="/operations/keys", path="/operations/keys", fields={"name": "made", "scope_admin": "on"}, status=200),
        Form(template="/operations/keys/{key_id}", path=f"/operations/keys/{key_id}", fields={}),
        Form(template="/theme", path="/theme", fields={"theme": "dark", "next": "/"}),
        Form(template="/sign-in", path="/sign-in", fields={"token": "lnr_wrong", "next": "/"}),
        Form(template="/sign-out", path="/sign-out", fields={}),
    ]


#: Sends a form from the page that is open.
SEND = """([path, fields]) => {
    const form = Object.assign(document.createElement("form"), { method: "post", action: path });
    for (const [name, value] of Object.entries(fields)) {
        form.append(Object.assign(document.createElement("input"), { name, value, type: "hidden" }));
    }
    document.body.append(form);
    setTimeout(() => form.submit());
}"""
#: Who sends a form: the host of the page that does, and what the page says of itself.
SENDERS = {
    "other site": ("localhost", ""),
    "other port": ("127.0.0.1", ""),
    "no origin": ("127.0.0.1", '<meta name="referrer" content="no-referrer">'),
    "sandbox": ("127.0.0.1", "sandbox"),
}


def test_every_form_is_tried() -> None:
    """The forms here are those of all pages, and so are the pages that a browser without a key asks for."""
    site = Site(use_cases=_Anything(), sender=ResponseSender.__new__(ResponseSender))  # type: ignore[arg-type]
    routes = list(discover_pages(site))
    shown = {template for template, page in routes if hasattr(page, "on_get")} - {"/static/{folder}/{file:path}", "/home", "/sign-in"}

    assert {form.template for form in forms("", "")} == {template for template, page in routes if hasattr(page, "on_post")}
    assert {template for template in shown if not any(matches(template, path) for path in PAGES.values())} == set()


class _Anything:
    def __getattr__(self, name: str) -> Any:
        return self


@contextmanager
def foreign_page(host: str, head: str, form: Form, target: str) -> Iterator[str]:
    """Serve, at another port, a page that sends a form as soon as it is open; return its address."""
    fields = "".join(f'<input name="{escape(name)}" value="{escape(value)}">' for name, value in form.fields.items())
    form_sent = f'<form method="post" action="{target}{form.path}">{fields}</form><script>document.forms[0].submit()</script>'
    page = ("" if head == "sandbox" else head) + form_sent

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            if head == "sandbox":
                self.send_header("Content-Security-Policy", "sandbox allow-forms allow-scripts")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.05), daemon=True)
        thread.start()
        yield f"http://{host}:{server.server_port}/"
        server.shutdown()
        thread.join()


def sign_in(page: Page, keyed: Keyed, scope: str) -> None:
    page.goto(f"{keyed.service.address}/sign-in")
    page.get_by_label("API key").fill(keyed.keys[scope])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the API tells an administrator of a service."""

    service: Lanner
    token: str = ""

    def items(self, path: str) -> list[dict[str, Any]]:
        headers = {"X-Api-Token": self.token} if self.token else {}
        found: list[dict[str, Any]] = self.service.get(path, headers=headers).json()["items"]
        return found

    def state(self) -> list[set[tuple[object, ...]]]:
        """Return what a form could change: which series are kept, which fetches were requested or cancelled, which keys are active."""
        return [
            {(each["id"],) for each in self.items("/timeseries")},
            {(each["id"], each["status"] == "cancelled") for each in self.items("/fetches")},
            {(each["id"], each["revoked_at"]) for each in self.items("/keys")},
        ]

    def forms(self) -> list[Form]:
        """Return the forms, about the newest fetch and a key that nobody uses."""
        keys = [each["id"] for each in self.items("/keys") if each["name"] == "spare" and not each["revoked_at"]]
        return forms(self.items("/fetches")[0]["id"], keys[0] if keys else "none")


@pytest.fixture
def keyed_browser(keyed: Keyed, page: Page) -> Page:
    """A browser that is signed in as an administrator."""
    sign_in(page, keyed, "admin")
    return page


@pytest.mark.slow
@pytest.mark.parametrize("sender", SENDERS)
@pytest.mark.parametrize("kind", ["keyed", "open"])
def test_forms_of_other_origins_change_nothing(service: Lanner, keyed: Keyed, keyed_browser: Page, sender: str, kind: str) -> None:
    """Each form is refused, though the browser is signed in, and everything is as before: cookies too."""
    told = Told(service=keyed.service, token=keyed.keys["admin"]) if kind == "keyed" else Told(service=service)
    there, (host, head) = told.service.address, SENDERS[sender]
    before, cookies = told.state(), keyed_browser.context.cookies()
    statuses = {}
    for form in told.forms():
        with foreign_page(host, head, form, there) as address, keyed_browser.expect_response(there + form.path) as answer:
            keyed_browser.goto(address)
        keyed_browser.wait_for_load_state()
        statuses[form.template] = answer.value.status
        origin = answer.value.request.all_headers()["origin"]
        assert origin == ("null" if sender in ("no origin", "sandbox") else address.rstrip("/"))

    assert set(statuses.values()) <= ({401, 403} if kind == "keyed" else {403})
    assert told.state() == before
    assert keyed_browser.context.cookies() == cookies


def _sent_by_own_pages(page: Page, told: Told) -> dict[str, int]:
    """Send each form from a page of the service; return the status of each answer."""
    there, statuses = told.service.address, {}
    for form in told.forms():
        with page.expect_navigation(), page.expect_response(there + form.path) as answer:
            page.evaluate(SEND, [form.path, dict(form.fields)])
        statuses[form.template] = answer.value.status
    return statuses


def test_forms_of_own_pages_are_taken(new_service: Lanner, page: Page) -> None:
    """The same forms, sent by a page of the service, do what they are for: the test above can fail."""
    told = Told(service=new_service)
    keep(new_service, "GDP")
    new_service.post("/keys", {"name": "spare", "scopes": ["read"]})
    before = told.state()
    page.goto(new_service.address)

    assert _sent_by_own_pages(page, told) == {form.template: form.status for form in forms("", "")}
    assert [now != then for now, then in zip(told.state(), before, strict=True)] == [True, True, True]


def test_forms_of_own_pages_are_taken_from_those_who_are_signed_in(keyed: Keyed, keyed_browser: Page) -> None:
    """So they are where keys are required; a wrong key opens nothing."""
    told = Told(service=keyed.service, token=keyed.keys["admin"])
    before = told.state()
    statuses = _sent_by_own_pages(keyed_browser, told)

    assert statuses == {form.template: form.status for form in forms("", "")} | {"/sign-in": 401}
    assert [now != then for now, then in zip(told.state(), before, strict=True)] == [True, True, True]


@pytest.mark.parametrize("path", [*(path for path in PAGES.values() if not path.startswith("/embed/")), "/sign-in"])
def test_signed_out_there_is_the_sign_in_alone(keyed: Keyed, page: Page, path: str) -> None:
    """A browser without a key is asked for one, on every page, and is told nothing of what is kept."""
    loaded: set[str] = set()
    page.on("request", lambda request: loaded.add(urlsplit(request.url).path))
    page.goto(keyed.service.address + path)
    text = page.locator("body").inner_text()

    assert page.get_by_role("heading").all_inner_texts() == ["Sign in"]
    assert [word for word in ("Gross", "Billions", "vintages", "Operations", "Fetch", "providers") if word in text] == []
    assert {each for each in loaded if not each.startswith("/static/")} == {path.partition("?")[0]}


@pytest.mark.parametrize("path", [path for path in PAGES.values() if path.startswith("/embed/")])
def test_signed_out_a_frame_shows_nothing(keyed: Keyed, page: Page, path: str) -> None:
    """Nobody is asked for a key within a page of another site."""
    page.goto(keyed.service.address + path)

    assert page.get_by_role("heading").all_inner_texts() == ["This chart cannot be shown here"]
    assert "Gross" not in page.locator("body").inner_text()


def test_signing_in_leads_back(keyed: Keyed, page: Page) -> None:
    """Who signs in sees the page that was asked for; who signs out sees nothing more, not even by going back."""
    path = "/s/SAMPLE/GDP?transform=yoy"
    page.goto(keyed.service.address + path)
    page.get_by_label("API key").fill(keyed.keys["read"])
    page.get_by_label("API key").press("Enter")
    expect(page).to_have_url(keyed.service.address + path)
    expect(page.get_by_role("heading", level=1)).to_have_text("Gross Domestic Product")
    assert page.get_by_role("button", name="Fetch now").count() == 0
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.go_back()

    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
