"""Comparisons as they are without scripts: the same values as /data, aligned; the selection is the address."""

from __future__ import annotations

import io
import statistics
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from urllib.parse import quote, unquote
from uuid import UUID

import numpy as np
import pyarrow.parquet as pq
import pytest
from falcon.testing import Result

from domain.codes import DatasetCode
from domain.observations import Observations
from domain.series import Metadata
from domain.use_cases.read_series import Reading, Selection
from tests.builders import CannedSource, memory_use_cases, waiting_use_cases
from tests.entrypoints.web.conftest import Browser, Page, browser_of, sample_use_cases

GDP, CO2, MACRO = "SAMPLE/GDP", "SAMPLE/CO2", "SAMPLE/MACRO"


@pytest.fixture(scope="module")
def several() -> Browser:
    browser = browser_of(sample_use_cases())
    for code in (GDP, CO2, MACRO):
        assert browser.post("/find", {"code": code}).status_code == 303
    return browser


@pytest.mark.parametrize("query", ["", "&format=plot&start=1990-01-01", "&format=csv"])
def test_each_series_is_read_once(query: str) -> None:
    """However many of its columns are shown, and also where a script is sent more than the range."""
    use_cases, read = sample_use_cases(), []

    def reading(series_id: UUID, selection: Selection) -> Reading:
        read.append(series_id)
        return use_cases.read_series(series_id, selection)

    reading.stored_version = use_cases.read_series.stored_version  # type: ignore[attr-defined]
    browser = browser_of(replace(use_cases, read_series=reading))  # type: ignore[arg-type]
    for code in (GDP, MACRO):
        browser.post("/find", {"code": code})

    assert browser.get(f"/compare?s={MACRO};column=1&s={MACRO};column=2&s={GDP}{query}").status_code == 200
    assert len(read) == len(set(read)) == 2


def rows_of(answer: Result) -> tuple[list[str], dict[str, list[str]]]:
    """Return the headings of CSV and its cells by date."""
    assert answer.status_code == 200, answer.text
    heading, *lines = answer.text.splitlines()
    return heading.split(","), {line.split(",")[0]: line.split(",")[1:] for line in lines}


def stored(browser: Browser, code: str, column: int, **parameters: str) -> Mapping[str, str]:
    """Return what /data has for a column: date to text."""
    query = "&".join(f"{name}={value}" for name, value in {"code": code, "column_index": str(column), **parameters}.items())
    _, rows = rows_of(browser.client.simulate_get("/data.csv", query_string=query))
    return {day: cells[0] for day, cells in rows.items() if cells[0]}


@pytest.mark.parametrize(
    ("query", "of_data"),
    [
        ("", {}),
        ("start=1990-05-01&end=2001-02-15", {"start_date": "1990-05-01", "end_date": "2001-02-15"}),
        ("collapse=quarterly", {"collapse": "quarterly"}),
        ("collapse=annual&start=1990-05-01&end=2001-02-15", {"collapse": "annual", "start_date": "1990-05-01", "end_date": "2001-02-15"}),
        ("collapse=monthly&start=1990-05-01", {"collapse": "monthly", "start_date": "1990-05-01"}),
    ],
)
def test_values_are_those_of_data(several: Browser, query: str, of_data: dict[str, str]) -> None:
    """Each column has, bit for bit, what /data gives for the same parameters; all stand on all dates that one of them has."""
    heading, rows = rows_of(several.get(f"/compare?s={GDP}&s={MACRO};column=2&right={CO2}&{query}&format=csv"))
    expected = [stored(several, code, column, **of_data) for code, column in ((GDP, 1), (MACRO, 2), (CO2, 1))]

    assert heading == ["date", "SAMPLE/GDP", "SAMPLE/MACRO realcons", "SAMPLE/CO2"]
    assert sorted({day for column in expected for day in column}) == [day for day, cells in rows.items() if any(cells)]
    assert list(rows) == sorted(rows)
    for place, column in enumerate(expected):
        assert {day: cells[place] for day, cells in rows.items() if cells[place]} == column


