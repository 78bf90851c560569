"""The chart of the series page in a browser: read, dragged, moved and zoomed, and followed by the address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.running import Lanner
from tests.browser.conftest import PHONE, Browse, serving
from tests.browser.made_up import keep_made_up

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CHART = "lanner-chart.drawn"
SHIFTS = "new PerformanceObserver((list) => list.getEntries().forEach((e) => { window.shifted = (window.shifted ?? 0) + e.value; }))"
PIXELS = """() => {
  const canvas = document.querySelector('.uplot canvas');
  return canvas.toDataURL();
}"""


@pytest.fixture(scope="module")
def made_up(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lanner]:
    folder: Path = tmp_path_factory.mktemp("made-up")
    keep_made_up(folder / "data")
    with serving(folder) as service:
        yield service


def opened(page: Page, address: str) -> Page:
    """Open a page and wait until its chart is drawn."""
    page.goto(address)
    page.wait_for_selector(CHART)
    return page


def parameter(url: str, name: str) -> str:
    """Return a parameter of an address, empty if it has none of this name."""
    return parse_qs(urlsplit(url).query).get(name, [""])[0]


def test_nothing_moves_when_it_is_drawn(browse: Browse, service: Lanner) -> None:
    """The script draws into the box of the server's picture; nothing on the page shifts."""
    page = browse()
    page.add_init_script(f"{SHIFTS}.observe({{ type: 'layout-shift', buffered: true }})")
    opened(page, f"{service.address}/s/SAMPLE/GDP?as_of=2009-01-30&transform=annualized&start=2003-01-01&end=2010-12-31")
    page.wait_for_timeout(600)
    svg, canvas = page.locator("lanner-chart .frame.wide").bounding_box(), page.locator(".uplot canvas").bounding_box()

    assert page.evaluate("window.shifted ?? 0") == 0
    assert svg
    assert canvas
    assert all(abs(svg[side] - canvas[side]) <= 1 for side in ("x", "y", "width", "height"))


def test_without_scripts_and_on_paper_the_picture_is_the_servers(browse: Browse, service: Lanner) -> None:
    """The server's picture is seen without scripts, and printed."""
    plain = browse(java_script_enabled=False)
    plain.goto(f"{service.address}/s/SAMPLE/GDP")
    expect(plain.locator("lanner-chart svg.chart.wide")).to_be_visible()
    page = opened(browse(), f"{service.address}/s/SAMPLE/GDP")
    expect(page.locator("lanner-chart svg.chart.wide")).to_be_hidden()
    page.emulate_media(media="print")

    expect(page.locator("lanner-chart svg.chart.wide")).to_be_visible()
    expect(page.locator(".uplot")).to_be_hidden()


def test_when_scripts_do_not_come_the_picture_is_the_servers(browse: Browse, service: Lanner) -> None:
    """After a while it appears, also where the plot's data are missing."""
    lacking = browse(allowed=("ERR_FAILED", "preload"))
    lacking.route("**/uPlot.js", lambda route: route.abort())
    lacking.goto(f"{service.address}/s/SAMPLE/GDP")
    failing = browse(allowed=("500",))
    failing.route("**format=plot**", lambda route: route.fulfill(status=500))
    failing.goto(f"{service.address}/s/SAMPLE/GDP")

    for page in (lacking, failing):
        # Playwright does not look at content-visibility.
        page.wait_for_function("() => document.querySelector('lanner-chart svg.chart.wide').checkVisibility()")
        expect(page.locator(".uplot")).to_have_count(0)


def test_dragging_chooses_a_range(page: Page, service: Lanner) -> None:
    """The address follows; going back, and a double click, show all again."""
    opened(page, f"{service.address}/s/SAMPLE/GDP")
    box = page.locator(".u-over").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 60, steps=4)
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 60, steps=4)
    page.mouse.up()
    page.wait_for_url(re.compile("start="))
    chosen = {name: parameter(page.url, name) for name in ("start", "end")}

    assert "1985" < chosen["start"] < "1988"
    assert "2004" < chosen["end"] < "2008"
    expect(page.locator("form.range [name=start]")).to_have_value(chosen["start"])
    page.go_back()
    page.wait_for_url(re.compile("GDP$"))
    expect(page.locator("form.range [name=start]")).to_have_value("")
    page.go_forward()
    page.wait_for_url(re.compile("start="))
    expect(page.locator("form.range [name=start]")).to_have_value(chosen["start"])
    page.locator(".u-over").dblclick()
    page.wait_for_url(lambda url: "start" not in url)


