"""The story of a person who has never seen the service: find, add, look back, compare, take along."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Download, Locator, Page, expect

from tests.acceptance.running import Lanner
from tests.browser.conftest import Browse, Screen
from tests.nginx import nginx

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SOON = 20_000
THEN_AND_TODAY = "2008 Q4 −4.1 % as known then −7.6 % today"


def searchbox(page: Page) -> Locator:
    return page.get_by_role("searchbox").last


def press_tab_to(page: Page, place: Locator, key: str = "Tab") -> None:
    """Press Tab, or Shift with it to go back, until the place has the focus."""
    for _ in range(150):
        if place.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press(key)
    pytest.fail(f"The Tab key does not reach {place}")


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Vintage")


def downloaded(page: Page, take: Callable[[], None]) -> bytes:
    with page.expect_download() as waiting:
        take()
    download: Download = waiting.value
    return Path(download.path()).read_bytes()


def shows_then_and_today(page: Page) -> None:
    expect(page.locator("#picture .read")).to_contain_text(THEN_AND_TODAY, timeout=SOON)


def is_what_data_gives(service: Lanner, table: bytes) -> None:
    """Compare a Parquet file with the API's answer, value for value."""
    rows = pq.read_table(BytesIO(table)).to_pylist()
    answer = service.get("/data.json?code=SAMPLE/GDP&as_of=2009-01-30").json()

    assert len(rows) == len(answer["data"]) == 252
    assert [[str(row["date"]), row["Value"]] for row in rows] == answer["data"]


def compares_indexed(service: Lanner, page: Page, table: bytes) -> None:
    """Compare what a comparison of GDP with CO2 shows, and its Parquet file, with the index of the API's values."""
    expect(page.locator("h1")).to_have_text("Gross Domestic Product and Atmospheric carbon dioxide at Mauna Loa")
    expect(page.locator("#picture")).to_contain_text("100 at 29 Mar 1958: the first date shown from which on all of them have a value.")
    rows = {str(row["date"]): row for row in pq.read_table(BytesIO(table)).to_pylist()}
    for code, base, shown in (("SAMPLE/GDP", "1958-04-01", "2008-10-01"), ("SAMPLE/CO2", "1958-03-29", "2001-12-29")):
        values = dict(service.get(f"/data.json?code={code}").json()["data"])
        assert rows[base][f"{code} index"] == 100
        assert rows[shown][f"{code} index"] == pytest.approx(100 * values[shown] / values[base], rel=1e-12)


def picture(page: Page) -> bytes:
    """Return what is drawn, pixel for pixel."""
    page.locator("h1").hover()
    page.evaluate("document.activeElement.blur()")
    return page.locator("#picture").screenshot(animations="disabled")


def same_elsewhere(page: Page, other: Page) -> None:
    """Open the address of a page in another browser, in which the same picture must be drawn."""
    page.wait_for_selector("lanner-chart.drawn")
    other.goto(page.url)
    other.wait_for_selector("lanner-chart.drawn")
    assert picture(other) == picture(page)


def test_with_a_mouse(new_service: Lanner, page: Page, browse: Browse, screen: Screen) -> None:
    """Search, add, watch it arrive, move the slider, compare, copy the address to another browser, take the values along."""
    page.goto(new_service.address)
    searchbox(page).fill("gdp")
    searchbox(page).press("Enter")
    page.get_by_role("button", name="Add SAMPLE/GDP").click()
    expect(page.get_by_role("heading", level=1, name="Gross Domestic Product")).to_be_visible(timeout=SOON)
    page.get_by_role("link", name="% a year", exact=True).click()
    expect(page.get_by_role("link", name="% a year", exact=True)).to_have_attribute("aria-current", "true")
    _drag_to(page, "30 January 2009")
    shows_then_and_today(page)
    expect(page).to_have_url(f"{new_service.address}/s/sample:SAMPLE/GDP?transform=annualized&vintage=207")
    expect(page.locator("#use")).to_contain_text("vintage=207")
    screen(page, "story")
    other = browse()
    same_elsewhere(page, other)
    shows_then_and_today(other)
    is_what_data_gives(new_service, downloaded(page, page.get_by_role("link", name="Parquet").click))
    page.locator("main").get_by_role("link", name="Compare", exact=True).click()
    page.wait_for_url("**/compare?s=sample:SAMPLE/GDP&transform=annualized")
    page.get_by_label("Add a series", exact=True).last.fill("SAMPLE/CO2")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Add SAMPLE/CO2 and compare").click()
    page.get_by_label("Units of all").get_by_role("link", name="Index").click(timeout=SOON)
    expect(page).to_have_url(f"{new_service.address}/compare?s=sample:SAMPLE/GDP&s=sample:SAMPLE/CO2&transform=index", timeout=SOON)
    screen(page, "story-compare")

    same_elsewhere(page, other)
    compares_indexed(new_service, page, downloaded(page, page.get_by_role("link", name="Parquet").click))


def _drag_to(page: Page, day: str) -> None:
    """Drag along the strip until the handle snaps to the vintage of a day."""
    box = slider(page).bounding_box()
    assert box is not None
    height = box["y"] + 10
    page.mouse.move(box["x"] + box["width"] - 8, height)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.51, height, steps=4)
    for pixel in range(int(box["width"] * 0.5), int(box["width"] * 0.56)):
        page.mouse.move(box["x"] + pixel, height)
        if (slider(page).get_attribute("aria-valuetext") or "").startswith(day):
            break
    page.mouse.up()
    expect(slider(page)).to_have_attribute("aria-valuetext", f"{day}, vintage 207 of 393")


