"""Flags on the page of a series: in its table, beside the vintages, and for the chart's cursor."""

from __future__ import annotations

import pytest

from tests.entrypoints.flagged import flagged_use_cases
from tests.entrypoints.web.conftest import Browser, Page, browser_of

SERIES = "/s/canned:WIKI/FB"


@pytest.fixture(scope="module")
def browser() -> Browser:
    return browser_of(flagged_use_cases())


def test_the_table_shows_flags(browser: Browser) -> None:
    """Each flag stands behind its value, with its meaning; then and today have their own."""
    page = Page(browser.get(f"{SERIES}?view=table&column=Close").text)

    assert [small["title"] for small in page.all("small") if "title" in small] == ["provisional", "break; estimated"]
    assert "3.5000 p" in page.words
    assert "– B E" in page.words
    then = Page(browser.get(f"{SERIES}?view=table&column=Close&vintage=1").text)
    assert "1.5000 p1.5000" in then.words
    assert not [small for small in Page(browser.get("/s/plain:WIKI/FB?view=table").text).all("small") if "title" in small]


def test_changes_have_no_flags(browser: Browser) -> None:
    """Calculated values have none."""
    page = Page(browser.get(f"{SERIES}?view=table&column=Close&transform=rdiff").text)

    assert not [small for small in page.all("small") if "title" in small]


def test_vintages_say_which_brought_flags_alone(browser: Browser) -> None:
    """A vintage whose values are as before is explained."""
    assert "other flags, the same values" in Page(browser.get(f"{SERIES}?view=vintages").text).words
    assert "only flags of 1 date changed" in Page(browser.get("/").text).words


def test_the_cursor_gets_flags(browser: Browser) -> None:
    """The document that the chart is drawn from has the flags by their moments; of a series without flags it has none."""
    [curve] = browser.get(f"{SERIES}?format=plot&column=Close&pixels=500").json["curves"]
    plain = browser.get("/s/plain:WIKI/FB?format=plot&column=Close&pixels=500").json["curves"]

    assert curve["flags"] == {"1704153600": "B E", "1704240000": "p"}
    assert all("flags" not in each for each in plain)


def test_files_are_as_before(browser: Browser) -> None:
    """The rows that are seen, as files, hold values alone."""
    assert browser.get(f"{SERIES}?format=csv&view=table&column=Close").text.splitlines()[-1] == "2024-01-03,3.5"
