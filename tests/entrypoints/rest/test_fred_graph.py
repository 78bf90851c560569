"""``/graph/fredgraph.csv`` and ``/data/ID``."""

from __future__ import annotations

import re

import pytest

from domain.observations import Observations
from domain.series import Metadata
from tests.entrypoints.rest.fred import FredClient, Publishing
from tests.fakes import NAN, CannedSource


@pytest.fixture(scope="module")
def fred() -> FredClient:
    """With a daily series of another provider."""
    prices = Observations.of(["2024-01-01", "2024-01-02", "2024-01-31"], ["Open", "Close"], [[1, 2], [3, NAN], [8, 6]])
    return FredClient(others={"canned": CannedSource(observations=prices, metadata=Metadata(name="Prices"))})


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ({"id": "JOBS"}, ["observation_date,JOBS", "2023-10-01,100.0", "2023-11-01,111.0", "2023-12-01,", "2024-01-01,130.0"]),
        ({"id": "JOBS", "cosd": "2023-11-15", "coed": "2023-12-31"}, ["observation_date,JOBS", "2023-12-01,"]),
        (
            {"id": "jobs", "vintage_date": "2024-01-20", "cosd": "2023-11-01"},
            ["observation_date,JOBS_20240120", "2023-11-01,111.0", "2023-12-01,120.5"],
        ),
        (
            {"id": "JOBS,JOBS", "vintage_date": "2023-12-20,2024-02-20", "cosd": "2023-11-01,2023-11-01", "transformation": "lin,pch"},
            [
                "observation_date,JOBS_20231220,JOBS_20240220",
                "2023-11-01,110.0,11.00000000000001",
                "2023-12-01,,",
                "2024-01-01,,",
            ],
        ),
        (
            {"id": "JOBS,CANNED/FB", "cosd": "2024-01-01"},
            ["observation_date,JOBS,CANNED/FB", "2024-01-01,130.0,1.0", "2024-01-02,,3.0", "2024-01-31,,8.0"],
        ),
        ({"id": "CANNED/FB", "fq": "Monthly", "fam": "avg"}, ["observation_date,CANNED/FB", "2024-01-01,4.0"]),
        (
            {"id": "CANNED/FB,CANNED/FB", "fq": "Weekly, Ending Friday,Monthly", "fam": "eop,sum", "coed": "2024-01-20"},
            ["observation_date,CANNED/FB,CANNED/FB", "2024-01-01,,12.0", "2024-01-05,3.0,"],
        ),
        (
            {"id": "JOBS", "cosd": "2024-01-01", "bgcolor": "#e1e9f0", "mode": "fred", "nd": "1947-01-01"},
            ["observation_date,JOBS", "2024-01-01,130.0"],
        ),
    ],
    ids=str,
)
def test_lines(fred: FredClient, query: dict[str, str], lines: list[str]) -> None:
    """The newest values or those of a day, side by side; what an address says of the picture is ignored."""
    answer = fred.get("/graph/fredgraph.csv", **query)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert answer.text.splitlines() == lines


def test_conditional_requests(fred: FredClient) -> None:
    """Another day as of which it is asked for is another answer."""
    first = fred.get("/graph/fredgraph.csv", id="JOBS", vintage_date="2024-01-20")
    same = {"If-None-Match": first.headers["etag"]}

    assert fred.get("/graph/fredgraph.csv", headers=same, id="JOBS", vintage_date="2024-01-20").status_code == 304
    assert fred.get("/graph/fredgraph.csv", headers=same, id="JOBS", vintage_date="2024-01-21").status_code == 200


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({}, 400, "id is not set"),
        ({"id": "JOBS,NOSUCH"}, 404, "There is no FRED/NOSUCH."),
        ({"id": ",".join(["JOBS"] * 51)}, 400, "more than 50"),
        ({"id": "JOBS", "transformation": "x"}, 400, "transformation is not one of"),
        ({"id": "JOBS", "transformation": "lin,lin"}, 400, "2 values for 1 series"),
        ({"id": "JOBS", "fq": "Fortnightly"}, 400, "'Fortnightly' is not one of"),
        ({"id": "JOBS", "fq": "Daily"}, 400, "higher than the series' own"),
        ({"id": "JOBS", "vintage_date": "20240101"}, 400, "YYYY-MM-DD"),
        ({"id": "JOBS", "vintage_date": "2023-01-01"}, 404, "Nothing of"),
        ({"id": "JOBS", "cosd": "x"}, 400, "cosd"),
    ],
    ids=str,
)
def test_refusals(fred: FredClient, query: dict[str, str], status: int, words: str) -> None:
    """They are problems, since no client reads FRED's page."""
    answer = fred.get("/graph/fredgraph.csv", **query)

    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, words in answer.json["detail"]) == (status, True)


def freduse(page: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Read a page as Stata's ``fredusex`` does: facts on the line below their name, dates and values by their place in a line."""
    facts, rows, wanted, lines = {}, list[tuple[str, str]](), False, iter(page.splitlines())
    date = ""
    for line in lines:
        if not wanted and (match := re.search("<th scope='row'>([A-Za-z ]+)", line.replace('"', "'"))):
            facts[match[1]] = re.sub("</?td>", "", next(lines)).strip()
        wanted = wanted or "VALUE" in line
        if wanted and "<th scope=" in line:
            date = line[line.index("<th scope=") + 29 :][:10]
        if wanted and "<td class=" in line:
            cell = line[line.index("<td class=") + 15 :][:20]
            rows.append((date, cell[cell.index(">") + 1 : cell.index("<")]))
    return facts, rows


def test_a_page_that_stata_reads(fred: FredClient) -> None:
    """With the characters that its command counts, and texts that are escaped."""
    page = fred.get("/data/JOBS")
    facts, rows = freduse(page.text)

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert rows == [("2023-10-01", "100.0"), ("2023-11-01", "111.0"), ("2023-12-01", "."), ("2024-01-01", "130.0")]
    assert (facts["Title"], facts["Series ID"], facts["Frequency"]) == ("Jobs &amp; &#34;Wages&#34;", "JOBS", "Monthly")
    assert facts["Date Range"] == "2023-10-01 to 2024-01-01"
    assert freduse(fred.get("/data/CANNED/FB").text)[1][0] == ("2024-01-01", "1.0")
    assert fred.get("/data/JOBS", headers={"If-None-Match": page.headers["etag"]}).status_code == 304


def test_a_text_as_it_was_before(fred: FredClient) -> None:
    """Facts, an empty line, a header, and a line for each date."""
    text = fred.get("/data/JOBS.txt").text
    lines = text.splitlines()
    begin = next(place for place, line in enumerate(lines) if line.split() == ["DATE", "VALUE"])

    assert lines[:2] == ['Title:               Jobs & "Wages"', "Series ID:           JOBS"]
    assert [line.split() for line in lines[begin + 1 :]][:2] == [["2023-10-01", "100.0"], ["2023-11-01", "111.0"]]


def test_hostile_texts_are_no_markup() -> None:
    """What a provider says is text."""
    text = "<script>alert(1)</script>"
    fred = FredClient(source=Publishing(metadata=Metadata(name=text, description=text, unit=text, source=text)))

    assert "<script" not in fred.get("/data/X").text


def test_no_other_page(fred: FredClient) -> None:
    """A series that is not there is 404, and parameters are refused by name."""
    assert fred.get("/data/NOSUCH").status_code == 404
    assert "'nonsense' is not a parameter here" in fred.get("/data/JOBS", nonsense="1").text