def test_by_keyboard_alone(new_service: Lanner, page: Page) -> None:
    """All of it without a mouse, beginning with the key that leads to the search."""
    page.goto(new_service.address)
    page.keyboard.press("/")
    page.keyboard.type("gdp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/find?query=gdp")
    expect(page.get_by_role("button", name="Add SAMPLE/GDP")).to_be_visible(timeout=SOON)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", level=1, name="Gross Domestic Product")).to_be_visible(timeout=SOON)
    press_tab_to(page, page.get_by_role("link", name="% a year", exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="% a year", exact=True)).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("link", name="% a year", exact=True)).to_be_focused()
    press_tab_to(page, slider(page))
    page.keyboard.press("Home")
    for key in ["Shift+ArrowRight"] * 20 + ["ArrowRight"] * 6:
        page.keyboard.press(key)
    expect(slider(page)).to_have_attribute("aria-valuetext", "30 January 2009, vintage 207 of 393")
    shows_then_and_today(page)
    expect(page.locator("#use")).to_contain_text("vintage=207")
    press_tab_to(page, page.get_by_role("link", name="Parquet"))
    is_what_data_gives(new_service, downloaded(page, lambda: page.keyboard.press("Enter")))
    press_tab_to(page, page.locator("main").get_by_role("link", name="Compare", exact=True), "Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/compare?**")
    page.keyboard.press("/")
    page.keyboard.type("SAMPLE/CO2")
    page.keyboard.press("Enter")
    press_tab_to(page, page.get_by_role("button", name="Add SAMPLE/CO2 and compare"))
    page.keyboard.press("Enter")
    index = page.get_by_label("Units of all").get_by_role("link", name="Index")
    expect(index).to_be_visible(timeout=SOON)
    press_tab_to(page, index)
    page.keyboard.press("Enter")
    page.wait_for_url("**&transform=index")
    press_tab_to(page, page.get_by_role("link", name="Parquet"))

    compares_indexed(new_service, page, downloaded(page, lambda: page.keyboard.press("Enter")))


def test_without_scripts(new_service: Lanner, browse: Browse, screen: Screen) -> None:
    """The same with links and forms; a field for the date takes the place of the slider."""
    # What scripts would draw is asked for in vain.
    page = browse(java_script_enabled=False, allowed=("preload",))
    page.goto(new_service.address)
    page.get_by_role("searchbox").fill("SAMPLE/GDP")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("button", name="Add SAMPLE/GDP").click()
    expect(page.get_by_role("heading", level=1, name="Gross Domestic Product")).to_be_visible(timeout=SOON)
    page.get_by_role("link", name="% a year", exact=True).click()
    page.get_by_label("As known on").fill("2009-01-30")
    page.get_by_role("button", name="Look back").click()
    shows_then_and_today(page)
    screen(page, "story-without-scripts")
    expect(page.locator("#picture svg.chart.wide")).to_be_visible()
    is_what_data_gives(new_service, downloaded(page, page.get_by_role("link", name="Parquet").click))
    page.locator("main").get_by_role("link", name="Compare", exact=True).click()
    page.get_by_label("Add a series", exact=True).last.fill("SAMPLE/CO2")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Add SAMPLE/CO2 and compare").click()
    page.get_by_role("link", name="Compare as known today").click(timeout=SOON)
    page.get_by_label("Units of all").get_by_role("link", name="Index").click()

    expect(page.locator("#picture svg.chart.wide .c2.line")).to_be_visible()
    compares_indexed(new_service, page, downloaded(page, page.get_by_role("link", name="Parquet").click))


@pytest.mark.server
def test_below_a_path(new_service: Lanner, page: Page) -> None:
    """Behind the shipped nginx at ``/lanner/`` all addresses stay below it, those of scripts and forms too."""
    paths: set[str] = set()
    page.on("request", lambda request: paths.add(urlsplit(request.url).path))
    with nginx(urlsplit(new_service.address).port or 0) as port:
        page.goto(f"http://127.0.0.1:{port}/lanner/")
        page.get_by_role("button", name="Add US GDP").click()
        expect(page.get_by_role("heading", level=1, name="Gross Domestic Product")).to_be_visible(timeout=SOON)
        page.get_by_role("link", name="% a year", exact=True).click()
        press_tab_to(page, slider(page))
        page.keyboard.press("ArrowLeft")
        expect(slider(page)).to_have_attribute("aria-valuenow", "392")
        expect(page.locator("#which")).to_contain_text("vintage 392 of 393")
        page.locator("main").get_by_role("link", name="Compare", exact=True).click()
        page.get_by_label("Add a series", exact=True).last.fill("carbon")
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("button", name="Add SAMPLE/CO2").click()
        page.get_by_label("Units of all").get_by_role("link", name="Index").click(timeout=SOON)
        page.wait_for_url("**&transform=index")
        page.wait_for_selector("lanner-chart.drawn")
        compares_indexed(new_service, page, downloaded(page, page.get_by_role("link", name="Parquet").click))
        page.get_by_role("button", name="Change colours").click()
        search = page.get_by_role("searchbox", name="Search series, or a code to add")
        search.fill("gdp")
        search.press("Enter")
        # The samples, as they answer, find it as well.
        page.get_by_role("link", name="Gross Domestic Product", exact=True).first.click()
        page.get_by_role("link", name="Operations").click()
        page.get_by_role("link", name="lanner", exact=True).click()
        expect(page.get_by_role("heading", name="What changed")).to_be_visible()

    assert {path for path in paths if not path.startswith("/lanner/")} == set()
    assert len(paths) > 10
