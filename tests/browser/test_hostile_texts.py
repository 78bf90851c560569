"""Texts that want to be markup, in a real browser: on no page and in no file do they run, or become an element."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import quote
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from playwright.sync_api import Page

from adapters.providers.files.provider import PROVIDER as FILES
from domain.api_keys import Scope
from domain.codes import parse_reference
from domain.errors import DatasetNotFound, SourceUnavailable
from domain.use_cases import UseCases
from entrypoints.rest.app import create_app
from tests.browser.pages import TABS
from tests.builders import CannedSource, hostile_source, memory_use_cases

pytestmark = pytest.mark.browser

RUN = "window.__ran=1"
#: Ways out of text, attributes, titles, scripts, comments, pictures, templates and style sheets.
EVIL = (
    f"\"'><script>{RUN}</script><img src=x onerror={RUN}></title></textarea><svg/onload={RUN}>"
    f"<a href=javascript:{RUN}>go</a>--></script>]]><iframe srcdoc='<script>parent.__ran=1</script>'></iframe>"
    f"{{{{ 7007*7 }}}}{{% raw %}}<style>*{{color:red}}</style>"
)
NAME = f"data<img src=x onerror={RUN}>"
FOREIGN_ELEMENTS = (
    "img, iframe, object, embed, style, script:not([src*='/static/'], [src^='docs/']), [href^='javascript:'], [onload], [onerror]"
)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's form
        """Say nothing."""


@contextmanager
def served(use_cases: UseCases) -> Iterator[str]:
    """Serve the application on the memory adapters, and return its address."""
    with make_server("127.0.0.1", 0, create_app(use_cases, allowed_hosts=()), _Server, _Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def hostile(folder: Path) -> UseCases:
    """Return a service in which providers, files, errors and keys say nothing else."""
    own = folder / "OWN"
    own.mkdir()
    (own / f"{NAME}.csv").write_text("date,value\n2024-01-01,1\n")
    (own / "columns.csv").write_text(f"date,{NAME}\n2024-01-01,1\n2024-01-02,2\n")
    (own / "cells.csv").write_text(f"date,{NAME}\n2024-01-01,1\n2024-01-02,{NAME}\n")
    sources = {
        "canned": hostile_source(EVIL, terms=f"javascript:{RUN}"),
        "failing": CannedSource(error=DatasetNotFound(EVIL, hint=EVIL)),
        "away": CannedSource(error=SourceUnavailable(EVIL, hint=EVIL)),
        "files": FILES.open(FILES.options(path=folder), None),  # type: ignore[arg-type]
    }
    use_cases = memory_use_cases(sources)
    for code in CODES:
        provider, named = parse_reference(code)
        use_cases.request_fetch(named, provider=provider)
    use_cases.manage_keys.create(EVIL[:100], [Scope.READ])
    return use_cases


@pytest.fixture(scope="module")
def evil(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a service whose every text is hostile."""
    with served(hostile(tmp_path_factory.mktemp("own"))) as address:
        yield address


CODES = ("canned:X/Y", "failing:A/B", "away:C/D", "files:OWN/data", "files:OWN/columns", "files:OWN/cells")
PATHS = [
    "/",
    "/find",
    f"/find?query={quote(EVIL[:150])}",
    "/find?query=X",
    f"/find?query=X&compare={quote('?s=X/Y;column=' + EVIL[:60])}",
    f"/compare?s=X/Y&query={quote(EVIL[:60])}",
    "/compare?s=X/Y&s=failing:A/B",
    "/operations",
    "/operations/schedules",
    f"/operations?provider={quote(EVIL)}",
    "/operations?status=error",
    "/operations/keys",
    *(f"/s/{code}" for code in CODES),
    f"/s/{quote(EVIL[:60])}",
    f"/s/X/{quote(EVIL[:60], safe='')}",
    f"/s/X/Y?column={quote(EVIL)}",
    f"/s/X/Y?{quote(EVIL)}=1",
    f"/s/X/Y?as_of={quote(EVIL)}",
    *(f"/s/X/Y?view={tab}" for tab in TABS),
    f"/nowhere/{quote(EVIL)}",
    f"/nowhere/{quote(EVIL)}?format=html",
    "/docs",
]


def nothing_ran(page: Page) -> None:
    """Look for what a text did or became; what the policy blocked would be seen on the console too."""
    page.wait_for_timeout(100)
    assert page.evaluate("window.__ran") is None
    assert page.evaluate(f"[...document.querySelectorAll({FOREIGN_ELEMENTS!r})].map((each) => each.outerHTML)") == []


@pytest.mark.parametrize("path", PATHS)
def test_texts_stay_texts(evil: str, page: Page, path: str) -> None:
    """On each page they are shown as what they are, and no template works them out."""
    page.goto(evil + path)

    nothing_ran(page)
    assert "49049" not in page.locator("body").inner_text()


def test_texts_are_shown(evil: str, page: Page) -> None:
    """The hostile texts do reach the pages that are looked at above."""
    shown = {
        "/": "onerror",
        "/s/canned:X/Y": "onerror",
        "/s/failing:A/B": "onerror",
        "/s/away:C/D": "onerror",
        "/s/files:OWN/columns": NAME,
    }
    for path, text in {**shown, "/operations": "onerror", "/operations/keys": "<script>"}.items():
        page.goto(evil + path)
        assert text in page.locator("main").inner_text(), path


def test_what_scripts_show_stays_text(evil: str, page: Page) -> None:
    """Values under the cursor, lines for other tools, and what is loaded in place."""
    page.goto(f"{evil}/s/X/Y")
    for summary in page.locator("summary").all():
        summary.click()
    page.locator("lanner-chart").focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_role("status").first.wait_for()
    page.locator("lanner-chart").hover()
    for name in ("Step", "Table", "Source"):
        page.get_by_role("link", name=name, exact=True).click()
        page.wait_for_function(
            "name => [...document.querySelectorAll('[aria-current]')].some((each) => each.textContent === name)", arg=name
        )

    nothing_ran(page)


@pytest.mark.parametrize(
    "path", ["/s/X/Y?format=svg", "/s/X/Y?format=json", "/s/X/Y?transform=diff&format=svg", "/timeseries", "/fetches", "/keys"]
)
def test_files_that_a_browser_shows_run_nothing(evil: str, page: Page, path: str) -> None:
    """A picture that is opened as a page is one, and JSON is text."""
    answer = page.goto(evil + path)

    assert answer is not None
    assert "text/html" not in (answer.header_value("Content-Type") or "")
    assert answer.header_value("X-Content-Type-Options") == "nosniff"
    nothing_ran(page)


@pytest.mark.parametrize("path", ["/s/X/Y?format=csv", "/data.csv?code=X/Y"])
def test_tables_are_saved(evil: str, page: Page, path: str) -> None:
    """CSV is no page: the browser saves it, under a name that is a file's."""
    page.goto(f"{evil}/s/X/Y")
    with page.expect_download() as waiting:
        page.evaluate("path => { location.href = path }", path)

    assert re.fullmatch(r"[\w.-]+\.csv", waiting.value.suggested_filename)
    nothing_ran(page)
