"""Pictures of views, compared with kept ones; one that was deleted is written anew, to be looked at and kept."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from falcon.testing import Result

from domain.frequency import Frequency
from domain.observations import Observations
from domain.series import Metadata
from tests.browser.made_up import prices
from tests.builders import memory_use_cases
from tests.entrypoints.web.conftest import Browser, Page, browser_of
from tests.fakes import CannedSource

KEPT = Path(__file__).parent / "pictures"
VIEWS = {
    "level": "start=1990-01-01",
    "level-log": "scale=log",
    "level-then": "as_of=2009-01-30&start=2000-01-01",
    "steps": "chart=step&start=2019-01-01&end=2021-12-31",
    "change-bars": "transform=diff&start=2015-01-01",
    "percent-change": "transform=rdiff&start=2018-01-01&chart=line",
    "a-year-then": "transform=annualized&as_of=2009-01-30&start=2003-01-01&end=2010-12-31",
    "yoy-vintage": "transform=yoy&vintage=100",
    "index": "transform=index&base=2008-01-01&start=2005-01-01&as_of=2012-01-01",
    "one-date": "start=2020-04-01&end=2020-04-01",
}

PRICES = {
    "candles": "scale=log&column=Close&chart=candles",
    "candles-volume": "start=2024-02-01",
    "columns": "column=*&chart=line",
    "shade": "column=Close&shade=flags:X/FLAG",
}


@pytest.fixture(scope="module")
def priced() -> Browser:
    """A service that keeps made-up prices with a volume, and a series of 0 and 1."""
    days = np.datetime64("2024-01-01") + np.arange(120)
    flags = Observations.of(days, ["Value"], ((np.arange(120) // 15) % 3 == 1).astype(float)[:, None])
    sources = {
        "canned": CannedSource(observations=prices(60), metadata=Metadata(name="Prices", unit="USD", frequency=Frequency.DAILY)),
        "flags": CannedSource(observations=flags, metadata=Metadata(name="Flags", frequency=Frequency.DAILY)),
    }
    browser = browser_of(memory_use_cases(sources))
    for code in ("canned:X/PRICES", "flags:X/FLAG"):
        assert browser.post("/find", {"code": code}).status_code == 303
    return browser


@pytest.mark.parametrize("name", PRICES)
def test_a_picture_of_prices_is_the_kept_one(priced: Browser, name: str) -> None:
    """Candles, volumes, all columns and shading are the same byte for byte."""
    compare(priced.get(f"/s/canned:X/PRICES?{PRICES[name]}&format=svg"), name)


def test_prices_are_candles_by_default(priced: Browser) -> None:
    """A series with open, high, low and close is shown as candles, with the close in words; a column or a transform is a line."""
    kinds = {query: priced.get(f"/s/canned:X/PRICES?format=plot{query}").json["kind"] for query in ("", "&column=Open", "&transform=index")}

    assert kinds == {"": "candles", "&column=Open": "line", "&transform=index": "line"}
    document = priced.get("/s/canned:X/PRICES?format=plot").json
    assert (len(document["candles"][0]["x"]), len(document["candles"][0]["prices"]), len(document["candles"][0]["volumes"])) == (60, 4, 60)


def test_a_frame_is_shaded_too(priced: Browser) -> None:
    """The chart in a frame has the shading, and the legend says what it is."""
    framed = priced.get(f"/embed/s/canned:X/PRICES?{PRICES['shade']}").text

    assert 'class="band"' in framed
    assert "Flags, as dated today" in Page(framed).words


@pytest.mark.parametrize(
    ("shade", "said"),
    [
        ("X/NONE", "X/NONE is not kept here"),
        ("nonsense", "has no slash"),
        ("canned:X/PRICES", "other values than 0 and 1"),
    ],
)
def test_what_cannot_shade_is_said(priced: Browser, shade: str, said: str) -> None:
    """The message names the parameter, and the hint says what it takes."""
    answer = priced.get(f"/s/canned:X/PRICES?shade={shade}&format=json")

    assert answer.status_code == 400
    assert '"shade"' in answer.text
    assert said in answer.json["detail"]


@pytest.mark.parametrize("name", VIEWS)
def test_a_picture_is_the_kept_one(samples: Browser, name: str) -> None:
    """The same view is the same picture, byte for byte."""
    compare(samples.get(f"/s/SAMPLE/GDP?{VIEWS[name]}&format=svg"), name)


def compare(answer: Result, name: str) -> None:
    file = KEPT / f"{name}.svg"
    if not file.exists():
        file.write_bytes(answer.content)
        pytest.fail(f"{file} was written anew: look at it.")

    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.text == file.read_text()


@pytest.mark.parametrize("name", VIEWS)
def test_the_picture_on_the_page_is_the_file(samples: Browser, name: str) -> None:
    """The page shows what the file has, and describes it for screen readers."""
    page, file = samples.get(f"/s/SAMPLE/GDP?{VIEWS[name]}"), samples.get(f"/s/SAMPLE/GDP?{VIEWS[name]}&format=svg").text
    drawn = re.findall(r'<path class="(?:now|then) (?:line|bars)"[^>]*>', file)

    assert drawn
    assert all(path in page.text for path in drawn)
    assert all(text in page.text for text in re.findall("<desc>.*?</desc>", file))


def test_rows_are_what_is_seen(samples: Browser) -> None:
    """The rows of a view have the values that were drawn, as fractions where percent are shown."""
    path = "/s/SAMPLE/GDP?transform=annualized&as_of=2009-01-30&start=2008-07-01&end=2009-01-01"
    lines = samples.get(f"{path}&format=csv").text.splitlines()
    document = samples.get(f"{path}&format=json").json
    table = Page(samples.get(f"{path}&view=table").text).words

    assert lines[0] == "date,as of 2009-01-30,today"
    assert [round(float(value) * 100, 1) for value in lines[2].split(",")[1:]] == [-4.1, -7.6]
    assert lines[3].startswith("2009-01-01,,-0.04")
    assert (document["columns"], len(document["data"]), document["then"]["number"]) == (["date", "then", "today"], 3, 207)
    assert "2008 Q4−4.1−7.6−3.5" in table


def test_level_rows_are_those_of_the_api(samples: Browser) -> None:
    """The values of a view without a transform are, bit for bit, those of /data."""
    seen = samples.get("/s/SAMPLE/GDP?format=csv&vintage=300&start=1990-01-01").text.splitlines()[1:]
    stored = samples.get("/data.csv?code=SAMPLE/GDP&vintage=300&start_date=1990-01-01").text.splitlines()[1:]

    assert [line.rpartition(",")[0] for line in seen if ",," not in line] == stored
