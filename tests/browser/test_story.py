"""The story of a person who has never seen the service: find, add, look back, take along."""

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


def press_tab_to(page: Page, place: Locator) -> None:
    """Press Tab until the place has the focus."""
    for _ in range(150):
        if place.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
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


def picture(page: Page) -> bytes:
    """Return what is drawn, pixel for pixel."""
    page.locator("h1").hover()
    page.evaluate("document.activeElement.blur()")
    return page.locator("#picture").screenshot(animations="disabled")


def test_with_a_mouse(new_service: Lanner, page: Page, browse: Browse, screen: Screen) -> None:
    """Search, add, watch it arrive, move the slider, copy the address to another browser, take the values along."""
    page.goto(new_service.address)
    searchbox(page).fill("gdp")
    searchbox(page).press("Enter")
    searchbox(page).fill("SAMPLE/GDP")
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
    other.goto(page.url)
    table = downloaded(page, page.get_by_role("link", name="Parquet").click)

    shows_then_and_today(other)
    assert picture(other) == picture(page)
    is_what_data_gives(new_service, table)


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
    page.keyboard.press("/")
    page.keyboard.type("SAMPLE/GDP")
    page.keyboard.press("Enter")
    press_tab_to(page, page.get_by_role("button", name="Add SAMPLE/GDP"))
    page.keyboard.press("Enter")
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


def test_without_scripts(new_service: Lanner, browse: Browse, screen: Screen) -> None:
    """The same with links and forms; a field for the date takes the place of the slider."""
    page = browse(java_script_enabled=False)
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
        page.get_by_role("button", name="Change colours").click()
        searchbox(page).fill("gdp")
        searchbox(page).press("Enter")
        page.get_by_role("link", name="Gross Domestic Product", exact=True).click()
        page.get_by_role("link", name="Operations").click()
        page.get_by_role("link", name="lanner", exact=True).click()
        expect(page.get_by_role("heading", name="What changed")).to_be_visible()

    assert {path for path in paths if not path.startswith("/lanner/")} == set()
    assert len(paths) > 10
