"""The page of a formula: a series like any other, without what only fetched series have."""

from __future__ import annotations

import pytest

from domain.codes import DatasetCode
from tests.entrypoints.web.conftest import Browser, Page, browser_of, sample_use_cases

GDP, GROWTH = DatasetCode("SAMPLE", "GDP"), DatasetCode("MY", "GROWTH")


@pytest.fixture
def formulas() -> Browser:
    use_cases = sample_use_cases()
    use_cases.request_fetch(GDP)
    use_cases.manage_formulas.define(GROWTH, "100 * yoy(SAMPLE('GDP'))", unit="Percent", title="Growth of a year")
    return browser_of(use_cases)


def test_the_page_has_title_chart_data_and_source(formulas: Browser) -> None:
    """It says how the values are computed, of what, and where the result stays the same; nothing offers a fetch."""
    page = Page(formulas.get("/s/MY/GROWTH?view=source").text)

    assert "Growth of a year" in page.words
    assert "Computed when it is read" in page.words
    assert "100 * yoy(SAMPLE('GDP'))" in page.text
    assert "sample:SAMPLE/GDP" in page.text
    assert page.all("svg")
    assert "Fetch now" not in page.words
    assert "Follow" not in page.words.split()
    assert any("position=" in each for each in page.addresses)


@pytest.mark.parametrize("tab", ["releases", "first", "history", "diff", "vintages", "fetches", "table"])
def test_what_only_stored_series_have_is_left_out(formulas: Browser, tab: str) -> None:
    """Each of its tabs shows the table instead."""
    answer = formulas.get(f"/s/MY/GROWTH?view={tab}&fan=6")
    page = Page(answer.text)

    assert answer.status_code == 200
    assert not {"Releases", "Vintages", "Fetches", "Differences"} & set(page.words.split())


@pytest.mark.parametrize("form", ["", "format=svg&", "format=csv&", "format=json&", "format=plot&", "format=part&"])
def test_it_has_all_forms(formulas: Browser, form: str) -> None:
    """As known today, and at a moment."""
    assert formulas.get(f"/s/MY/GROWTH?{form}").status_code == 200
    assert formulas.get(f"/s/MY/GROWTH?{form}as_of=2009-01-30").status_code == 200


def test_it_is_shown_as_it_was_known(formulas: Browser) -> None:
    """On its page and in a comparison it is computed of what was known of its series then."""
    compared = formulas.get("/compare?s=MY/GROWTH&s=SAMPLE/GDP;transform=yoy&as_of=2009-01-30&format=csv").text
    *_, (day, then, growth) = (line.split(",") for line in compared.split())
    known = formulas.get("/s/MY/GROWTH?format=csv&as_of=2009-01-30").text

    assert (day, float(then)) == ("2008-10-01", pytest.approx(100 * float(growth)))
    assert f"\n{day},{then}," in known.replace("\r", "")
    assert f"\n{day},{then},{then}" not in known.replace("\r", "")


def test_a_formula_that_cannot_be_computed_says_why(formulas: Browser) -> None:
    """Its page names the series that is missing, and its frame is refused with the same reason."""
    use_cases = sample_use_cases()
    key = use_cases.request_fetch(GDP).series.id
    use_cases.manage_formulas.define(GROWTH, "100 * yoy(SAMPLE('GDP'))")
    use_cases.remove_series(key, confirm="SAMPLE/GDP")
    browser = browser_of(use_cases)
    page = Page(browser.get("/s/MY/GROWTH").text)

    assert "It cannot be computed now" in page.words
    assert "sample:SAMPLE/GDP" in page.text
    assert browser.get("/embed/s/MY/GROWTH").status_code == 404
    assert browser.get("/s/MY/GROWTH?view=source").status_code == 200
    assert browser.get("/").status_code == browser.get("/find?query=growth").status_code == 200
