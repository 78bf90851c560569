"""The watch over pages: it sees what it is there for."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.acceptance.running import Lanner
from tests.browser.conftest import Screen
from tests.browser.watching import Watch

pytestmark = pytest.mark.browser

SEEN = {
    "console": ("console.error('no')", "console: no"),
    "error": ("setTimeout(() => { throw new Error('no') })", "error: no"),
    "dialog": ("alert(1)", "dialog: 1"),
    "another host": ("new Image().src = 'http://127.0.0.2:9/x'", "request to another host: http://127.0.0.2:9/x"),
    "policy": ("document.head.append(Object.assign(document.createElement('script'), { text: 'a' }))", "Content Security Policy"),
    "style": ("document.body.setAttribute('style', 'color: red')", "Content Security Policy"),
}


@pytest.mark.parametrize(("script", "trouble"), SEEN.values(), ids=[*SEEN])
def test_trouble_is_seen(service: Lanner, chromium: Browser, script: str, trouble: str) -> None:
    """Each kind of trouble is written down."""
    context = chromium.new_context()
    watch = Watch()
    watch.begin(context)
    page = context.new_page()
    page.goto(service.address)
    assert watch.troubles == []

    page.evaluate(f"() => {{ {script} }}")
    page.wait_for_timeout(200)
    context.close()

    assert trouble in "\n".join(watch.troubles)


def test_a_page_that_is_a_problem_is_none(service: Lanner, page: Page, screen: Screen) -> None:
    """A page with an error status may be looked at, and its screenshot is in ``build/screens``."""
    answer = page.goto(f"{service.address}/s/SAMPLE/NILE")

    assert answer is not None
    assert answer.status == 404
    assert screen(page, "not-kept").stat().st_size > 1000
