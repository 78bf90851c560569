"""Formulas over REST: defined, read in every format at every moment, and permanent at their addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest
from falcon.testing import TestClient
from pyarrow import BufferReader

from adapters.memory.state import State
from adapters.memory.unit_of_work import MemoryStore
from adapters.providers.sample.provider import PROVIDER
from domain.codes import DatasetCode
from domain.use_cases import UseCases
from tests.builders import memory_use_cases
from tests.fakes import CannedSource

ClientOn = Callable[[UseCases], TestClient]
GROWTH = "100 * yoy(SAMPLE('GDP'))"


SOURCES = {"sample": PROVIDER.open(PROVIDER.options(), None), "canned": CannedSource()}  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def kept() -> State:
    """The GDP with all its vintages."""
    store = MemoryStore()
    memory_use_cases(SOURCES, store=store, default="sample").request_fetch(DatasetCode("SAMPLE", "GDP"))
    return store.state


@pytest.fixture
def sampled(client_on: ClientOn, kept: State) -> TestClient:
    """A client of a service that keeps the GDP."""
    store = MemoryStore()
    store.state = kept.copy()
    return client_on(memory_use_cases(SOURCES, store=store, default="sample"))


def put(client: TestClient, code: str, expression: str, query: str = "", **more: str) -> Any:
    return client.simulate_put(f"/formulas/{code}", query_string=query, json={"expression": expression, **more})


def test_a_formula_is_defined_and_listed(sampled: TestClient) -> None:
    """A definition has a number, a moment and a place in the feed; the same once more adds none, another one does."""
    first = put(sampled, "MY/GROWTH", GROWTH, unit="Percent", title="Growth")
    again = put(sampled, "my/GROWTH", GROWTH, unit="Percent", title="Growth")
    other = put(sampled, "MY/GROWTH", "yoy(SAMPLE('GDP'))")

    assert (first.status_code, first.headers["Location"], again.status_code, other.status_code) == (201, "/formulas/MY/GROWTH", 200, 200)
    facts = {"code": "MY/GROWTH", "title": "Growth", "expression": GROWTH, "unit": "Percent", "definition": 1, "looks_ahead": False}
    assert {name: first.json[name] for name in facts} == facts
    assert first.json["components"] == ["sample:SAMPLE/GDP"]
    assert [again.json["definition"], other.json["definition"]] == [1, 2]
    listed = sampled.simulate_get("/formulas").json
    assert [(each["code"], len(each["versions"])) for each in listed["items"]] == [("MY/GROWTH", 2)]
    assert sampled.simulate_get("/formulas/MY/GROWTH").json["versions"][0]["expression"] == GROWTH


def test_it_is_a_series_like_any_other(sampled: TestClient) -> None:
    """It is found, described, and read in all formats and in Quandl's shape."""
    key = put(sampled, "MY/GROWTH", GROWTH, unit="Percent", title="Growth").json["id"]
    found = sampled.simulate_get("/timeseries?query=growth").json["items"]
    series = sampled.simulate_get(f"/timeseries/{key}").json
    data = sampled.simulate_get("/data.json?code=MY/GROWTH&limit=2").json
    parquet = pq.read_table(BufferReader(sampled.simulate_get(f"/timeseries/{key}/data.parquet").content))
    quandl = sampled.simulate_get("/api/v3/datasets/MY/GROWTH.json?rows=2").json["dataset"]

    assert [(each["code"], each["provider"], each["status"]) for each in found] == [("MY/GROWTH", "formula", "success")]
    assert (series["metadata"]["frequency"], series["metadata"]["unit"], series["rows"]) == ("quarterly", "Percent", parquet.num_rows)
    assert data["columns"] == ["date", "Value"]
    assert data["vintage"] is None
    assert data["formula"]["components"][0]["code"] == "sample:SAMPLE/GDP"
    assert parquet.schema.metadata[b"code"] == b"formula:MY/GROWTH"
    assert b"vintage" not in parquet.schema.metadata
    assert quandl["column_names"] == ["Date", "Value"]
    assert quandl["data"] == data["data"][::-1]
    by_id = sampled.simulate_get(f"/timeseries?id={key}&limit=1")
    assert by_id.json["dataset_data"]["data"] == quandl["data"][:1]
    assert sampled.simulate_get(by_id.headers["Content-Location"]).json == by_id.json
    assert sampled.simulate_get(f"/timeseries/{key}/data.csv?limit=1").text.startswith("date,Value\n")
    assert sampled.simulate_get("/api/v3/datasets.json?database_code=MY").json["datasets"][0]["column_names"] == ["Date", "Value"]


