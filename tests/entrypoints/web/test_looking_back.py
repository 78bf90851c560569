"""What stands below the chart, and the fan: each is a link away, works without scripts, and has its file."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
import pytest

from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.fetches import Suspicion
from domain.observations import Observations
from domain.ports import Fetched, PriorState
from domain.series import Metadata
from entrypoints.web.series.below import rows_a_page
from tests.builders import memory_use_cases
from tests.entrypoints.web.conftest import Browser, Page, browser_of
from tests.fakes import NAN, CannedSource

DAYS = [f"2024-01-{day:02}" for day in range(1, 11)]
RANGE = "start=2003-01-01&end=2010-12-31"


@dataclass
class InDialect(CannedSource):
    """A source that tells how its answer is written."""

    dialect: dict[str, str] = field(default_factory=dict)

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        return replace(super().fetch(code, known), dialect=self.dialect)


def rows_of(browser: Browser, path: str) -> list[list[str]]:
    """Return the lines of a CSV file."""
    answer = browser.get(path)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.reader(answer.text.splitlines()))


@pytest.fixture(scope="module")
def changing() -> Browser:
    """A series that lost a column, was renamed, and had one value taken away and given back."""
    clock, source = [datetime(2024, 3, 1, 12, tzinfo=UTC)], InDialect()
    use_cases = memory_use_cases({"canned": source}, store=MemoryStore(lambda: clock[0]))
    values = np.arange(20.0).reshape(10, 2) + 1
    states = [
        (Observations.of(DAYS, ["Open", "Close"], values), Metadata(name="Old", unit="USD", extra={"dates": "any"})),
        (Observations.of(DAYS, ["Open"], values[:, :1]), Metadata(name="New", unit="USD")),
        (Observations.of(DAYS, ["Open"], [[NAN], *values[1:, :1]]), Metadata(name="New", unit="EUR")),
        (Observations.of(DAYS, ["Open"], [[7.0], *values[1:, :1]]), Metadata(name="New", unit="EUR")),
    ]
    for day, (state, metadata) in enumerate(states, start=1):
        source.dialect = {"dates": "day/month"} if day == 1 else {"numbers": ","}
        clock[0], source.observations, source.metadata = datetime(2024, 3, day, 12, tzinfo=UTC), state, metadata
        use_cases.request_fetch(DatasetCode("X", "Y"), refresh=True, allow=frozenset(Suspicion))
    return browser_of(use_cases)


def test_a_fan_is_drawn_behind(samples: Browser) -> None:
    """The vintages known before the one that is shown are thin lines behind it, also where changes would be bars."""
    path = f"/s/SAMPLE/GDP?as_of=2009-01-30&transform=annualized&{RANGE}&fan=12"
    svg, page = samples.get(f"{path}&format=svg").text, Page(samples.get(path).text)
    lines = rows_of(samples, f"{path}&format=csv")

    assert svg.count('class="fan line"') == 12
    assert svg.index('class="fan line"') < svg.index('class="then line"')
    assert svg.count("<circle") == 2
    assert "12 earlier vintages, 30 Jan 2008 to 23 Dec 2008" in page.words
    assert "Behind them: 12 earlier vintages" in svg
    assert ">12 earlier vintages, 30 Jan 2008 to 23 Dec 2008</text>" in svg
    assert lines[0] == ["date", "as of 2009-01-30", "today", *(f"vintage {number}" for number in range(195, 207))]
    assert [round(100 * float(cell), 1) for cell in lines[-9][1:3]] == [-4.1, -7.6]


def test_the_fan_of_an_early_vintage_is_short(samples: Browser) -> None:
    """There is nothing before the first vintage; too many are refused."""
    assert 'class="fan line"' not in samples.get("/s/SAMPLE/GDP?vintage=1&fan=12&format=svg").text
    assert samples.get("/s/SAMPLE/GDP?vintage=3&fan=12&format=svg").text.count('class="fan line"') == 2
    assert samples.get("/s/SAMPLE/GDP?fan=51").status_code == 400


def test_bars_stay_bars_over_a_fan(samples: Browser) -> None:
    """Only the shown states are bars."""
    svg = samples.get(f"/s/SAMPLE/GDP?chart=bars&transform=rdiff&{RANGE}&fan=3&format=svg").text

    assert (svg.count('class="fan line"'), svg.count('class="now bars"')) == (3, 1)


def test_differences_of_two_states(samples: Browser) -> None:
    """Only dates that differ are listed, with counts; the other state may be named; the CSV has the same rows."""
    path = f"/s/SAMPLE/GDP?as_of=2009-01-30&transform=annualized&{RANGE}&view=diff"
    words = Page(samples.get(path).text).words
    lines = rows_of(samples, f"{path}&format=csv")
    against = Page(samples.get(f"{path}&against=2009-02-27").text).words

    assert "From vintage 207, known on 30 Jan 2009, to vintage 393" in words
    assert "24 values revised, 8 dates added, 0 the same" in words
    assert "2008 Q4−4.1−7.6−3.5" in words
    assert lines[0] == ["date", "vintage 207", "vintage 393", "change", "relative change"]
    assert len(lines) == 1 + 24 + 8
    assert [round(100 * float(cell), 1) for cell in lines[24][1:4]] == [-4.1, -7.6, -3.5]
    assert lines[-1][1] == lines[-1][3] == ""
    assert "to vintage 208, known on 27 Feb 2009: 1 value revised, 23 the same" in against
    assert "2008 Q4−4.1−5.8−1.7" in against


def test_without_a_moment_the_newest_vintage_is_compared(changing: Browser) -> None:
    """With the one known before it; a value that was taken away is said to be so."""
    words = Page(changing.get("/s/X/Y?view=diff").text).words
    gone = Page(changing.get("/s/X/Y?view=diff&vintage=2&against=3").text).words

    assert "From vintage 3, known on 3 Mar 2024, 12:00, to vintage 4" in words
    assert "0 values revised, 1 date added, 9 the same" in words
    assert "0 values revised, 1 date taken away, 9 the same" in gone
    assert "1 Jan 20241–taken away" in gone


@pytest.mark.parametrize(("against", "status"), [("9999", 404), ("soon", 400), ("1970-01-01", 404), ("0", 400)])
def test_a_state_that_is_none_is_a_problem(samples: Browser, against: str, status: int) -> None:
    """The page says which it is."""
    assert samples.get(f"/s/SAMPLE/GDP?view=diff&against={against}").status_code == status


def test_first_release_against_latest(samples: Browser) -> None:
    """The statistics are those of the rows that count, which the CSV has too."""
    path = f"/s/SAMPLE/GDP?transform=annualized&{RANGE}&view=first"
    page = Page(samples.get(path).text)
    lines = rows_of(samples, f"{path}&format=csv")
    sizes = 100 * np.array([float(line[3]) for line in lines[1:]])

    assert lines[0] == ["date", "first release", "latest value", "revision", "releases"]
    assert len(sizes) == 32
    assert f"Median absolute revision{np.median(np.abs(sizes)):.1f} points" in page.words
    assert f"Mean absolute revision{np.abs(sizes).mean():.1f} points" in page.words
    assert f"Standard deviation{sizes.std(ddof=1):.1f} points" in page.words
    assert "2008 Q430 Jan 2009−4.1−7.6−3.510" in page.words
    assert "Levels also change" in Page(samples.get(f"/s/SAMPLE/GDP?view=first&{RANGE}").text).words


def test_a_history_says_why(changing: Browser) -> None:
    """Each vintage with another value has its moment, cause and change; a value may be taken away."""
    words = Page(changing.get("/s/X/Y?view=history&date=2024-01-01").text).words

    assert "taken away" in words
    assert words.count("published") >= 3
    assert "Why" in words


def test_a_lost_column_is_said(changing: Browser) -> None:
    """It is no change of all dates; nor is the metadata's change hidden."""
    words = Page(changing.get("/s/X/Y?view=vintages").text).words

    assert "lost the column “Close”" in words
    assert "columns" in words
    assert "name changed from “Old” to “New”" in words
    assert "way of writing changed from “dates as day/month” to “dates as day/month; numbers with a comma as the decimal mark”" in words