def test_keys(page: Page, service: Lanner) -> None:
    """Arrows read values aloud, plus and minus zoom, comma and full stop move, 0 shows all."""
    opened(page, f"{service.address}/s/SAMPLE/GDP?as_of=2009-01-30&transform=annualized&start=2003-01-01&end=2009-06-30")
    chart = page.locator("lanner-chart")
    chart.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(chart.get_by_role("status")).to_have_text("2008 Q4: −4.1 % then, −7.6 % today")
    expect(page.locator(".readout")).to_contain_text("2008 Q4")
    page.keyboard.press("+")
    page.wait_for_url(lambda url: parameter(url, "start") > "2003-06")
    zoomed = parameter(page.url, "start")
    page.keyboard.press(".")
    page.wait_for_url(lambda url: parameter(url, "end") > "2009-01")
    page.wait_for_timeout(1200)
    assert parameter(page.url, "start") > zoomed
    assert parameter(page.url, "as_of") == "2009-01-30"
    page.keyboard.press("0")
    page.wait_for_url(lambda url: "start" not in url)
    assert page.evaluate("document.activeElement.id") == "plot"


def test_the_cursor_shows_flags(page: Page, made_up: Lanner) -> None:
    """A flag stands behind its value at the cursor, for a screen reader too, and in the table with its meaning."""
    opened(page, f"{made_up.address}/s/MADE/MARKED?view=table")
    chart = page.locator("lanner-chart")
    chart.focus()
    page.keyboard.press("End")
    expect(chart.get_by_role("status")).to_have_text("Apr 1900: 4 p today")
    expect(page.locator(".readout")).to_contain_text("4 p today")
    page.keyboard.press("ArrowLeft")
    expect(chart.get_by_role("status")).to_have_text("Mar 1900: 3 B E today")
    page.keyboard.press("ArrowLeft")
    expect(chart.get_by_role("status")).to_have_text("Feb 1900: 2 today")
    assert page.locator("td small").evaluate_all("all => all.map(e => [e.textContent, e.title])") == [
        ["p", "provisional"],
        ["B E", "a flag"],
    ]


def test_dragging_with_shift_moves(page: Page, made_up: Lanner) -> None:
    """The chart follows the pointer, and the history holds the move once."""
    opened(page, f"{made_up.address}/s/MADE/VINTAGES?start=1950-01-01&end=1969-12-31")
    entries = page.evaluate("history.length")
    box = page.locator(".u-over").bounding_box()
    assert box
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + 300, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 300 - box["width"] / 4, box["y"] + 50, steps=12)
    page.mouse.up()
    page.keyboard.up("Shift")
    page.wait_for_url(lambda url: parameter(url, "start") > "1954-06")
    page.wait_for_timeout(700)

    assert "1954-10" < parameter(page.url, "start") < "1955-04"
    assert page.evaluate("history.length") == entries + 1
    page.go_back()
    page.wait_for_url(lambda url: parameter(url, "start") == "1950-01-01")


def test_the_slider_is_followed(page: Page, service: Lanner) -> None:
    """Chart, words and address follow the vintage; going back shows the state before."""
    opened(page, f"{service.address}/s/SAMPLE/GDP?transform=annualized&start=2003-01-01&end=2010-12-31&vintage=208")
    before = page.evaluate(PIXELS)
    page.locator("#slider").focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(re.compile("vintage=207"))
    expect(page.locator("#difference")).to_contain_text("−4.1 % as known then")
    expect(page.locator("#which")).to_contain_text("vintage 207 of 393")
    expect(page.locator("#legend")).to_contain_text("as known on 30 Jan 2009")

    assert page.evaluate(PIXELS) != before
    page.go_back()
    expect(page.locator("#which")).to_contain_text("vintage 208 of 393")
    page.wait_for_timeout(500)
    assert page.evaluate(PIXELS) == before


SCREENS = {
    "candles": "PRICES",
    "shade": "VINTAGES?vintage=700&shade=MADE/FLAG&start=1920-01-01",
    "columns": "WIDE?column=*&start=2010-01-01",
    "log": "VINTAGES?scale=log&chart=step&start=1990-01-01",
}


@pytest.mark.parametrize("name", SCREENS)
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_each_kind_in_both_colours(browse: Browse, made_up: Lanner, screen: Callable[..., Path], name: str, colours: str) -> None:
    """Charts are drawn in the tokens of their colours."""
    page = opened(browse(color_scheme=colours), f"{made_up.address}/s/MADE/{SCREENS[name]}")
    page.wait_for_timeout(200)
    screen(page, f"chart-{name}-{colours}", full_page=False)
    blue = {"light": "1f5fbf", "dark": "79aefc"}[colours]
    wanted = [int(blue[place : place + 2], 16) for place in (0, 2, 4)]

    assert page.evaluate(
        """(wanted) => {
          const canvas = document.querySelector('.uplot canvas');
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          for (let n = 0; n < data.length; n += 4) {
            if (data[n + 3] === 255 && wanted.every((value, place) => Math.abs(data[n + place] - value) <= 2)) return true;
          }
          return false;
        }""",
        wanted,
    )


def test_on_a_phone(browse: Browse, service: Lanner) -> None:
    """The chart has the box of the narrow picture; a touch reads a value, and the page still scrolls."""
    page = opened(browse(viewport=PHONE, has_touch=True, is_mobile=True), f"{service.address}/s/SAMPLE/GDP")
    box = page.locator(".u-over").bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 40)

    expect(page.locator(".readout")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
