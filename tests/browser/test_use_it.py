"""The lines for other tools, as they are copied from the page of a series."""

from __future__ import annotations

import subprocess
import sys

import pytest
from playwright.sync_api import Page

from tests.acceptance.running import Lanner
from tests.browser.conftest import Browse

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: Where the first line of the text that is open begins, in pixels from above.
FIRST_LINE = """() => {
  const range = document.createRange();
  range.selectNodeContents(document.querySelector("#use details[open] pre"));
  return range.getClientRects()[0].top;
}"""


@pytest.fixture
def use(browse: Browse, service: Lanner) -> Page:
    """The page of US GDP as it was known in January 2009, in a browser that lets read what was copied."""
    page = browse(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{service.address}/s/SAMPLE/GDP?as_of=2009-01-30")
    return page


def copied(page: Page, tool: str) -> str:
    page.locator("#use").get_by_text(tool, exact=True).click()
    page.locator("#use details[open]").get_by_role("button", name="Copy").click()
    page.locator("#use details[open]").get_by_role("button", name="Copied").wait_for()
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_each_tools_lines_are_copied_by_a_click(use: Page) -> None:
    """The button copies the lines that are open, and covers none of them."""
    tools = use.locator("#use summary").all_inner_texts()
    assert len(tools) == 8

    for tool in tools[1:] + tools[:1]:
        text = copied(use, tool)
        assert text == use.locator("#use details[open] pre").text_content()
        button, lines = use.locator("#use details[open] button").bounding_box(), use.evaluate(FIRST_LINE)
        assert button
        assert button["y"] + button["height"] <= lines


def test_the_lines_for_pandas_run_as_they_are(use: Page) -> None:
    """Python prints the newest value that was known then."""
    use.locator("#use").get_by_text("polars", exact=True).click()
    ran = subprocess.run([sys.executable, "-c", copied(use, "pandas")], capture_output=True, text=True, check=False)

    assert "14264.6" in ran.stdout, ran.stderr
    assert "[252 rows x 1 columns]" in ran.stdout