def test_the_source_tells_the_description_and_its_history(changing: Browser) -> None:
    """A dialect is told in words, and each change of name and unit with its vintage."""
    words = Page(changing.get("/s/X/Y?view=source").text).words

    assert "numbers with a comma as the decimal mark" in words
    assert "{" not in words
    assert "unitUSDEUR" in words
    assert "nameOldNew" in words


def test_all_rows_are_reached_by_links(samples: Browser) -> None:
    """Pages of the table lead to one another; together they have every date once."""
    path, dates = "/s/SAMPLE/GDP?view=table&limit=100", []
    while path:
        page = Page(samples.get(path).text)
        dates += [each["datetime"] for each in page.all("time") if len(each["datetime"]) == len("2024-01-01") and "title" not in each]
        older = [each["href"] for each in page.all("a") if "offset=" in each.get("href", "")]
        following = f"offset={len(dates)}"
        path = next((f"/s/SAMPLE/GDP{each.removesuffix('#below')}" for each in older if following in each), "")
    stored = [line[0] for line in rows_of(samples, "/s/SAMPLE/GDP?format=csv")[1:]]

    assert dates == stored[::-1]


@pytest.mark.parametrize("columns", [1, 4, 5, 12, 40])
def test_a_page_of_many_columns_has_fewer_rows(columns: int) -> None:
    """It has about as many cells as one of few columns."""
    assert rows_a_page(columns) == {1: 100, 4: 100, 5: 80, 12: 33, 40: 25}[columns]


