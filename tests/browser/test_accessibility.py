"""Every page for everybody: the rules of axe, the keyboard, the sizes of screens, still pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.acceptance.running import Lanner
from tests.browser.conftest import DESKTOP, PHONE, Browse, Keyed, Screen
from tests.browser.pages import GDP, PAGES, PENDING, THEN

pytestmark = pytest.mark.browser

LOOKS = {f"{scheme}-{name}": (scheme, size) for scheme in ("light", "dark") for name, size in (("desktop", DESKTOP), ("phone", PHONE))}
WIDTHS = (320, 390, 620, 768, 961, 1280, 1920, 3840)
#: Whether an element that has the focus is seen, and seen to have it.
FOCUS = """() => {
  const element = document.activeElement;
  if (element === document.body) return null;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  return {
    html: element.outerHTML.slice(0, 200),
    marked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    seen: element.classList.contains("skip") || (box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth),
  };
}"""


def violations(page: Page) -> list[str]:
    """Return what axe finds, a line each; of long tables, whose rows are alike, it looks at the first rows."""
    found = Axe().run(page, {"exclude": [["tbody tr:nth-child(n+40)"]]}).response["violations"]
    return [f"{each['id']}: {node['target']} {node['failureSummary']}" for each in found for node in each["nodes"]]


def look_at(page: Page, name: str, screen: Screen) -> list[str]:
    """Check the page that is open in light and dark, on a desktop and a phone, with a screenshot of each."""
    found = []
    for look, (scheme, size) in LOOKS.items():
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size(size)  # type: ignore[arg-type]
        screen(page, f"{name}-{look}")
        found += [f"{look}: {each}" for each in violations(page)]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(service: Lanner, page: Page, screen: Screen, name: str) -> None:
    """No page has a violation, in any look."""
    page.goto(service.address + PAGES[name])

    assert look_at(page, name, screen) == []


def test_axe_finds_nothing_while_nothing_is_kept(new_service: Lanner, page: Page, screen: Screen) -> None:
    """Nor has what a new user sees."""
    page.goto(new_service.address)

    assert look_at(page, "home-empty", screen) == []


def test_axe_finds_nothing_where_keys_are_required(keyed: Keyed, page: Page, screen: Screen) -> None:
    """Nor have the sign-in, also after a wrong key, and the pages of one who is signed in."""
    page.goto(keyed.service.address)
    found = look_at(page, "sign-in", screen)
    page.get_by_label("API key").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    found += look_at(page, "sign-in-refused", screen)
    page.get_by_label("API key").fill(keyed.keys["admin"])
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{keyed.service.address}/operations/keys")

    assert found + look_at(page, "keys-admin", screen) == []


def test_axe_finds_what_is_wrong(service: Lanner, page: Page) -> None:
    """A picture without a name is found: the tests above can fail."""
    page.goto(service.address)
    page.evaluate("document.querySelector('main').append(document.createElement('img'))")

    assert [each.partition(":")[0] for each in violations(page)] == ["image-alt"]


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_the_screen(service: Lanner, page: Page, name: str) -> None:
    """From a small phone to a wall nothing but tables scrolls sideways, and those within their place."""
    page.goto(service.address + PAGES[name])
    widths = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        widths[width] = page.evaluate("document.documentElement.scrollWidth")

    assert widths == {width: width for width in WIDTHS}


@pytest.mark.parametrize("name", ["home", "find", "series-then", "operations", "keys"])
def test_the_focus_is_seen(service: Lanner, page: Page, name: str) -> None:
    """Whatever the Tab key reaches is on the screen, and marked."""
    page.goto(service.address + PAGES[name])
    page.evaluate("document.activeElement.blur()")
    stops = []
    for _ in range(60):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop is None:
            break
        stops.append(stop)

    assert len(stops) > 5
    assert [stop["html"] for stop in stops if not stop["seen"]] == []
    # A field for a date has several stops; the browser marks the last of them, its button, by itself.
    assert {stop["html"] for stop in stops} - {stop["html"] for stop in stops if stop["marked"]} == set()


def test_the_first_tab_leads_past_the_head(service: Lanner, page: Page) -> None:
    """The first stop of the keyboard is a link to the content."""
    page.goto(service.address + GDP)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize(("motion", "moving"), [("reduce", 0), ("no-preference", 1)])
def test_nothing_moves_for_those_who_ask_for_it(service: Lanner, browse: Browse, motion: str, moving: int) -> None:
    """The dot of a running fetch pulses, but not where the system asks for less motion."""
    page = browse(reduced_motion=motion)
    page.goto(f"{service.address}/s/{PENDING}")

    assert page.evaluate("document.getAnimations().filter((each) => each.playState === 'running').length") == moving


def test_colours_by_switch(service: Lanner, browse: Browse, screen: Screen) -> None:
    """The switch goes from the system's colours to dark, light and back, and is remembered."""
    page = browse(color_scheme="light")
    page.goto(service.address + THEN)
    colours = {"": page.evaluate("getComputedStyle(document.body).backgroundColor")}
    for theme in ("dark", "light", None):
        page.get_by_role("button", name="Change colours").click()
        assert page.locator("html").get_attribute("data-theme") == theme
        colours[theme or "system"] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        if theme == "dark":
            assert violations(page) == []

    assert page.url == service.address + THEN
    assert colours[""] == colours["light"] == colours["system"] != colours["dark"]


def test_in_print(service: Lanner, page: Page, screen: Screen) -> None:
    """Paper gets the chart and the table, white, without what is there to click."""
    page.goto(service.address + THEN)
    page.emulate_media(media="print")
    file: Path = screen(page, "series-in-print")

    assert file.exists()
    assert not page.get_by_role("banner").is_visible()
    assert not page.get_by_role("button", name="Set range").is_visible()
    assert page.locator("#picture svg.chart.wide").is_visible()
    assert page.locator("#below table").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