def test_as_of_holds_for_all(several: Browser) -> None:
    """The state known on a day is shown of every series; the page names the vintages, and the day."""
    _, rows = rows_of(several.get(f"/compare?s={GDP}&s={GDP};transform=yoy&as_of=2009-01-30&format=csv"))
    page = Page(several.get(f"/compare?s={GDP}&as_of=2009-01-30").text)

    assert {day: cells[0] for day, cells in rows.items() if cells[0]} == stored(several, GDP, 1, as_of="2009-01-30")
    assert "as known on 30 Jan 2009" in page.words
    assert "vintage 207, known on 30 Jan 2009" in page.words


def test_changes_are_those_of_data(several: Browser) -> None:
    """Where no period is missing, changes are those of /data, whose transforms compare rows and are rounded to 14 digits."""
    query = "start_date=1950-01-01&collapse=quarterly"
    _, rows = rows_of(
        several.get(f"/compare?s={GDP}&s={MACRO};transform=diff&transform=rdiff&start=1960-01-01&collapse=quarterly&format=csv")
    )
    for place, (code, transform) in enumerate(((GDP, "rdiff"), (MACRO, "diff"))):
        answer = several.client.simulate_get("/data.csv", query_string=f"code={code}&column_index=1&{query}&transform={transform}")
        expected = {day: float(cells[0]) for day, cells in rows_of(answer)[1].items() if cells[0] and day >= "1960-01-01"}

        assert {day: float(cells[place]) for day, cells in rows.items() if cells[place]} == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_every_form_has_the_same_values(several: Browser) -> None:
    """CSV, Parquet, JSON and the table of the page."""
    path = f"/compare?s={GDP}&s={MACRO};column=unemp&start=2000-01-01&end=2002-12-31"
    heading, rows = rows_of(several.get(f"{path}&format=csv"))
    parquet = several.get(f"{path}&format=parquet")
    table = pq.read_table(io.BytesIO(parquet.content))
    document = several.get(f"{path}&format=json").json
    page = Page(several.get(path).text)

    assert parquet.headers["content-type"] == "application/vnd.apache.parquet"
    assert table.column_names == heading == document["columns"]
    values = [[float(cell) if cell else None for cell in cells] for cells in rows.values()]
    assert [list(row) for row in zip(*(table.column(name).to_pylist() for name in heading[1:]), strict=True)] == values
    assert [row[1:] for row in document["data"]] == values
    assert [(each["code"], each["column"], each["vintage"]["number"]) for each in document["series"]] == [
        ("sample:SAMPLE/GDP", "Value", 393),
        ("sample:SAMPLE/MACRO", "unemp", 1),
    ]
    assert b'"sample:SAMPLE/GDP"' in table.schema.metadata[b"series"]
    assert f"2002 Q4{float(rows['2002-10-01'][0]):,.0f}{float(rows['2002-10-01'][1]):.1f}" in page.words.replace(" ", " ").replace("  ", "")


def test_series_of_other_frequencies_meet_at_the_end_of_periods(several: Browser) -> None:
    """The page leads to the periods for which both have values; there, and among equal frequencies, it does not."""
    page = Page(several.get(f"/compare?s={GDP}&s={CO2}").text)
    link = next(each for each in page.addresses if each.endswith("#correlations")).removesuffix("#correlations")
    there = Page(several.get(f"/compare{link}").text)

    assert "few dates have both values: compare quarterly values." in page.words
    assert "n=26" in page.words
    assert "n=176" in there.words
    assert "few dates" not in there.words
    assert "few dates" not in Page(several.get(f"/compare?s={GDP}&s={MACRO}").text).words