def test_a_permalink_survives_another_definition_and_later_news(sampled: TestClient) -> None:
    """What was computed as of 2009-01-30 is computed again from its address, whatever is defined or fetched afterwards."""
    put(sampled, "MY/GROWTH", GROWTH)
    answer = sampled.simulate_get("/data.json?code=MY/GROWTH&as_of=2009-01-30&limit=4")
    permalink = answer.headers["Content-Location"]
    put(sampled, "MY/GROWTH", "SAMPLE('GDP') - 1")
    sampled.simulate_post("/timeseries", json={"code": "SAMPLE/NILE"})
    once_more, now = sampled.simulate_get(permalink), sampled.simulate_get("/data.json?code=MY/GROWTH&as_of=2009-01-30&limit=4")

    assert "as_of=2009-01-30" in permalink
    assert "position=" in permalink
    assert once_more.json["data"] == answer.json["data"]
    assert once_more.json["data"] != now.json["data"]
    assert once_more.json["formula"]["definition"] == 1
    assert "immutable" in once_more.headers["Cache-Control"]
    assert [round(value, 2) for _, value in answer.json["data"]] == [4.74, 4.05, 3.31, 1.66]
    defined_at = sampled.simulate_get("/formulas/MY/GROWTH").json["versions"][0]["defined_at"]
    earlier = sampled.simulate_get("/data.json", params={"code": "MY/GROWTH", "as_of": "2009-01-30", "definition_as_of": defined_at})
    assert earlier.json["data"][-4:] == answer.json["data"]


def test_the_moments_at_which_it_differs(sampled: TestClient) -> None:
    """They are listed in pages, each with its permanent address and what has changed."""
    key = put(sampled, "MY/GROWTH", GROWTH).json["id"]
    path = f"/timeseries/{key}/vintages"
    first = sampled.simulate_get(f"{path}?limit=3")
    then = sampled.simulate_get(f"{path}?limit=3&cursor={first.json['next']}")
    stored = sampled.simulate_get("/timeseries", params={"code": "SAMPLE/GDP"}).json["items"][0]["id"]
    vintages = sampled.simulate_get(f"/timeseries/{stored}/vintages?limit=6").json["items"]
    items = first.json["items"] + then.json["items"]

    assert [each["known_at"] for each in items] == [each["known_at"] for each in vintages]
    assert [each["components"][0]["vintage"] for each in items] == [1, 2, 3, 4, 5, 6]
    data = sampled.simulate_get(items[1]["links"]["data"]).json
    assert data["formula"]["digest"] == items[1]["digest"]
    assert (items[0]["added"], items[0]["changed"]) == (items[0]["rows"], 0)
    assert sampled.simulate_get(f"{path}?as_of=1991-12-05").json["items"] == items[:1]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("vintage=1", "vintage"),
        ("position=999", "position"),
        ("aggregate=mean", "aggregate"),
        ("transform=annualized", "transform"),
        ("definition_as_of=then", "definition_as_of"),
    ],
)
def test_what_reading_refuses(sampled: TestClient, query: str, field: str) -> None:
    """Each fault is a 400 that names the parameter."""
    put(sampled, "MY/GROWTH", GROWTH)
    answer = sampled.simulate_get(f"/data.json?code=MY/GROWTH&{query}")

    assert (answer.status_code, [each["parameter"] for each in answer.json["errors"]]) == (400, [field])


