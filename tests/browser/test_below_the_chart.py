"""What scripts add below the chart, and to the page on which a file is dropped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.running import Lanner

AMBIGUOUS = "Date,Visits\n01/02/2021,5\n02/03/2021,7\n"
Screen = Callable[..., Path]
DROP = """([name, text]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([text], name, { type: "text/csv" }));
  for (const type of ["dragover", "drop"]) {
    document.querySelector("main").dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }
}"""


def test_a_long_table_is_scrolled_through(service: Lanner, page: Page, screen: Screen) -> None:
    """Rows are asked for as they come into view; few of them are in the page at once, and the last one is reached."""
    page.goto(f"{service.address}/s/SAMPLE/EUROFX?view=table")
    region = page.get_by_role("region", name="Values", exact=True)
    rows = region.locator("tbody tr:not(.gap)")
    count = int(page.locator("lanner-table").get_attribute("data-count") or 0)
    expect(page.get_by_role("navigation", name="Pages of the table")).to_be_hidden()
    assert count > 1000

    for share in (0.5, 1):
        region.evaluate("(each, share) => { each.scrollTop = each.scrollHeight * share; }", share)
        expect(region.locator(f"[aria-rowindex='{count + 1}']" if share == 1 else "tbody tr >> nth=3")).to_be_attached()
    assert rows.count() <= 800
    indices = [int(each) for each in rows.evaluate_all("rows => rows.map((row) => row.getAttribute('aria-rowindex'))")]
    assert indices == list(range(indices[0], count + 2))
    screen(page, "table")


def test_a_fan_is_drawn_by_scripts_too(service: Lanner, page: Page, screen: Screen) -> None:
    """A link adds it, and the script's picture has its curves."""
    page.goto(f"{service.address}/s/SAMPLE/GDP?as_of=2009-01-30&transform=annualized&start=2006-01-01&end=2010-12-31")
    page.locator("#vintages").get_by_role("link", name="12", exact=True).click()
    expect(page.locator("#legend")).to_contain_text("12 earlier vintages, 30 Jan 2008 to 23 Dec 2008")
    expect(page.locator("#plot-words")).to_contain_text("Line of 20 quarters")
    expect(page.locator("#plot-words")).to_contain_text("Behind them: 12 earlier vintages")
    expect(page.locator("lanner-chart.drawn canvas")).to_be_visible()
    screen(page, "fan")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_file_is_read_again_with_each_option(service: Lanner, page: Page, screen: Screen, dark: bool) -> None:  # noqa: FBT001 - a parameter
    """The cell in question is marked; the option that decides redraws, without choosing the file again."""
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.goto(f"{service.address}/file")
    page.get_by_label("File", exact=True).set_input_files({"name": "visits.csv", "mimeType": "text/csv", "buffer": AMBIGUOUS.encode()})
    expect(page.locator("mark")).to_have_text("01/02/2021")
    screen(page, f"file-doubt-{'dark' if dark else 'light'}")
    page.get_by_role("button", name="2 January 2021: month first").click()
    expect(page.get_by_role("region", name="What would be read")).to_contain_text("2021-01-02")
    page.locator("summary").first.click()
    page.locator("#option-date_format input").fill("%d/%m/%Y")
    expect(page.get_by_role("region", name="What would be read")).to_contain_text("2021-02-01")
    expect(page.locator("pre")).to_contain_text('date_format = "%d/%m/%Y"')
    screen(page, f"file-read-{'dark' if dark else 'light'}")


def test_a_file_is_dropped_on_the_home_page(service: Lanner, page: Page) -> None:
    """Its page takes the place of the home page and keeps the file; back leads home."""
    page.goto(service.address)
    page.evaluate(DROP, ["visits.csv", AMBIGUOUS])
    expect(page.locator("mark")).to_have_text("01/02/2021")
    assert page.url == f"{service.address}/file"
    page.locator("summary").first.click()
    page.locator("#option-date_format input").fill("%m/%d/%Y")
    expect(page.get_by_role("region", name="What would be read")).to_contain_text("2021-01-02")
    page.go_back()
    expect(page.get_by_role("heading", name="What changed")).to_be_visible()