def test_an_index_has_one_base(several: Browser) -> None:
    """All series are 100 at the same date; one with units of its own is left as it is."""
    _, rows = rows_of(
        several.get(f"/compare?s={GDP}&s={MACRO}&s={MACRO};column=unemp;transform=level&index=2000&start=1999-01-01&format=csv")
    )
    levels = stored(several, GDP, 1)

    assert rows["2000-01-01"] == ["100.0", "100.0", stored(several, MACRO, 9)["2000-01-01"]]
    assert float(rows["2005-01-01"][0]) == pytest.approx(100 * float(levels["2005-01-01"]) / float(levels["2000-01-01"]), rel=1e-15)
    page = Page(several.get(f"/compare?s={GDP}&s={MACRO}&transform=index&start=1999-01-01").text)
    assert "1999 Q1 = 100" in page.words


def test_an_index_that_cannot_begin_says_why(several: Browser) -> None:
    """The page shows the others, names the base and the series that has no value there; files of rows are refused with the reason."""
    page = Page(several.get(f"/compare?s={GDP}&s={CO2}&index=2008").text)
    common = Page(several.get(f"/compare?s={GDP}&s={CO2}&transform=index").text)
    refused = several.get(f"/compare?s={GDP}&s={CO2}&index=2008&format=csv")

    assert "100 at 1 Jan 2008: their first value from the chosen date on." in page.words
    assert "Mauna Loa has no index: its last value is of 29 Dec 2001, and it has none other than 0 from 1 Jan 2008 on." in page.words
    assert "100 at 29 Mar 1958: the first date shown from which on all of them have a value." in common.words
    assert (refused.status_code, refused.json["errors"][0]["parameter"]) == (400, "index")
    assert "SAMPLE/CO2 has no value other than 0 from 2008-01-01 on" in refused.json["detail"]


def test_correlation_is_that_of_the_values_shown(several: Browser) -> None:
    """Pearson's coefficient over the dates that have both values, with their number."""
    path = f"/compare?s={GDP}&s={MACRO};column=unemp&s={CO2}&transform=yoy&collapse=quarterly"
    _, rows = rows_of(several.get(f"{path}&format=csv"))
    found = {tuple(each["of"]): (each["r"], each["n"]) for each in several.get(f"{path}&format=json").json["correlations"]}
    page = Page(several.get(path).text).words

    assert len(found) == 3
    for (first, second), (coefficient, count) in found.items():
        pairs = [(float(cells[first - 1]), float(cells[second - 1])) for cells in rows.values() if cells[first - 1] and cells[second - 1]]
        assert count == len(pairs) > 100
        assert coefficient == pytest.approx(statistics.correlation(*zip(*pairs, strict=True)), abs=1e-9)
        assert f"{coefficient:.2f}".replace("-", "−") + f" n={count}" in page


def test_few_or_constant_values_have_no_correlation() -> None:
    """Fewer than three common dates, or a constant series: none, and a dash on the page."""
    days = [date(2024, month, 1) for month in range(1, 6)]
    states = Observations.of(
        days, ["a", "constant", "few"], [[1, 7, 1], [3, 7, 2], [2, 7, float("nan")], [5, 7, float("nan")], [4, 7, float("nan")]]
    )
    browser = browser_of(memory_use_cases({"canned": CannedSource(observations=states)}))
    browser.post("/find", {"code": "X/Y"})
    path = "/compare?s=X/Y&s=X/Y;column=constant&s=X/Y;column=few"

    found = browser.get(f"{path}&format=json").json["correlations"]
    assert [(each["of"], each["r"], each["n"]) for each in found] == [([1, 2], None, 5), ([1, 3], None, 2), ([2, 3], None, 2)]
    assert "– n=5" in Page(browser.get(path).text).words


@pytest.mark.parametrize(("view", "sign"), [("spread", -1), ("ratio", 0)])
def test_spread_and_ratio(several: Browser, view: str, sign: int) -> None:
    """They are computed on the dates that have both values, and stand beside these in the file and in the table."""
    path = f"/compare?s={MACRO};column=tbilrate&s={MACRO};column=infl&view={view}"
    heading, rows = rows_of(several.get(f"{path}&format=csv"))
    page = Page(several.get(path).text)

    assert heading == ["date", "SAMPLE/MACRO tbilrate", "SAMPLE/MACRO infl", view]
    assert len(rows) > 150
    for first, second, computed in rows.values():
        if sign:
            assert float(computed) == float(first) - float(second)
        else:
            assert (float(computed) == float(first) / float(second)) if computed else float(second) == 0
    word = "minus" if sign else "divided by"
    assert f"Line of {len(rows)} dates that have both values from 1959 Q1 to 2009 Q3. tbilrate {word} infl" in page.words