@pytest.mark.parametrize(
    ("code", "expression", "status", "words"),
    [
        ("MY/F", "SAMPLE('GDP'", 400, "character"),
        ("MY/F", "open('x')", 400, "no function open"),
        ("MY/F", "MY('F') + 1", 400, "reads itself"),
        ("MY/F", "1 + 1", 400, "no series"),
        ("SAMPLE/F", "SAMPLE('GDP')", 400, "is sample's"),
        ("MY/F", "SAMPLE('NILE') + SAMPLE('GDP')", 404, "sample:SAMPLE/NILE"),
        ("MY/F", "SAMPLE('GDP') + collapse(SAMPLE('GDP'), 'annual')", 422, "is annual"),
        ("MY/F", "SAMPLE('GDP')['Close']", 422, "no column 'Close'"),
        ("MY/F", "index(SAMPLE('GDP'), '2000') + SAMPLE('GDP')", 422, "'Billions of dollars'"),
    ],
)
def test_what_is_not_defined(sampled: TestClient, code: str, expression: str, status: int, words: str) -> None:
    """The answer says what is wrong, and nothing is stored."""
    answer = put(sampled, code, expression)

    assert (answer.status_code, words in answer.json["detail"]) == (status, True), answer.text
    assert sampled.simulate_get("/formulas").json["items"] == []
    assert sampled.simulate_get("/timeseries").json["items"][0]["code"] == "SAMPLE/GDP"


def test_the_code_of_a_stored_series_is_not_taken(sampled: TestClient) -> None:
    """A formula never stands beside a fetched series of its code."""
    sampled.simulate_post("/timeseries", json={"code": "canned:MY/F"})
    answer = put(sampled, "MY/F", "SAMPLE('GDP')")

    assert (answer.status_code, answer.json["detail"]) == (400, "MY/F is a stored series of canned.")


def test_missing_series_are_requested(sampled: TestClient) -> None:
    """With fetch=true the series that are not stored are requested, and named."""
    answer = put(sampled, "MY/NILE", "SAMPLE('NILE') / 10", "fetch=true")

    assert (answer.status_code, answer.json["requested"]) == (201, ["sample:SAMPLE/NILE"])
    assert sampled.simulate_get("/data.json?code=MY/NILE").status_code == 200


def test_it_cannot_read_itself_by_way_of_others(sampled: TestClient) -> None:
    """A circle is refused and named."""
    put(sampled, "MY/A", "SAMPLE('GDP')")
    put(sampled, "MY/B", "MY('A') * 2")
    answer = put(sampled, "MY/A", "MY('B')")

    assert (answer.status_code, "MY/B" in answer.json["detail"]) == (400, True)


def test_depth_counts_through_all_formulas(sampled: TestClient) -> None:
    """Formulas that read each other are together no deeper than one may be."""
    deep = [
        put(sampled, f"MY/F{n}", f"{'abs(' * 40}{inner}{')' * 40}") for n, inner in enumerate(["SAMPLE('GDP')", "MY('F0')", "MY('F1')"])
    ]

    assert [(each.status_code, each.json.get("code")) for each in deep][1:] == [(201, "MY/F1"), (422, "formula_failed")]


def test_it_is_never_fetched_nor_followed(sampled: TestClient) -> None:
    """Fetches, schedules and releases of a formula are refused with the reason; masks leave it out."""
    key = put(sampled, "MY/GROWTH", GROWTH).json["id"]
    answers = [
        sampled.simulate_post("/timeseries", json={"code": "MY/GROWTH"}),
        sampled.simulate_post("/timeseries", json={"code": "formula:MY/GROWTH"}),
        sampled.simulate_post(f"/timeseries/{key}/fetches", json={}),
        sampled.simulate_post("/schedules", json={"selector": "MY/GROWTH"}),
        sampled.simulate_get(f"/timeseries/{key}/triangle"),
        sampled.simulate_get(f"/timeseries/{key}/observations/2008-10-01/history"),
    ]

    assert [(each.status_code, each.json["code"]) for each in answers] == [(422, "not_of_formulas")] * 6
    assert sampled.simulate_post("/fetches", json={"codes": ["MY/*"]}).json["items"][0]["error"]["code"] == "series_not_found"
    assert len(sampled.simulate_get("/fetches").json["items"]) == 1


