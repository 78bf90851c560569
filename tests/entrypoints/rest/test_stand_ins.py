"""Equivalences, divergences, stand-ins and labelled splices over REST; a provider is killed in five ways."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from falcon.testing import Result, TestClient

from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, FetchError, SourceForbidden, SourceGone, SourceUnavailable
from domain.flags import Flags
from domain.frequency import Frequency
from domain.observations import Observations
from domain.searching import SearchHit
from domain.series import Metadata
from domain.webhooks.events import EventType
from tests.builders import memory_use_cases
from tests.entrypoints.rest.conftest import client_of
from tests.fakes import CannedSource, SearchingSource, StoppedClock

A, B = "canned:X/A", "other:Y/B"
_NAME = "Index of made-up prices"
KILLED: dict[str, FetchError | None] = {
    "410": SourceGone("p.example answered with status 410."),
    "firewall": SourceForbidden("p.example answered with status 403: an HTML page."),
    "rename": DatasetNotFound("p.example answered with status 404: Renamed to Y/NEW."),
    "shrunk": None,
    "dns": SourceUnavailable("The name p.example cannot be resolved."),
}
FORMATS = ("json", "csv", "parquet", "arrow")


def months(count: int, scale: float = 1.0) -> Observations:
    """Months from 2024-01 on, whose values go up and down."""
    values = scale * (10 + np.arange(count) % 3 + np.arange(count) / 8)
    return Observations.of((np.arange(count) + np.datetime64("2024-01", "M")).astype("datetime64[D]"), ["Value"], values[:, None])


class Service:
    """The API over two series that agree up to a factor of a thousand, and a third that has nothing to do with them."""

    def __init__(self) -> None:
        self.clock = StoppedClock(datetime(2024, 6, 1, 12, tzinfo=UTC))
        metadata = Metadata(name=_NAME, unit="USD", frequency=Frequency.MONTHLY)
        hits = [SearchHit(code=DatasetCode("Z", "PRICES"), name="Made-up prices", frequency=Frequency.MONTHLY)]
        hits += [SearchHit(code=DatasetCode("Y", "B"), name=_NAME), SearchHit(code=DatasetCode("Z", "SET"), name=_NAME, is_series=False)]
        self.canned = CannedSource(observations=months(5, 1000.0), metadata=metadata)
        self.other = SearchingSource(observations=months(5), metadata=metadata, hits=hits)
        noise = Observations.of(months(5).dates, ["Value"], [[3.0], [-1.0], [4.0], [-1.0], [5.0]])
        third = CannedSource(observations=noise, metadata=Metadata(name="Rainfall", frequency=Frequency.MONTHLY))
        self.use = memory_use_cases(
            {"canned": self.canned, "other": self.other, "third": third}, store=MemoryStore(self.clock), webhook_secret="x" * 32
        )
        self.api: TestClient = client_of(self.use)
        for code in (A, B, "third:Q/C"):
            self.request(code)
        self.id = UUID(self.get("/timeseries", code=A).json["items"][0]["id"])

    def get(self, path: str, **more: Any) -> Result:
        return self.api.simulate_get(path, params=more)

    def post(self, path: str, body: dict[str, Any]) -> Result:
        return self.api.simulate_post(path, json=body)

    def request(self, code: str) -> None:
        """Request a fetch, and go on until it has ended."""
        assert self.post("/timeseries", {"code": code, "refresh": True}).status_code in (200, 201)
        (item,) = self.get("/timeseries", code=code).json["items"]
        fetch = self.get(f"/timeseries/{item['id']}").json["fetch"]
        while fetch["status"] not in ("success", "error"):
            self.clock.forward(hours=7)
            self.use.fetch_dataset(UUID(fetch["id"]))
            fetch = self.get(f"/fetches/{fetch['id']}").json

    def equate(self, **more: Any) -> Result:
        return self.post("/equivalences", {"a": A, "b": B, "scale": 1000, **more})

    def kill(self, how: str) -> None:
        if KILLED[how]:
            self.canned.error = KILLED[how]
        else:
            self.canned.observations = self.canned.observations.latest(1)
        self.request(A)

    def texts(self, form: str, **query: str) -> list[list[str]]:
        """Return the rows of a format as texts, the heading first."""
        body = self.get(f"/timeseries/{self.id}/data.{form}", **query).content
        if form == "csv":
            return list(csv.reader(io.StringIO(body.decode())))
        table = pq.read_table(pa.BufferReader(body)) if form == "parquet" else pa.ipc.open_file(pa.BufferReader(body)).read_all()
        return [table.column_names, *([str(value) for value in row.values()] for row in table.to_pylist())]


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.mark.parametrize("how", KILLED)
def test_a_provider_is_killed_and_its_series_goes_on(service: Service, how: str) -> None:
    """Stand-ins are proposed with evidence, the splice goes on, each row has its label, what was known before is bit for bit the same."""
    then = service.clock().isoformat()
    path = f"/timeseries/{service.id}/data"
    earlier = {form: service.get(f"{path}.{form}", as_of=then) for form in FORMATS}
    permanent = service.get(f"{path}.json", vintage="1").content
    service.clock.forward(hours=1)
    service.kill(how)

    (best, *rest) = service.get(f"/timeseries/{service.id}/stand-ins").json["items"]
    shown = best["evidence"]
    assert (best["provider"], best["code"], best["similarity"], [each["code"] for each in rest]) == ("other", "Y/B", 1.0, ["Q/C"])
    assert (shown["overlap"], shown["scale"], shown["largest_difference"] < 1e-12) == (5, 1000.0, True)
    assert shown["correlation"] == shown["correlation_of_changes"] == pytest.approx(1)
    made = service.post("/equivalences", {**best["equivalence"], "failover_after": "2d"})
    assert (made.status_code, made.json["failover"], made.json["diverging"]) == (201, True, 0)

    service.clock.forward(days=3)
    service.use.watch_equivalences()
    service.clock.forward(hours=1)
    service.other.observations = months(7)
    service.request(B)
    labels = [*["canned:X/A"] * 5, *["other:Y/B"] * 2]
    whole = service.get(f"{path}.json").json
    assert whole["columns"] == ["date", "Value", "provenance"]
    assert [row[-1] for row in whole["data"]] == labels
    assert [row[1] for row in whole["data"]] == [*months(5, 1000.0).values[:, 0], *(1000.0 * months(7).values[5:, 0])]
    assert (whole["vintage"], whole["splice"]["stand_in"], whole["splice"]["start_date"]) == (None, B, "2024-06-01")
    assert [each["code"] for each in whole["splice"]["components"]] == [A, B]
    assert whole["stale"] is False
    by_code = service.get("/data.json", code="X/A").json
    assert by_code["data"] == whole["data"]
    assert [row["provenance"] for row in service.get(f"{path}.json", shape="records").json["data"]] == labels
    for form in ("csv", "parquet", "arrow"):
        heading, *rows = service.texts(form)
        assert (heading, [row[-1] for row in rows]) == (["date", "Value", "provenance"], labels)
        assert [row[-1] for row in service.texts(form, order="desc", limit="3")[1:]] == labels[:-4:-1]

    quandl = service.get("/api/v3/datasets/X/A.json").json["dataset"]
    assert quandl["column_names"] == ["Date", "Value", "provenance"]
    assert [row[-1] for row in quandl["data"]] == labels[::-1]
    by_id = service.get("/timeseries", id=str(service.id)).json["dataset_data"]
    assert ([row[-1] for row in by_id["data"]], by_id["column_names"]) == (labels[::-1], ["Date", "Value", "provenance"])
    lines = service.get("/api/v3/datasets/X/A.csv", column_index="1", collapse="quarterly").text.splitlines()
    assert [line.rsplit(",", 1)[1] for line in lines] == ["provenance", B, f"{A} + {B}", A]
    assert service.get("/api/v3/datasets/X/A/metadata.json").json["dataset"]["column_names"] == ["Date", "Value", "provenance"]

    for form in FORMATS[1:]:
        now = service.get(f"{path}.{form}", as_of=then)
        assert now.content == earlier[form].content
        assert {name: now.headers[name] for name in ("etag", "content-location", "last-modified")} == {
            name: earlier[form].headers[name] for name in ("etag", "content-location", "last-modified")
        }
    document, before = service.get(f"{path}.json", as_of=then).json, earlier["json"].json
    assert {name: document[name] for name in ("columns", "data", "vintage", "series")} == {
        name: before[name] for name in ("columns", "data", "vintage", "series")
    }
    assert service.get(f"{path}.json", vintage="1").content == permanent


def test_a_splice_has_a_permanent_address_and_entity_tags(service: Service) -> None:
    service.equate(failover=True, failover_after="0s")
    path = f"/timeseries/{service.id}/data.json"
    alone = service.get(path)
    service.clock.forward(hours=1)
    service.kill("410")
    first = service.get(path, start_date="2024-03-01")
    assert first.headers["etag"] != alone.headers["etag"]
    location = first.headers["content-location"]
    assert "position=" in location
    assert "vintage" not in location
    known = {"If-None-Match": first.headers["etag"]}
    assert service.api.simulate_get(path, params={"start_date": "2024-03-01"}, headers=known).status_code == 304
    pinned = service.api.simulate_get(location)
    assert (pinned.json["data"], "immutable" in pinned.headers["cache-control"]) == (first.json["data"], True)
    service.clock.forward(hours=1)
    service.other.observations = months(8)
    service.request(B)
    assert service.get(path, start_date="2024-03-01").headers["etag"] != first.headers["etag"]
    assert service.api.simulate_get(location).content == pinned.content
    described = service.get(f"/timeseries/{service.id}").json
    assert [(each["number"], each["stand_in"], each["scale"]) for each in described["splices"]] == [(1, B, 1000.0)]
    assert service.get(path, definition_as_of="2024-01-01").status_code == 400
    assert len(service.get(f"/timeseries/{service.id}/vintages").json["items"]) == 1


def test_flags_stand_beside_the_values_of_both(service: Service) -> None:
    """Each value has the flag of its own series; the label is the last column."""
    service.equate(failover=True, failover_after="0s")
    service.clock.forward(hours=1)
    service.kill("410")
    state = months(6)
    flags = Flags.from_texts([[""] * 5 + ["p"]])
    service.other.observations = Observations.of(state.dates, state.columns, state.values, flags=flags)
    service.other.metadata = replace(service.other.metadata, extra={"flags": {"p": "provisional"}})
    service.request(B)
    found = service.get(f"/timeseries/{service.id}/data.json", flags="true", limit=2).json
    assert (found["columns"], found["flags"]) == (["date", "Value", "Value_flag", "provenance"], {"p": "provisional"})
    assert [row[2:] for row in found["data"]] == [[None, A], ["p", B]]
    for form in ("csv", "parquet", "arrow"):
        heading, *rows = service.texts(form, flags="true", limit="2")
        assert heading == ["date", "Value", "Value_flag", "provenance"]
        assert [row[3] for row in rows] == [A, B]
        assert rows[1][2] == "p"
    records = service.get(f"/timeseries/{service.id}/data.json", flags="true", shape="records", limit=1).json["data"]
    assert list(records[0]) == ["date", "Value", "Value_flag", "provenance"]
    assert len(service.get(f"/timeseries/{service.id}/data.json", limit=2).json["data"][0]) == 3


def test_a_divergence_is_seen_at_the_arrival_that_brings_it(service: Service) -> None:
    """As a row with dates, values and vintages, in the metrics, and as an event."""
    webhook, _ = service.use.manage_webhooks.create("https://x.example/hook", events=[EventType.SERIES_DIVERGED])
    made = service.equate(tolerance=0.001).json
    assert service.get("/divergences").json == {"items": [], "next": None}
    values = months(6).values.copy()
    values[1] *= 1.5
    values[2] *= 1.0005
    values[3] *= 0.9
    service.clock.forward(hours=1)
    service.other.observations = Observations.of(months(6).dates, ["Value"], values)
    service.request(B)
    (found,) = service.get("/divergences").json["items"]
    assert (found["equivalence_id"], found["arrived"], found["vintages"]) == (made["id"], "b", {"a": 1, "b": 2})
    assert (found["values"], found["first_date"], found["last_date"]) == (2, "2024-02-01", "2024-04-01")
    assert found["largest_difference"] == found["cells"][0]["difference"] == pytest.approx(1 / 3)
    assert [(cell["date"], cell["column"]) for cell in found["cells"]] == [("2024-02-01", "Value"), ("2024-04-01", "Value")]
    assert (found["cells"][0]["a"], found["cells"][0]["b"]) == (1000 * months(2).values[1, 0], values[1, 0])
    assert "lanner_divergences_total 1" in service.get("/metrics").text
    assert service.get(f"/equivalences/{made['id']}").json["diverging"] == 2

    service.use.deliver_events()
    (delivery,) = service.use.manage_webhooks.deliveries(webhook.id, before=None, limit=9).items
    assert (delivery.type, delivery.series) == ("series.diverged", A)
    service.clock.forward(hours=1)
    service.request(B)
    service.request(A)
    assert len(service.get("/divergences", equivalence=made["id"]).json["items"]) == 1
    looser = service.api.simulate_patch(f"/equivalences/{made['id']}", json={"tolerance": 0.2}).json
    assert (looser["tolerance"], looser["diverging"]) == (0.2, 1)
    pages = service.get("/divergences", limit=1).json
    assert pages["items"][0]["arrived"] is None
    assert service.get("/divergences", limit=1, cursor=pages["next"]).json["items"] == [found]


def test_candidates_are_what_is_stored_and_what_providers_find(service: Service) -> None:
    """Each series once; those that are not stored are named alike, and have no evidence yet."""
    path = f"/timeseries/{service.id}/stand-ins"
    listed = service.get(path).json
    assert {each["provider"]: each["status"] for each in listed["providers"]} == {"other": "not_asked"}
    assert listed["query"] == "made prices"
    found = service.get(path, provider="other", limit=2).json
    assert service.other.searched == ["made prices"]
    assert [(each["code"], each["timeseries_id"] is None, each["evidence"] is None) for each in found["items"]] == [
        ("Y/B", False, False),
        ("Q/C", False, False),
    ]
    whole = service.get(path, provider="other", query="prices").json
    assert (whole["query"], service.other.searched[-1]) == ("prices", "prices")
    assert [(each["code"], each["equivalence"]) for each in whole["items"]][2:] == [("Z/PRICES", None)]
    assert whole["items"][2]["similarity"] == pytest.approx(1.0)
    assert service.get(path, column="Volume").json["errors"] == [{"parameter": "column", "detail": "X/A has no column 'Volume'."}]
    assert service.get(path, limit=51).status_code == 400
    assert service.get(path, provider="nobody").status_code == 400
    assert service.get(path, query="a " * 200).status_code == 400


@pytest.mark.parametrize(
    ("body", "status", "field", "said"),
    [
        ({}, 400, "/a", "is missing"),
        ({"a": "X"}, 400, "/b", "is missing"),
        ({"a": "X", "b": B}, 400, "/a", "no slash"),
        ({"a": A, "b": "Y/NONE"}, 404, None, "is not kept here"),
        ({"a": A, "b": A}, 400, "/b", "the same series"),
        ({"a": A, "b": B, "scale": 0}, 400, "/scale", "other than 0"),
        ({"a": A, "b": B, "scale": "2"}, 400, "/scale", "must be a number"),
        ({"a": A, "b": B, "tolerance": 2}, 400, "/tolerance", "from 0 to 1"),
        ({"a": A, "b": B, "prefer": "c"}, 400, "/prefer", "one of a, b"),
        ({"a": A, "b": B, "columns": 1}, 400, "/columns", "must be an object"),
        ({"a": A, "b": B, "columns": ["Open"]}, 400, "/columns", "no column 'Open'"),
        ({"a": A, "b": B, "columns": {"Value": 1}}, 400, "/columns", "must be an object"),
        ({"a": A, "b": B, "failover": 1}, 400, "/failover", "true or false"),
        ({"a": A, "b": B, "failover_after": "soon"}, 400, "/failover_after", "length of time"),
        ({"a": A, "b": B, "failover_after": "500d"}, 400, "/failover_after", "from 0s to"),
        ({"a": A, "b": B, "more": 1}, 400, "/more", "not a field"),
    ],
)
def test_what_is_wrong_is_named(service: Service, body: dict[str, Any], status: int, field: str | None, said: str) -> None:
    answer = service.post("/equivalences", body)
    assert answer.status_code == status
    if field:
        (wrong,) = [each for each in answer.json["errors"] if each["pointer"] == field]
        assert said in wrong["detail"]
    else:
        assert said in answer.json["detail"]
    assert service.get("/equivalences").json["items"] == []


def test_equivalences_are_listed_changed_and_removed(service: Service) -> None:
    made = service.equate(failover=True, columns=["Value"])
    known = made.json
    assert made.headers["location"] == f"/equivalences/{known['id']}"
    assert (known["columns"], known["failover_after"], known["prefer"]) == ({"Value": "Value"}, "3d", "a")
    assert service.get("/equivalences", timeseries_id=str(service.id)).json["items"] == [known]
    assert service.get("/equivalences", timeseries_id=known["b"]["id"]).json["items"] == [known]
    assert service.get("/equivalences", timeseries_id="00000000-0000-4000-8000-000000000000").json["items"] == []
    again = service.post("/equivalences", {"a": B, "b": A})
    assert (again.status_code, again.json["errors"][0]["pointer"]) == (400, "/b")
    second = service.post("/equivalences", {"a": A, "b": "third:Q/C", "failover": True})
    assert second.json["detail"] == f"{A} fails over to {B} already."
    path = f"/equivalences/{known['id']}"
    changed = service.api.simulate_patch(path, json={"prefer": "b", "scale": 10, "failover_after": "1d12h"}).json
    assert (changed["prefer"], changed["scale"], changed["failover_after"], changed["diverging"]) == ("b", 10.0, "1d12h", 5)
    assert service.api.simulate_patch(path, json={"tolerance": -1}).status_code == 400
    assert service.api.simulate_patch(path, json={"a": B}).status_code == 400
    assert service.api.simulate_delete(path).status_code == 204
    for answer in (service.get(path), service.api.simulate_delete(path), service.get("/divergences", equivalence=known["id"])):
        assert (answer.status_code, answer.json["code"]) == (404, "equivalence_not_found")
    assert service.get("/divergences").json["items"] == []


def test_series_of_other_frequencies_or_columns_cannot_agree(service: Service) -> None:
    service.other.metadata = Metadata(frequency=Frequency.DAILY)
    service.request("other:Y/DAILY")
    refused = service.post("/equivalences", {"a": A, "b": "other:Y/DAILY"})
    assert refused.json["errors"] == [{"pointer": "/b", "detail": f"{A} is monthly and other:Y/DAILY daily."}]
    service.other.metadata = Metadata(frequency=Frequency.MONTHLY)
    service.other.observations = Observations.of(months(5).dates, ["Open", "Close"], np.ones((5, 2)))
    service.request("other:Y/PRICES")
    refused = service.post("/equivalences", {"a": A, "b": "other:Y/PRICES"})
    assert (refused.json["errors"][0]["pointer"], "no column of the same name" in refused.json["detail"]) == ("/columns", True)
    assert '{"Value": "Open"}' in refused.json["hint"]
    formula = service.api.simulate_put("/formulas/MY/SUM", json={"expression": "series('canned:X/A') + 1"})
    assert formula.status_code == 201
    assert service.post("/equivalences", {"a": "MY/SUM", "b": B}).json["errors"][0]["pointer"] == "/a"
    key = formula.json["id"]
    assert service.get(f"/timeseries/{key}/stand-ins").json["code"] == "not_of_formulas"


def test_formulas_and_panels_read_the_series_alone(service: Service) -> None:
    """A splice is for who reads its code: nothing that is computed loses the label."""
    service.equate(failover=True, failover_after="0s")
    service.clock.forward(hours=1)
    service.kill("410")
    service.other.observations = months(8)
    service.request(B)
    service.api.simulate_put("/formulas/MY/SUM", json={"expression": "series('canned:X/A') + 1"})
    assert len(service.get("/data.json", code="MY/SUM").json["data"]) == 5
    (row,) = service.get("/panel", series=A, dates="2024-06-30", at="12:00", tz="UTC").json["data"]
    assert months(5, 1000.0).values[-1, 0] in row