def test_a_scatter_plot(several: Browser) -> None:
    """The values of two series on the dates that have both; the correlation is said in words."""
    path = f"/compare?s={GDP}&s={CO2}&s={MACRO};column=cpi&view=scatter&of=3,1"
    _, rows = rows_of(several.get(f"{path}&format=csv"))
    page = several.get(path)

    assert all(all(cells) for cells in rows.values())
    assert f"Dots of {len(rows)} dates that have both values" in page.text
    assert "Correlation 0.9" in page.text
    assert page.text.count('class="now dots"') == 2


def test_where_no_dates_meet(several: Browser) -> None:
    """Weeks and quarters have few dates in common: the page says what helps."""
    page = Page(several.get(f"/compare?s={GDP}&s={CO2}&view=ratio&start=1990-02-01&end=1990-03-20").text)

    assert "when they are collapsed to the same periods" in page.words


def chips(page: Page) -> dict[str, str]:
    return {each["aria-label"]: unquote(each["href"]) for each in page.all("a") if "aria-label" in each and each["href"].startswith("?")}


def test_the_selection_is_the_address(several: Browser) -> None:
    """Each series can be removed, and given another axis, units, column or colour, by links; the others keep their colours."""
    page = Page(several.get(f"/compare?s={GDP}&s={MACRO};column=unemp&s={CO2};colour=7&start=1990-01-01").text)
    links = [unquote(each["href"]) for each in page.all("a") if each.get("href", "").startswith("?")]

    assert chips(page)["Remove Gross Domestic Product"] == f"?s={MACRO};column=unemp;colour=2&s={CO2};colour=7&start=1990-01-01"
    assert f"?s={GDP};axis=right&s={MACRO};column=unemp&s={CO2};colour=7&start=1990-01-01" in links
    assert f"?s={GDP}&s={MACRO};column=unemp;transform=yoy&s={CO2};colour=7&start=1990-01-01" in links
    assert f"?s={GDP}&s={MACRO};column=cpi&s={CO2};colour=7&start=1990-01-01" in links
    assert f"?s={GDP};colour=12&s={MACRO};column=unemp&s={CO2};colour=7&start=1990-01-01" in links
    pages = dict.fromkeys(link.partition("#")[0] for link in links if "format=" not in link and "SAMPLE/MACRO;column=unemp&" in link)
    assert {link: several.get(f"/compare{link}").status_code for link in pages} == dict.fromkeys(pages, 200)


def test_a_removed_series_leaves_the_colours(several: Browser) -> None:
    """After a removal the remaining curve is drawn in the colour that it had, and a new series takes the free one."""
    page = Page(several.get(f"/compare?s={GDP}&s={CO2}").text)
    after = several.get("/compare" + chips(page)["Remove Gross Domestic Product"])
    added = several.get(f"/compare?s={CO2};colour=2&s={GDP}")

    assert 'class="c2 line"' in after.text
    assert 'class="chart wide"' in after.text
    assert 'class="c1 line"' not in after.text.partition("<svg class=")[2].partition("options")[0]
    assert 'class="c1 line"' in added.text