def test_two_moments_are_compared(sampled: TestClient) -> None:
    """Its revisions are those of two moments."""
    key = put(sampled, "MY/GROWTH", GROWTH).json["id"]
    found = sampled.simulate_get(f"/timeseries/{key}/revisions?from=2009-01-30&to=2009-02-27")

    assert [each["date"] for each in found.json["changed"]] == ["2008-10-01"]
    assert sampled.simulate_get(f"/timeseries/{key}/revisions").status_code == 400


def test_a_removed_formula_is_gone_and_a_removed_component_is_named(sampled: TestClient) -> None:
    """A formula that reads what is no longer stored says what that is; it is described all the same."""
    key = put(sampled, "MY/GROWTH", GROWTH).json["id"]
    stored = sampled.simulate_get("/timeseries", params={"code": "SAMPLE/GDP"}).json["items"][0]["id"]
    sampled.simulate_delete(f"/timeseries/{stored}?confirm=SAMPLE/GDP")
    data = sampled.simulate_get(f"/timeseries/{key}/data.json")

    assert (data.status_code, data.json["code"], "sample:SAMPLE/GDP" in data.json["detail"]) == (404, "component_missing", True)
    assert sampled.simulate_get(f"/timeseries/{key}").json["rows"] is None
    assert sampled.simulate_delete("/formulas/MY/GROWTH").status_code == 204
    assert sampled.simulate_get("/formulas/MY/GROWTH").status_code == 404
    assert sampled.simulate_get(f"/timeseries/{key}").status_code == 404


def test_an_answer_is_kept_until_something_that_it_reads_changes(client_on: ClientOn) -> None:
    """The entity tag stays while its series and its definition stay."""
    sources = {"canned": CannedSource()}
    client = client_on(memory_use_cases(sources, store=MemoryStore()))
    client.simulate_post("/timeseries", json={"code": "X/A"})
    put(client, "MY/F", "X('A')['Open']")
    tags = [client.simulate_get("/data.csv?code=MY/F").headers["ETag"] for _ in range(2)]
    put(client, "MY/F", "X('A')['Close']")
    other = client.simulate_get("/data.csv?code=MY/F", headers={"If-None-Match": tags[0]})

    assert tags[0] == tags[1]
    assert other.status_code == 200
    assert client.simulate_get("/data.csv?code=MY/F", headers={"If-None-Match": other.headers["ETag"]}).status_code == 304


def test_an_answer_is_another_when_an_inner_formula_was_removed_and_defined_anew(sampled: TestClient) -> None:
    """Though that has one definition as before."""
    put(sampled, "MY/INNER", "SAMPLE('GDP')")
    put(sampled, "MY/OUTER", "MY('INNER') * 2")
    before = sampled.simulate_get("/data.csv?code=MY/OUTER").headers["ETag"]

    sampled.simulate_delete("/formulas/MY/INNER")
    put(sampled, "MY/INNER", "SAMPLE('GDP') + 1")

    assert sampled.simulate_get("/data.csv?code=MY/OUTER", headers={"If-None-Match": before}).status_code == 200


def test_aggregates_and_the_year_before(sampled: TestClient) -> None:
    """Both are parameters of /data; the year before may be before the window; neither is part of Quandl's shape."""
    mean = sampled.simulate_get("/data.json?code=SAMPLE/GDP&collapse=annual&aggregate=mean&end_date=2008-12-31&limit=1").json["data"]
    quarters = sampled.simulate_get("/data.json?code=SAMPLE/GDP&start_date=2008-01-01&end_date=2008-12-31").json["data"]
    growth = sampled.simulate_get("/data.json?code=SAMPLE/GDP&transform=yoy&start_date=2008-10-01&end_date=2008-12-31").json["data"]
    before = sampled.simulate_get("/data.json?code=SAMPLE/GDP&start_date=2007-10-01&end_date=2007-12-31").json["data"]

    assert mean == [["2008-12-31", pytest.approx(sum(value for _, value in quarters) / 4)]]
    assert growth == [["2008-10-01", quarters[-1][1] / before[0][1] - 1]]
    key = sampled.simulate_get("/timeseries", params={"code": "SAMPLE/GDP"}).json["items"][0]["id"]
    assert sampled.simulate_get(f"/timeseries?id={key}&transform=yoy").status_code == 400
    assert sampled.simulate_get("/api/v3/datasets/SAMPLE/GDP.json?transform=yoy").status_code == 422


