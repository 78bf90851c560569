"""Comparisons in a browser: read, zoomed, changed by their chips, printed, without scripts, and in frames of other pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from urllib.parse import unquote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.acceptance.running import Lanner
from tests.browser.conftest import PHONE, Browse, keep, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CHART = "lanner-chart.drawn"
THREE = "s=SAMPLE/GDP&s=SAMPLE/MACRO;column=unemp;axis=right&s=SAMPLE/CO2&start=1980-01-01"
TWELVE = "&".join(f"s=SAMPLE/MACRO;column={number}" for number in range(1, 13))
VIEWS = {
    "compare": f"/compare?{THREE}&transform=index",
    "compare-twelve": f"/compare?{TWELVE}&index=1990",
    "compare-scatter": "/compare?s=SAMPLE/MACRO;column=infl&s=SAMPLE/MACRO;column=unemp&view=scatter",
    "compare-empty": "/compare?query=gdp",
    "embed-compare": f"/embed/compare?{THREE}",
    "embed-series": "/embed/s/SAMPLE/GDP?transform=annualized&as_of=2009-01-30&start=2003-01-01",
}


def drawn(page: Page, address: str) -> Page:
    page.goto(address)
    page.wait_for_selector(CHART)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", VIEWS)
def test_everyone_can_read_it(browse: Browse, service: Lanner, screen: Callable[..., Path], name: str, scheme: str) -> None:
    """No violation of axe's rules in light and dark, with every chip open."""
    page = browse(color_scheme=scheme)
    page.goto(service.address + VIEWS[name])
    if "scatter" not in name and name.startswith("compare") and "empty" not in name:
        page.wait_for_selector(CHART)
    screen(page, f"{name}-{scheme}")
    for summary in page.locator(".chip summary").all()[:2]:
        summary.click()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_range_keeps_the_base_of_the_index(page: Page, service: Lanner, browse: Browse) -> None:
    """Dragging zooms; the address says the range and the date at which the index is 100, and shows the same elsewhere."""
    drawn(page, f"{service.address}/compare?{THREE}&transform=index")
    box = page.locator(".u-over").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 90, steps=6)
    page.mouse.up()
    page.wait_for_url("**index=*")
    page.wait_for_load_state("networkidle")
    expect(page.locator("#series")).to_contain_text("1980 Q2 = 100")
    other = drawn(browse(), page.url)

    assert "start=19" in page.url
    assert other.locator("#below table").inner_text() == page.locator("#below table").inner_text()


def test_the_cursor_reads_all_series(page: Page, service: Lanner) -> None:
    """Keys move from date to date; the values of all series are said with their names."""
    drawn(page, f"{service.address}/compare?{TWELVE}&transform=level")
    page.locator(CHART).focus()
    page.keyboard.press("End")

    expect(page.locator(".readout")).to_contain_text("9.6 unemp")
    expect(page.locator(".readout")).to_contain_text("realgdp")


def test_chips_change_the_page_in_place(page: Page, service: Lanner) -> None:
    """A link of a chip changes address, heading and chart without loading the page again; back undoes it."""
    drawn(page, f"{service.address}/compare?{THREE}")
    page.evaluate("window.same = true")
    page.locator(".chip summary").nth(0).click()
    page.locator(".chip").nth(0).get_by_role("link", name="% yoy").click()
    expect(page.locator(".chip").nth(0)).to_contain_text("SAMPLE/GDP · %")
    expect(page.locator(".chip").nth(0).get_by_role("link", name="Right")).to_be_visible()
    page.get_by_role("link", name="Remove Atmospheric carbon dioxide at Mauna Loa").click()
    expect(page.locator("h1")).not_to_contain_text("carbon")

    assert page.evaluate("window.same")
    assert "s=SAMPLE/GDP;transform=yoy&s=SAMPLE/MACRO;column=unemp;axis=right&" in unquote(page.url)
    page.go_back()
    expect(page.locator("h1")).to_contain_text("carbon")


def test_without_scripts(browse: Browse, service: Lanner) -> None:
    """A series is added, put on the other axis and removed by forms and links; picture, table and correlations are there."""
    page = browse(java_script_enabled=False)
    page.goto(f"{service.address}/s/SAMPLE/GDP")
    page.get_by_role("link", name="Compare", exact=True).last.click()
    page.get_by_label("Add a series", exact=True).fill("SAMPLE/CO2")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("svg.chart.wide .c2.line")).to_be_visible()
    page.locator(".chip summary").nth(1).click()
    page.locator(".chip").nth(1).get_by_role("link", name="Right").click()
    expect(page.locator(".chip").nth(1)).to_contain_text("right axis")
    expect(page.locator("#correlations")).to_contain_text("n=")
    page.get_by_role("link", name="Remove Gross Domestic Product").click()

    assert page.url.endswith("/compare?s=sample:SAMPLE/CO2;axis=right;colour=2")


def test_on_a_phone_and_on_paper(browse: Browse, service: Lanner, screen: Callable[..., Path]) -> None:
    """Nothing is wider than a phone; paper has the picture of the server, the names with their lines, and the table."""
    phone = drawn(browse(viewport=PHONE, has_touch=True), f"{service.address}/compare?{TWELVE}&index=1990")
    screen(phone, "compare-phone")
    page = drawn(browse(), f"{service.address}/compare?{THREE}")
    page.emulate_media(media="print")
    screen(page, "compare-print", full_page=False)

    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    expect(page.locator("lanner-chart svg.chart.wide")).to_be_visible()
    expect(page.locator(".uplot")).to_be_hidden()
    expect(page.locator(".chip").nth(0)).to_be_visible()
    expect(page.locator("#below table")).to_be_visible()
    for hidden in ("#embed", ".top", ".remove >> nth=0", ".add"):
        expect(page.locator(hidden)).to_be_hidden()


@pytest.fixture
def blog(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Pages of another origin that show a frame, each at an address of its own, so that none comes from the browser's cache."""
    numbers = count()
    handler = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(tmp_path)))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()

    def with_frame(address: str) -> str:
        frame = f'<iframe src="{address}" width="800" height="460"></iframe>'
        html = f'<!doctype html><html lang="en"><title>Blog</title><link rel="icon" href="data:,">{frame}'
        name = f"{next(numbers)}.html"
        (tmp_path / name).write_text(html)
        return f"http://127.0.0.1:{server.server_port}/{name}"

    yield with_frame
    server.shutdown()
    server.server_close()


def test_other_pages_show_a_chart_if_they_may(
    browse: Browse, tmp_path_factory: pytest.TempPathFactory, blog: Callable[[str], str], service: Lanner
) -> None:
    """A page of an origin that is set shows the chart; one that is not set shows nothing, nor may it show any other page."""
    origin = blog("about:blank").rpartition("/")[0]
    with serving(tmp_path_factory.mktemp("embedding"), LANNER_EMBED_ORIGINS=origin) as other:
        keep(other, "GDP")
        page = browse(allowed=("frame-ancestors", "Framing"))
        page.goto(blog(f"{other.address}/embed/compare?s=SAMPLE/GDP"))
        expect(page.frame_locator("iframe").locator("svg.chart.wide")).to_be_visible()
        page.goto(blog(f"{other.address}/compare?s=SAMPLE/GDP"))
        expect(page.frame_locator("iframe").locator("svg.chart.wide")).to_have_count(0)
    page.goto(blog(f"{service.address}/embed/compare?s=SAMPLE/GDP"))
    expect(page.frame_locator("iframe").locator("svg.chart.wide")).to_have_count(0)