def test_adding_a_series(several: Browser) -> None:
    """A code that is kept is added at once; words lead to what matches, each with the address that adds it."""
    added = several.get(f"/compare?s={GDP}&index=2000&query=sample:SAMPLE/CO2")
    found = Page(several.get(f"/compare?s={GDP}&index=2000&query=carbon").text)
    nothing = several.get(f"/compare?s={GDP}&query=nothing-like-it")

    assert (added.status_code, added.headers["location"]) == (303, f"/compare?s={GDP}&s=sample:{CO2}&index=2000")
    assert chips(found)["Add Atmospheric carbon dioxide at Mauna Loa"] == f"?s={GDP}&s=sample:{CO2}&index=2000"
    assert (nothing.status_code, nothing.headers["location"]) == (303, f"/find?query=nothing-like-it&compare={quote(f'?s={GDP}', safe='')}")
    assert {"type": "hidden", "name": "s", "value": GDP} in found.all("input")


def test_adding_what_is_not_kept(several: Browser) -> None:
    """A code that is not kept can be added from here; then the comparison has it, and says how its first fetch does."""
    place = f"?s={GDP}&index=2000"
    offered = Page(several.get(f"/compare{place}&query=SAMPLE/NILE").text)
    passed = {each["name"]: each["value"] for each in offered.all("input") if each.get("name") in ("code", "compare")}
    added = several.post("/find", passed)
    again = several.post("/find", passed | {"compare": f"?s={GDP}&s=SAMPLE/NILE;axis=right"})

    assert "Add SAMPLE/NILE and compare" in offered.words
    assert passed == {"code": "SAMPLE/NILE", "compare": place}
    assert (added.status_code, added.headers["location"]) == (303, f"/compare?s={GDP}&s=sample:SAMPLE/NILE&index=2000")
    assert again.headers["location"] == f"/compare?s={GDP}&s=SAMPLE/NILE;axis=right"
    assert "Flow of the Nile" in several.get(added.headers["location"]).text
    assert several.post("/find", {"code": "SAMPLE/SUNSPOTS", "compare": "?nonsense=1"}).status_code == 400
    assert several.get("/s/SAMPLE/SUNSPOTS").status_code == 404


def test_the_search_leads_back_to_the_comparison(several: Browser) -> None:
    """Opened from a comparison, kept results and those of providers are added to it, and further searches remember it."""
    place = quote(f"?s={GDP}", safe="")
    page = Page(several.get(f"/find?query=a&compare={place}&provider=sample").text)
    kept = [each["href"] for each in page.all("a") if "data-hit" in each and each["href"].startswith("/compare")]
    forms = [each for each in page.all("input") if each.get("name") == "compare"]

    assert f"/compare?s={GDP}&s=sample:{CO2}" in kept
    assert {each["value"] for each in forms} == {f"?s={GDP}"}
    assert len(forms) > 2
    assert all("&compare=" in each["data-address"] for each in page.all("li") if "data-address" in each)
    assert f"/compare?s={GDP}" in page.addresses
    assert several.get("/find?query=gdp&compare=%3Fs%3Dno-code").status_code == 400


def test_what_is_compared_already_is_not_added_again(several: Browser) -> None:
    """Chosen once more, here or at its provider, it leads back to the comparison as it is."""
    page = Page(several.get(f"/find?query=gdp&compare={quote(f'?s={GDP}', safe='')}&provider=sample").text)

    assert [each["href"] for each in page.all("a") if "data-hit" in each] == [f"/compare?s={GDP}"] * 2


def test_a_comparison_waits_for_its_series() -> None:
    """While the first fetch of a series goes on, the page says what it waits for, and looks again; scripts and files get the problem."""
    browser = browser_of(waiting_use_cases())
    place = browser.post("/find", {"code": "WIKI/FB", "compare": "?"}).headers["location"]
    answer = browser.get(place)
    page = Page(answer.text)

    assert answer.status_code == 200
    assert "canned:WIKI/FB is on its way" in page.words
    assert "it begins as soon as a worker is free" in page.words
    assert [int(each["data-poll"]) > 1000 for each in page.all("section") if "data-poll" in each] == [True]
    assert browser.get(f"{place}&format=json").status_code == 503


def test_the_empty_comparison_says_how_to_begin(several: Browser) -> None:
    """Without a series there is the form alone."""
    page = Page(several.get("/compare").text)

    assert "Up to 12 in one picture" in page.words
    assert any(each.get("name") == "query" for each in page.all("input"))