def test_a_position_pins_a_stored_series_too(sampled: TestClient) -> None:
    """At a position of the feed only what was recorded up to it exists."""
    data = sampled.simulate_get("/data.json?code=SAMPLE/GDP&position=3").json

    assert data["vintage"]["number"] == 3
    assert sampled.simulate_get("/data.json?code=SAMPLE/GDP&definition_as_of=2020-01-01").status_code == 400


MOMENTS = {"start": "2008-10-31", "end": "2010-01-31", "every": "month_ends", "at": "16:00", "tz": "America/New_York"}


def test_a_panel_has_what_a_loop_over_the_data_finds(sampled: TestClient) -> None:
    """The newest value at each moment, in the long shape and the wide one, beside that of a stored series."""
    put(sampled, "MY/GROWTH", GROWTH)
    params = {**MOMENTS, "series": ["MY/GROWTH", "SAMPLE/GDP"]}
    wide = sampled.simulate_get("/panel", params={**params, "shape": "wide"})
    long = sampled.simulate_get("/panel", params=params).json
    rows = [dict(zip(long["columns"], row, strict=True)) for row in long["data"]]
    position = wide.json["query"]["position"]

    assert wide.json["columns"] == ["decision_at", "MY/GROWTH", "SAMPLE/GDP"]
    for (moment, growth, _), row in zip(wide.json["data"], rows, strict=False):
        data = sampled.simulate_get("/data", params={"code": "MY/GROWTH", "as_of": moment, "position": position, "limit": 1}).json["data"]
        assert (growth, row["value"], row["date"]) == (data[0][1], data[0][1], data[0][0])
    facts = ("code", "column", "vintage", "published", "known_at", "status")
    assert [rows[0][name] for name in facts] == ["formula:MY/GROWTH", "Value", None, None, "2008-10-30T23:59:59Z", "ok"]


def test_a_panels_address_outlives_the_definition(sampled: TestClient) -> None:
    """It gives the same cells after the formula was defined anew, even where it looks ahead now."""
    put(sampled, "MY/GROWTH", GROWTH)
    answer = sampled.simulate_get("/panel", params={**MOMENTS, "series": "MY/GROWTH"})
    put(sampled, "MY/GROWTH", "lead(SAMPLE('GDP'), 1)")
    path, _, query = answer.headers["Content-Location"].partition("?")
    again = sampled.simulate_get(path, query_string=query)

    assert again.json == answer.json
    assert "immutable" in again.headers["Cache-Control"]


def test_what_a_panel_refuses_of_a_formula(sampled: TestClient) -> None:
    """Looking ahead, and what only stored series have; the problem names the parameter and the formula."""
    put(sampled, "MY/GROWTH", GROWTH)
    put(sampled, "MY/LATER", "lead(SAMPLE('GDP'), 1)")
    asked = [{"series": "MY/LATER"}, *({"series": "MY/GROWTH", name: "0"} for name in ("release", "change"))]
    asked.append({"series": "MY/GROWTH;assume=P45D"})
    answers = [sampled.simulate_get("/panel", params={**MOMENTS, **params}) for params in asked]
    posted = sampled.simulate_post("/panel", json={"dates": ["2009-01-30T21:00:00Z"], "series": [{"code": "MY/LATER"}]})

    assert [each.json["errors"][0]["parameter"] for each in answers] == ["series", "release", "change", "assume"]
    assert [(each.status_code, each.json["code"]) for each in answers] == [(400, "looks_ahead"), *[(400, "invalid_input")] * 3]
    assert {each.json["detail"].split(": ")[0] for each in answers} == {"formula:MY/LATER", "formula:MY/GROWTH"}
    assert (posted.status_code, posted.json["code"], posted.json["errors"][0]["pointer"]) == (400, "looks_ahead", "/series")