def test_rows_are_a_part_of_the_page(samples: Browser) -> None:
    """What a script asks for has the rows alone; a place behind the end is the last page."""
    rows = Page(samples.get("/s/SAMPLE/GDP?format=rows&limit=10&offset=20").text)
    last = Page(samples.get("/s/SAMPLE/GDP?view=table&limit=10&offset=99999").text)

    assert [each["aria-rowindex"] for each in rows.all("tr")] == [str(number) for number in range(22, 32)]
    assert rows.all("html") == []
    assert "1947" in last.words


def test_statistics_of_what_is_shown(samples: Browser) -> None:
    """Today's and those of the chosen moment, in the chosen units and range."""
    words = Page(samples.get(f"/s/SAMPLE/GDP?as_of=2009-01-30&transform=annualized&{RANGE}&view=table").text).words

    assert "Values3224" in words
    assert "Lowest−7.6 in 2008 Q4−4.1 in 2008 Q4" in words


@pytest.mark.parametrize("tab", ["first", "diff"])
def test_one_vintage_alone_has_nothing_to_compare(samples: Browser, tab: str) -> None:
    """The page and its file are empty, and no error."""
    answer = samples.get(f"/s/SAMPLE/MACRO?view={tab}")

    assert answer.status_code == 200
    assert len(rows_of(samples, f"/s/SAMPLE/MACRO?view={tab}&format=csv")) == 1


def test_all_columns_stand_in_one_table(samples: Browser) -> None:
    """Each column has its name, its values and its statistics; a fan without earlier vintages is none."""
    page = Page(samples.get("/s/SAMPLE/MACRO?column=*&view=table&fan=3&limit=10").text)
    columns = next(line[1:] for line in rows_of(samples, "/s/SAMPLE/MACRO?column=*&format=csv"))

    assert len(columns) > 3
    assert all(page.words.count(name) >= 3 for name in columns)


def test_level_shifts_are_marked(samples: Browser) -> None:
    """The dates between whose two values the level of the series shifted have a mark, and the vintages are named; changes have none."""
    levels = Page(samples.get("/s/SAMPLE/GDP?view=first&start=1988-01-01&end=1995-12-31").text)
    changes = Page(samples.get("/s/SAMPLE/GDP?view=first&start=1988-01-01&end=1995-12-31&transform=annualized").text)

    assert "Between the two values of a date marked * the level of the series shifted: " in levels.words
    assert [each for each in levels.all("sup") if "shifted" in each["title"]] != []
    assert "marked *" not in changes.words