def test_pages_lead_to_a_comparison(several: Browser) -> None:
    """The page of a series and the list of what was found have a link; the view's column, units and range go with it."""
    series = Page(several.get(f"/s/{MACRO}?column=cpi&transform=yoy&start=1990-01-01").text)
    found = Page(several.get("/find?query=carbon").text)
    link = next(each["href"] for each in series.all("a") if each.get("class") == "button")

    assert unquote(link) == f"/compare?s=sample:{MACRO};column=6&transform=yoy&start=1990-01-01"
    assert several.get(link).status_code == 200
    assert [unquote(each["href"]) for each in found.all("a") if each.get("aria-label", "").startswith("Compare")] == [
        f"/compare?s=sample:{CO2}"
    ]


def test_twelve_series(several: Browser) -> None:
    """Twelve have twelve colours and three patterns of dashes; one more is refused."""
    twelve = "&".join(f"s={MACRO};column={number}" for number in range(1, 13))
    answer = several.get(f"/compare?{twelve}&index=1990")
    drawn = answer.text.partition('class="chart wide"')[2].partition("</svg>")[0]

    assert [f'class="c{number} line"' in drawn for number in range(1, 13)] == [True] * 12
    assert (drawn.count('stroke-dasharray="7 4"'), drawn.count('stroke-dasharray="2 4"')) == (4, 4)
    assert "the most that can be told apart" in Page(answer.text).words
    refused = several.get(f"/compare?{twelve}&s={GDP}&format=json")
    assert (refused.status_code, refused.json["errors"][0]["parameter"]) == (400, "s")
    assert "13 are given" in refused.json["detail"]


@pytest.mark.parametrize(
    ("query", "status", "parameter", "said"),
    [
        (f"s={GDP}&s=SAMPLE/NOPE", 404, "s", "SAMPLE/NOPE is not kept here"),
        (f"s={GDP}&right=nope:SAMPLE/GDP", 404, "right", "is not kept here"),
        ("s=nonsense", 400, "s", "has no slash"),
        ("right=nonsense", 400, "right", "has no slash"),
        (f"s={GDP};colum=2", 400, "s", "'colum=2' is not an option of a series"),
        (f"s={GDP};right", 400, "s", "'right' is not an option of a series"),
        (f"s={GDP};axis=left;axis=right", 400, "s", "axis is given twice"),
        (f"s={GDP};axis=up", 400, "s", "axis must be one of left, right"),
        (f"s={GDP};transform=cube", 400, "s", "transform must be one of level"),
        (f"s={GDP};colour=13", 400, "s", "colour must be a whole number from 1 to 12"),
        (f"s={GDP};column=0000000001", 400, "s", "SAMPLE/GDP has no column '0000000001'"),
        (f"s={GDP};column=2", 400, "s", "SAMPLE/GDP has no column '2'"),
        (f"right={MACRO};column=nope", 400, "right", "SAMPLE/MACRO has no column 'nope'"),
        (f"s={GDP}&transform=cube", 400, "transform", "transform must be one of"),
        (f"s={GDP}&as_of=1970-01-01", 404, "as_of", "Nothing of sample:SAMPLE/GDP was known then"),
        (f"s={GDP}&as_of=soon", 400, "as_of", "is not a day or a moment"),
        (f"s={GDP}&index=2008-13", 400, "index", "not a month of the calendar"),
        (f"s={GDP}&collapse=hourly", 400, "collapse", "collapse must be one of"),
        (f"s={GDP}&start=2000-02-30", 400, "start", "not a day of the calendar"),
        (f"s={GDP}&scale=lin", 400, "scale", "scale must be log"),
        (f"s={GDP}&view=spread", 400, "view", "view=spread needs two series"),
        (f"s={GDP}&s={CO2}&view=ratio&of=1,3", 400, "of", "the positions of two series"),
        (f"s={GDP}&s={CO2}&view=ratio&of=1,1", 400, "of", "the positions of two series"),
        (f"s={GDP}&vintage=3", 400, "vintage", "is not a parameter here"),
    ],
)
def test_problems_name_their_parameter(several: Browser, query: str, status: int, parameter: str, said: str) -> None:
    """Pages and files say what is wrong; files name the parameter for programs."""
    page, document = several.get(f"/compare?{query}"), several.get(f"/compare?{query}&format=csv")

    assert (page.status_code, said in Page(page.text).words) == (status, True)
    assert (document.status_code, document.json["errors"][0]["parameter"]) == (status, parameter)
    assert said in document.json["detail"]


