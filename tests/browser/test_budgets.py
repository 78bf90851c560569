"""What a page may cost: bytes, jumps, requests, and nothing of what others need."""

from __future__ import annotations

import time
from collections import Counter
from statistics import median
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Response

from tests.acceptance.running import Lanner
from tests.browser.conftest import PHONE, Browse
from tests.browser.pages import FAILED, GDP, PAGES, PENDING, THEN

pytestmark = pytest.mark.browser

MOST_BYTES = 150_000
#: Smaller answers are sent as they are.
LEAST_COMPRESSED = 1024
WATCHED_SECONDS = 6
TABS = 8
#: Adds up how far what is seen jumps; moves that the person caused within half a second are none (Layout Instability, WICG).
SHIFTS = """
window.__shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (!entry.hadRecentInput) window.__shifts.push([entry.value, entry.sources.map((each) => each.node?.outerHTML?.slice(0, 80))]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""


def shifts(page: Page) -> list[object]:
    page.wait_for_timeout(300)
    found: list[object] = page.evaluate("window.__shifts")
    return found


def test_scripts_and_styles_are_small(service: Lanner, page: Page) -> None:
    """All that a series page loads of them, compressed, stays within the budget; a second page loads none of it again."""
    sizes: dict[str, int] = {}
    headers: dict[str, dict[str, str]] = {}

    def count(response: Response) -> None:
        if response.request.resource_type in ("script", "stylesheet"):
            path = urlsplit(response.url).path
            sizes[path] = response.request.sizes()["responseBodySize"]
            # Not what the wire showed, of which a preloaded response has nothing when it is used.
            headers[path] = response.headers

    page.on("requestfinished", lambda request: count(request.response()))
    page.goto(service.address + THEN, wait_until="networkidle")
    first = dict(sizes)
    page.goto(f"{service.address}/s/SAMPLE/MACRO", wait_until="networkidle")

    assert sum(path.endswith(".css") for path in first) >= 1
    assert sum(path.endswith(".js") for path in first) >= 3
    assert sum(first.values()) <= MOST_BYTES
    assert all(first.values())
    plain = [path for path, each in headers.items() if each.get("content-encoding") not in ("br", "zstd", "gzip")]
    assert [path for path in plain if sizes[path] >= LEAST_COMPRESSED] == []
    assert [path for path, each in headers.items() if "immutable" not in each.get("cache-control", "")] == []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_jumps(service: Lanner, browse: Browse, name: str) -> None:
    """Once it is seen, nothing on a page moves by itself, on a desktop or a phone."""
    found = []
    for options in ({}, {"viewport": PHONE}):
        page = browse(**options)
        page.add_init_script(SHIFTS)
        page.goto(service.address + PAGES[name], wait_until="load")
        found += shifts(page)

    assert found == []


def test_a_jump_is_seen(service: Lanner, page: Page) -> None:
    """The test above can fail."""
    page.add_init_script(SHIFTS)
    page.goto(service.address + GDP)
    page.wait_for_timeout(300)
    assert shifts(page) == []
    page.evaluate("document.querySelector('h1').before(Object.assign(document.createElement('p'), { textContent: 'late' }))")

    assert len(shifts(page)) == 1


def test_nothing_jumps_while_the_slider_moves(service: Lanner, page: Page) -> None:
    """What a step replaces takes the same place; what moves while the page arrives is another test's."""
    page.goto(service.address + THEN, wait_until="networkidle")
    page.get_by_role("slider", name="Vintage").focus()
    page.evaluate(SHIFTS.replace("buffered: true", "buffered: false"))
    for key in ("ArrowLeft", "ArrowRight", "Shift+ArrowRight"):
        page.keyboard.press(key)
        page.wait_for_timeout(1500)

    assert shifts(page) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", [f"/s/{PENDING}", GDP, "/", f"/s/{FAILED}"])
def test_an_open_page_asks_seldom(service: Lanner, page: Page, path: str) -> None:
    """While a fetch waits its page looks after it less than once a second; other pages ask for nothing."""
    asked: Counter[str] = Counter()
    page.goto(service.address + path)
    page.wait_for_timeout(500)
    page.on("request", lambda request: asked.update([urlsplit(request.url).path]))
    begun = time.monotonic()
    page.wait_for_timeout(WATCHED_SECONDS * 1000)
    looks = asked.total()

    assert looks <= time.monotonic() - begun
    assert set(asked) == ({path} if path == f"/s/{PENDING}" else set())
    assert looks > 1 or path != f"/s/{PENDING}"


@pytest.mark.slow
def test_open_pages_take_no_slot_from_others(service: Lanner, browse: Browse) -> None:
    """While as many pages as the API has threads look after a fetch, others are answered at once, and none is told that it is busy."""
    for _ in range(TABS):
        browse().goto(f"{service.address}/s/{PENDING}")
    seconds = []
    for _ in range(60):
        begun = time.monotonic()
        assert service.get(f"/data.csv?code={GDP.removeprefix('/s/')}").status_code == 200
        seconds.append(time.monotonic() - begun)
        time.sleep(0.05)

    assert median(seconds) < 0.2