def test_a_missing_series_can_be_left_out(several: Browser) -> None:
    """The page of the problem leads to the comparison without it, and to its own page."""
    page = Page(several.get(f"/compare?s={GDP}&s=SAMPLE/NOPE&index=2000").text)

    assert f"/compare?s={GDP}&index=2000" in [unquote(address) for address in page.addresses]
    assert "Add SAMPLE/NOPE and compare" in page.words


def test_what_was_not_known_then_can_be_compared_as_known_today(several: Browser) -> None:
    """The page of the problem leads there: a series that was added later has no state of that day."""
    page = Page(several.get(f"/compare?s={GDP}&s={CO2}&as_of=2009-01-30").text)

    assert f"/compare?s={GDP}&s={CO2}" in [unquote(address) for address in page.addresses]
    assert "Compare as known today" in page.words


def test_a_series_without_data_or_frequency() -> None:
    """A fetch that failed, and units that need a frequency, are problems that say so."""
    states = Observations.of([date(2024, 1, 1), date(2024, 2, 7)], ["a"], [[1], [2]])
    use_cases = memory_use_cases({"canned": CannedSource(observations=states, metadata=Metadata()), "empty": CannedSource(error=None)})
    browser = browser_of(use_cases)
    browser.post("/find", {"code": "canned:X/Y"})
    with use_cases.read_series.store.writing() as uow:
        uow.series.add("canned", DatasetCode("X", "EMPTY"))
        uow.commit()
    changed = browser.get("/compare?s=X/Y&transform=yoy&format=json")
    own = browser.get("/compare?s=X/Y;transform=yoy&format=json")
    empty = browser.get("/compare?s=X/Y&s=X/EMPTY&format=json")

    assert [answer.json["errors"][0]["parameter"] for answer in (changed, own, empty)] == ["transform", "s", "s"]
    assert (changed.status_code, empty.status_code) == (400, 503)
    assert "of no known frequency" in changed.json["detail"]
    assert "has no observations yet" in empty.json["detail"]


def test_the_script_draws_what_the_picture_shows(several: Browser) -> None:
    """The document has the shown range and what lies around it; values are those of the file, and the index keeps its base."""
    path = f"/compare?s={GDP}&s={MACRO};column=unemp;axis=right&transform=index&start=1990-01-01&end=1999-12-31"
    document = several.get(f"{path}&format=plot&pixels=800").json
    _, rows = rows_of(several.get(f"{path}&format=csv"))
    gdp, unemployment = document["curves"]
    axis = document["axes"][gdp["axis"]]
    moments = {f"{np.datetime64(moment, 's').astype('datetime64[D]')}": place for place, moment in enumerate(axis)}

    assert document["kept"] == {"index": "1990-01-01"}
    assert [(each["role"], each["right"]) for each in (gdp, unemployment)] == [("c1", False), ("c2", True)]
    assert document["extent"][0] < document["sent"][0] < document["shown"][0] < document["shown"][1] < document["sent"][1]
    assert {day: gdp["values"][moments[day] - gdp["start"]] for day in rows} == {day: float(cells[0]) for day, cells in rows.items()}
    assert several.get(f"/compare?s={GDP}&transform=index&index=2000&format=plot").json["kept"] == {"index": "2000-01-01"}
    assert several.get(f"/compare?s={GDP};transform=index&format=plot").json["kept"] == {}
